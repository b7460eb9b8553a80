"""librdkafka's in-process cluster: no Java, no download, no transactions. For looking only.

It ignores transactional offsets and shows aborted records, so it can prove nothing of delivery.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from confluent_kafka import Producer

_METADATA_S = 10.0
_ERRORS = 3


class InProcessKafka:
    """A mock cluster that lives as long as the client that owns it."""

    def __init__(self) -> None:
        self._owner = Producer({"test.mock.num.brokers": 1, "log_level": _ERRORS})
        broker = next(iter(self._owner.list_topics(timeout=_METADATA_S).brokers.values()))
        self.bootstrap = f"{broker.host}:{broker.port}"

    def create(self, topics: Iterable[str]) -> None:
        """Asking for a topic makes it: the mock cluster has no admin interface."""
        for topic in topics:
            self._owner.list_topics(topic, timeout=_METADATA_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._owner.close()
