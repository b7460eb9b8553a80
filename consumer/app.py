"""The composition root: settings become a wired pipeline here and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from consumer.clock import SystemClock
from consumer.contract.cloudevents import event_source
from consumer.contract.decision import ModelRef
from consumer.contract.topics import Topics
from consumer.inference.manifest import read_manifest
from consumer.inference.model import Model
from consumer.inference.opening import open_bundle
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.stream import KafkaStream
from consumer.pipeline.circuit import NEVER_TRIPS
from consumer.pipeline.heart import Heart
from consumer.pipeline.isolation import Isolation, OpenModel
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.ledger import AttemptLedger
from consumer.pipeline.loop import LoopSettings, Pipeline
from consumer.pipeline.offline import OfflineRouter
from consumer.pipeline.outputs import Outputs
from consumer.pipeline.workers import Workers, WorkerSettings
from consumer.ports import Assignment, Clock, Landmark, Stream, pass_by
from consumer.routing.in_force import Routers, RulesInForce
from consumer.routing.router import Router
from consumer.routing.rules import DEFAULT_RULES, Ruleset, load_ruleset
from consumer.routing.rules_files import RuleSets, RulesFiles
from consumer.settings.conversion import (
    intake_limits,
    kafka_settings,
    lane_limits,
    loop_settings,
    worker_settings,
)
from consumer.settings.schema import Settings
from consumer.telemetry.observer import Observer, Silent

STARTER_BUNDLE = Path(__file__).with_name("bundles") / "starter"


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


def service_settings(settings: Settings) -> ServiceSettings:
    """What a service needs of all the settings."""
    return ServiceSettings(
        deployment=settings.deployment,
        kafka=kafka_settings(settings.kafka),
        # Instances on one host must not read each other's deaths.
        ledger=settings.ledger / settings.kafka.instance,
        exactly_once=settings.delivery == "exactly_once",
        intake=intake_limits(settings),
        workers=worker_settings(settings),
        loop=loop_settings(settings),
        lane=lane_limits(settings),
        watchdog_s=settings.watchdog_s,
    )


@dataclass(frozen=True, slots=True)
class Service:
    """What runs, what health asks, and where other rules are handed in."""

    pipeline: Pipeline
    stream: Stream
    heart: Heart
    model: Model
    offer_rules: Callable[[RuleSets], None]


def build_service(
    settings: ServiceSettings,
    open_model: OpenModel,
    rule_sets: RuleSets,
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
    routers = partial(routers_of, models=model.refs, deployment=settings.deployment)
    rules = RulesInForce(routers(rule_sets))
    pipeline = Pipeline(
        stream,
        workers,
        lane_opener(settings, rules),
        rules,
        settings.loop,
        clock,
        heart,
        observer,
    )
    return Service(pipeline, stream, heart, model, lambda changed: rules.offer(routers(changed)))


def build_workers(
    settings: ServiceSettings,
    model: Model,
    open_model: OpenModel,
    clock: Clock,
    observer: Observer,
) -> Workers:
    """The threads that run ahead."""
    topics = settings.kafka.topics
    decoder = Decoder(settings.intake, topics)
    return Workers(
        settings.workers,
        decoder.decode,
        model,
        AttemptLedger(settings.ledger, settings.workers.inference_threads),
        Isolation(open_model, settings.loop.model_timeout_s),
        clock,
        observer,
    )


def lane_opener(settings: ServiceSettings, rules: RulesInForce) -> Callable[[Assignment], Lane]:
    """How a newly assigned partition gets its lane."""
    topics = settings.kafka.topics
    outputs = Outputs(topics, event_source(settings.deployment), settings.kafka.max_message_bytes)
    return lambda assignment: Lane(assignment, topics, rules, outputs, settings.lane)


def routers_of(rule_sets: RuleSets, models: tuple[ModelRef, ...], deployment: str) -> Routers:
    """A router for each set of rules."""
    source = event_source(deployment)
    own = {tenant: Router(ruleset, models, source) for tenant, ruleset in rule_sets.tenants.items()}
    return Routers(Router(rule_sets.default, models, source), own)


def model_opener(settings: Settings) -> OpenModel:
    """Opens the configured bundle, else the starter bundle; can be pickled."""
    folder = settings.bundle.path or STARTER_BUNDLE
    return partial(open_bundle, folder, settings.bundle.provider)


def rules_files(settings: Settings) -> RulesFiles:
    """The configured rules, else the bundled ones; they may name what the bundle can say."""
    bundles = {settings.bundle.path or STARTER_BUNDLE}
    if settings.rules.path is None:
        # Written for the bundled models; with others, rules for intents they lack rest.
        bundles.add(STARTER_BUNDLE)
    intents = {label for folder in bundles for label in read_manifest(folder).tasks.intent.labels}
    path = settings.rules.path or DEFAULT_RULES
    return RulesFiles(path, settings.rules.tenants, frozenset(intents))


def configured_ruleset(settings: Settings) -> Ruleset:
    """The configured rules of all tenants, else the bundled ones."""
    return load_ruleset(settings.rules.path or DEFAULT_RULES)


def offline_router(settings: Settings, topics: Topics, clock: Clock) -> OfflineRouter:
    """The same stages without Kafka, for one partition."""
    plan = service_settings(settings)
    model = model_opener(settings)()
    rule_sets = rules_files(settings).load()
    lane = Lane(
        Assignment(0, 1, {topics.messages: 0, topics.feedback: 0}),
        topics,
        RulesInForce(routers_of(rule_sets, model.refs, plan.deployment)),
        Outputs(topics, event_source(plan.deployment), plan.kafka.max_message_bytes),
        # There is nothing to halt: whoever gave the lines wants all of them.
        LaneLimits(plan.lane.state, NEVER_TRIPS),
    )
    return OfflineRouter(Decoder(plan.intake, topics).decode, model, lane, clock)
