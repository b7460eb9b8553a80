"""The topics of the contract as they should be, and what is wrong with those that are there.

Messages, feedback and state are numbered alike: a partition's feedback and state are those of the
same number, so these three must have the same count. Talks to no broker.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consumer.contract.topics import Topics

POLICY, SIZE = "cleanup.policy", "max.message.bytes"
OUTPUT_ALLOWANCE_BYTES = 65_536
"""By how much an output may exceed the input that caused it."""

NUMBERED_ALIKE = ("messages", "feedback", "state")
# Written by others, or by parts that are not always used: not there is not wrong.
OPTIONAL = frozenset({"assist", "shadow"})
_INPUTS = frozenset({"messages", "feedback"})
_MIN_IN_SYNC = 2
_REPLICAS_FOR_MIN_IN_SYNC = 3
# A small segment is compacted soon, and an old state is read at a restore until then.
_STATE: Mapping[str, str] = {
    POLICY: "compact",
    "segment.bytes": str(16 * 1024 * 1024),
    "min.cleanable.dirty.ratio": "0.1",
}


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """A topic as it should be. `role` is its name in `Topics`."""

    role: str
    name: str
    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many partitions and copies new topics get; no copies given: the broker's default."""

    partitions: int = 6
    output_partitions: int = 6
    replication: int | None = None


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic as it is."""

    partitions: int
    policy: str
    max_bytes: int


@dataclass(frozen=True, slots=True)
class TopicReport:
    """What is to be said of one topic. No problems: it is as it should be."""

    role: str
    name: str
    found: FoundTopic | None = None
    created: bool = False
    problems: tuple[str, ...] = ()


def plan_topics(topics: Topics, sizes: Sizes, output_max_bytes: int) -> list[TopicPlan]:
    """Every topic of the contract, in the order in which a message meets them."""
    input_max_bytes = output_max_bytes - OUTPUT_ALLOWANCE_BYTES
    return [
        TopicPlan(
            role,
            getattr(topics, role),
            sizes.partitions if role in NUMBERED_ALIKE else sizes.output_partitions,
            _config(role, sizes, input_max_bytes if role in _INPUTS else output_max_bytes),
        )
        for role in Topics.__dataclass_fields__
    ]


def _config(role: str, sizes: Sizes, max_bytes: int) -> dict[str, str]:
    config = {POLICY: "delete", SIZE: str(max_bytes)}
    if role == "state":
        config |= _STATE
    if (sizes.replication or 0) >= _REPLICAS_FOR_MIN_IN_SYNC:
        config["min.insync.replicas"] = str(_MIN_IN_SYNC)
    return config


def judge(
    topics: Topics, found: Mapping[str, FoundTopic], producer_max_bytes: int
) -> list[TopicReport]:
    """Holds what is there against the rules of the contract. `found` is by role."""
    messages = found.get("messages")
    reports = []
    for role in Topics.__dataclass_fields__:
        topic = found.get(role)
        if topic is None:
            problems = _absent(role)
        else:
            problems = tuple(_problems(role, topic, messages, producer_max_bytes))
        reports.append(TopicReport(role, getattr(topics, role), topic, problems=problems))
    return reports


def _absent(role: str) -> tuple[str, ...]:
    return () if role in OPTIONAL else ("does not exist",)


def _problems(
    role: str, topic: FoundTopic, messages: FoundTopic | None, producer_max_bytes: int
) -> Iterable[str]:
    if role in NUMBERED_ALIKE and messages and topic.partitions != messages.partitions:
        yield f"has {topic.partitions} partitions, the messages have {messages.partitions}"
    policy = "compact" if role == "state" else "delete"
    if topic.policy != policy:
        yield f"{POLICY}={topic.policy}: must be {policy}"
    if role not in _INPUTS and topic.max_bytes < producer_max_bytes:
        yield f"{SIZE}={topic.max_bytes}: must be at least {producer_max_bytes}"
    if role == "messages" and topic.max_bytes > producer_max_bytes - OUTPUT_ALLOWANCE_BYTES:
        limit = producer_max_bytes - OUTPUT_ALLOWANCE_BYTES
        yield f"{SIZE}={topic.max_bytes}: must be at most kafka.input_max_bytes={limit}"
