"""The composition root: settings become a wired pipeline here and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from consumer.clock import SystemClock
from consumer.contract.cloudevents import event_source
from consumer.inference.model import Model
from consumer.intake.decode import Decoder, IntakeLimits
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.stream import KafkaStream
from consumer.pipeline.heart import Heart
from consumer.pipeline.isolation import Isolation, OpenModel
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.ledger import AttemptLedger
from consumer.pipeline.loop import LoopSettings, Pipeline
from consumer.pipeline.outputs import Outputs
from consumer.pipeline.workers import Workers, WorkerSettings
from consumer.ports import Assignment, Clock, Landmark, Stream, pass_by
from consumer.routing.router import Router
from consumer.routing.rules import Ruleset
from consumer.telemetry.observer import Observer, Silent


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """All that one running service needs to know."""

    deployment: str
    kafka: KafkaSettings
    ledger: Path
    exactly_once: bool = True
    intake: IntakeLimits = field(default_factory=IntakeLimits)
    workers: WorkerSettings = field(default_factory=WorkerSettings)
    loop: LoopSettings = field(default_factory=LoopSettings)
    lane: LaneLimits = field(default_factory=LaneLimits)
    watchdog_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """What runs, and what health asks."""

    pipeline: Pipeline
    stream: Stream
    heart: Heart
    model: Model


def build_service(
    settings: ServiceSettings,
    open_model: OpenModel,
    ruleset: Ruleset,
    observer: Observer | None = None,
    landmark: Landmark = pass_by,
    clock: Clock | None = None,
) -> Service:
    """Opens the model, connects to Kafka and wires the loop. Nothing runs yet."""
    clock = clock or SystemClock()
    observer = observer or Silent()
    model = open_model()
    heart = Heart(clock, settings.watchdog_s)
    heart.beat()
    stream = KafkaStream(
        settings.kafka,
        clock,
        exactly_once=settings.exactly_once,
        landmark=landmark,
        beat=heart.beat,
    )
    workers = build_workers(settings, model, open_model, clock, observer)
    pipeline = Pipeline(
        stream,
        workers,
        lane_opener(settings, model, ruleset),
        settings.loop,
        clock,
        heart,
        observer,
    )
    return Service(pipeline, stream, heart, model)


def build_workers(
    settings: ServiceSettings,
    model: Model,
    open_model: OpenModel,
    clock: Clock,
    observer: Observer,
) -> Workers:
    """The threads that run ahead."""
    topics = settings.kafka.topics
    decoder = Decoder(topics.messages, topics.feedback, settings.intake)
    return Workers(
        settings.workers,
        decoder.decode,
        model,
        AttemptLedger(settings.ledger, settings.workers.inference_threads),
        Isolation(open_model, settings.loop.model_timeout_s),
        clock,
        observer,
    )


def lane_opener(
    settings: ServiceSettings, model: Model, ruleset: Ruleset
) -> Callable[[Assignment], Lane]:
    """How a newly assigned partition gets its lane."""
    topics = settings.kafka.topics
    source = event_source(settings.deployment)
    router = Router(ruleset, model.refs, source)
    outputs = Outputs(topics, source, settings.kafka.max_message_bytes)
    return lambda assignment: Lane(assignment, topics, router, outputs, settings.lane)
