"""A ruleset on a stand: outcomes in, what the service would decide out. No models, no Kafka.

It runs the service's own lanes, one for each partition, so that timers, expiry and order are the
service's own.
"""

from collections import defaultdict
from collections.abc import Iterable

from consumer.contract.topics import Topics
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.outputs import Outputs
from consumer.pipeline.partition_state import StateLimits
from consumer.ports import Assignment, StateRecord
from consumer.records import Outcome, Record
from consumer.routing.router import Routed, Router
from consumer.routing.rules import Ruleset

TOPICS = Topics()
SOURCE = "/chat-router/workbench"
_ANY_SIZE = 1 << 24
_NO_LIMIT = LaneLimits(StateLimits(max_conversations=10_000_000))


class Stand:
    """Applies outcomes in order. `state` is what was known before, by partition."""

    def __init__(
        self,
        ruleset: Ruleset,
        state: Iterable[tuple[int, StateRecord]] = (),
        topics: Topics = TOPICS,
    ) -> None:
        self._topics = topics
        self._router = Router(ruleset, (), SOURCE)
        self._outputs = Outputs(topics, SOURCE, _ANY_SIZE)
        self._lanes: dict[int, Lane] = {}
        self._state: dict[int, list[StateRecord]] = defaultdict(list)
        for partition, record in state:
            self._state[partition].append(record)

    def apply(self, record: Record, outcome: Outcome) -> list[Routed]:
        """What came of one record: timers that were due before it, then the record itself."""
        lane = self._lane(record)
        lane.expect(record)
        lane.settle(record, outcome)
        lane.advance(record.timestamp_ms, limit=1)
        routed = list(lane.work.routed)
        lane.take()
        lane.committed()
        return routed

    def _lane(self, record: Record) -> Lane:
        lane = self._lanes.get(record.partition)
        if lane is None:
            first = {self._topics.messages: 0, self._topics.feedback: 0}
            assignment = Assignment(record.partition, 1, first)
            lane = Lane(assignment, self._topics, self._router, self._outputs, _NO_LIMIT)
            lane.restore(self._state.get(record.partition, ()))
            self._lanes[record.partition] = lane
        return lane
