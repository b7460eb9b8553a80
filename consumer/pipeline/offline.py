"""The same journey without Kafka: records in, the records that would be published out.

One lane, one thread, every stage of the service from decode to the serialised event. For the
`route` command and for replaying files; keeps conversation state only in memory.
"""

from collections.abc import Callable

from consumer.inference.model import Model
from consumer.inference.understand import prepare, understand
from consumer.pipeline.lane import Lane
from consumer.ports import Clock, OutRecord
from consumer.records import Outcome, Record, Turn

_CUSTOMER = "customer"


class OfflineRouter:
    """Routes records one after the other, in the order they come."""

    def __init__(
        self, decode: Callable[[Record], Outcome], model: Model, lane: Lane, clock: Clock
    ) -> None:
        self._decode = decode
        self._model = model
        self._lane = lane
        self._clock = clock

    def route(self, record: Record) -> list[OutRecord]:
        """All that the service would publish for this record, the state record included."""
        self._lane.expect(record)
        self._lane.settle(record, self._outcome(record))
        self._lane.advance(self._clock.now_ms(), limit=1)
        records, _offsets = self._lane.take()
        self._lane.committed()
        return records

    def _outcome(self, record: Record) -> Outcome:
        outcome = self._decode(record)
        if isinstance(outcome, Turn) and outcome.message.sender.role == _CUSTOMER:
            return understand(self._model, prepare(self._model, [outcome]))[0]
        return outcome
