"""Settings of the Kafka clients, and the librdkafka properties they become.

Properties on which the promises rest are set here and cannot be overridden by `extra`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consumer.contract.topics import Topics

Properties = dict[str, str | int | float | bool]

# Each was measured or has its reason in the reliability notes: small fetches keep memory bounded,
# short back-offs keep an idle partition from waiting a second for its next message.
_FETCH: Properties = {
    "queued.max.messages.kbytes": 16_384,
    "queued.min.messages": 20_000,
    "fetch.max.bytes": 8_388_608,
    "fetch.wait.max.ms": 20,
    "fetch.queue.backoff.ms": 20,
    "check.crcs": True,
}
OWNED = frozenset(
    {
        "bootstrap.servers",
        "group.id",
        "transactional.id",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.idempotence",
        "isolation.level",
        "auto.offset.reset",
        "partitioner",
        "acks",
    }
)


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach the cluster and who we are there. `instance` makes the transactional id."""

    bootstrap: str
    group: str = "chat-router"
    instance: str = "0"
    topics: Topics = field(default_factory=Topics)
    start: str = "earliest"
    session_timeout_ms: int = 10_000
    # The broker fences a transaction older than this; inference never runs inside one, so half a
    # minute is ample even for a slow commit.
    transaction_timeout_ms: int = 30_000
    socket_timeout_ms: int = 8_000
    restore_timeout_s: float = 60.0
    # What becomes of a batch that no client can read: the partition halts, or the batch is lost,
    # which an event tells.
    skip_unreadable: bool = False
    max_message_bytes: int = 1_114_112
    # Holds the passwords too: never shown.
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def transactional_id(self) -> str:
        """Stable per instance, so that a restart fences and completes what it left open."""
        return f"{self.group}-{self.instance}"


def _common(settings: KafkaSettings) -> Properties:
    return {
        **settings.extra,
        "bootstrap.servers": settings.bootstrap,
        "client.id": settings.transactional_id,
        "socket.timeout.ms": settings.socket_timeout_ms,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1_000,
        "log.connection.close": False,
    }


def intake_properties(settings: KafkaSettings) -> Properties:
    """The group member that reads messages and feedback."""
    return {
        **_common(settings),
        **_FETCH,
        "group.id": settings.group,
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": settings.session_timeout_ms,
        "heartbeat.interval.ms": max(250, settings.session_timeout_ms // 10),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
        # Timers may use the wall clock only while nothing is unread; this says when.
        "enable.partition.eof": True,
        # A missing offset is our decision, with an event for what was lost; never a silent jump.
        "auto.offset.reset": "error",
    }


def restore_properties(settings: KafkaSettings, *, committed: bool) -> Properties:
    """A reader without a group; uncommitted, it sees past open transactions."""
    return {
        **_common(settings),
        "group.id": f"{settings.group}-restore",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "check.crcs": True,
        "fetch.wait.max.ms": 20,
        "isolation.level": "read_committed" if committed else "read_uncommitted",
        "auto.offset.reset": "earliest",
    }


def probe_properties(settings: KafkaSettings) -> Properties:
    """A reader that looks where damage ends: one offset at a time, and soon again."""
    return {
        **restore_properties(settings, committed=True),
        "group.id": f"{settings.group}-probe",
        "fetch.error.backoff.ms": 0,
    }


def producer_properties(settings: KafkaSettings) -> Properties:
    """The producer of both guarantees; outputs must fit what the input's size limit lets in."""
    return {
        **_common(settings),
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "linger.ms": 1,
        "compression.type": "lz4",
        "message.max.bytes": settings.max_message_bytes,
        "queue.buffering.max.messages": 200_000,
        # A topic that is missing must be said to be so before the transaction times out, for that
        # would look like a slow broker and be tried again for ever.
        "topic.metadata.propagation.max.ms": min(5_000, settings.transaction_timeout_ms // 4),
    }


def transactional_properties(settings: KafkaSettings) -> Properties:
    """The producer that binds outputs and offsets."""
    return {
        **producer_properties(settings),
        "transactional.id": settings.transactional_id,
        "transaction.timeout.ms": settings.transaction_timeout_ms,
    }
