"""A history without Kafka: the service's own code from decode to output, one partition a lane."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from consumer.app import ServiceSettings, lane_opener, routers_of
from consumer.intake.decode import Decoder
from consumer.kafka.client_settings import KafkaSettings
from consumer.pipeline.offline import OfflineRouter
from consumer.ports import Assignment, OutRecord
from consumer.records import Record
from consumer.routing.in_force import RulesInForce
from consumer.routing.rules import load_ruleset
from consumer.routing.rules_files import RuleSets
from tests.checker.history import At, Entry, History, Partition, TopicNames
from tests.fakes.kafka_cluster import RealClock
from tests.service.marked_model import MarkedModel

DEPLOYMENT = "test"


def route_offline(inputs: Iterable[Entry], names: TopicNames, rules: Path) -> History:
    """What the service would have written for these inputs of one partition, taken in order."""
    settings = ServiceSettings(DEPLOYMENT, KafkaSettings("nowhere"), Path("nowhere"))
    topics, model, ruleset = settings.kafka.topics, MarkedModel(), load_ruleset(rules)
    routers = routers_of(RuleSets(ruleset), model.refs, settings.deployment)
    open_lane = lane_opener(settings, RulesInForce(routers))
    lane = open_lane(Assignment(0, 1, {topics.messages: 0, topics.feedback: 0}))
    router = OfflineRouter(Decoder(settings.intake, topics).decode, model, lane, RealClock())
    entries: dict[str, list[Entry]] = defaultdict(list)
    for entry in inputs:
        entries[entry.topic].append(entry)
        record = Record(
            entry.topic,
            0,
            entry.offset,
            1,
            entry.timestamp_ms,
            entry.key,
            entry.value,
            entry.headers,
        )
        for out in router.route(record):
            entries[out.topic].append(_entry(out, len(entries[out.topic]), entry.timestamp_ms))
    return History(names, dict(entries), _ends(entries, names))


def _entry(out: OutRecord, offset: int, at_ms: int) -> Entry:
    return Entry(out.topic, 0, offset, at_ms, out.key, out.value, tuple(out.headers or ()))


def _ends(entries: dict[str, list[Entry]], names: TopicNames) -> dict[At, Partition]:
    partitions = {}
    for topic in (*names.inputs, *names.outputs):
        end = len(entries[topic])
        partitions[(topic, 0)] = Partition(end, end, end if topic in names.inputs else None)
    return partitions
