"""Whatever happens to a partition, its escalations alternate and nothing depends on luck.

Conversations, bots, agents, feedback (unknown, doubled, out of order), clocks that jump, timers of
an idle partition; and, in between, transactions that fail, restarts and rebalances.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.contract.message import ConversationClosed
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.outputs import Outputs
from consumer.ports import Assignment, OutRecord
from consumer.records import Record
from consumer.routing.router import Router
from consumer.routing.rules import DEFAULT_RULES, parse_ruleset
from tests.fakes.manual_clock import MS_PER_S, START_MS
from tests.pipeline.lanes import (
    MAX_BYTES,
    MODEL,
    NO_LIMIT,
    SOURCE,
    bodies,
    decisions,
    outcome_of,
)
from tests.pipeline.records import TOPICS, feedback, feedback_headers, message, record

# A rate guard that is met, and a model-free way to every kind.
RULES = parse_ruleset(
    DEFAULT_RULES.read_bytes()
    .replace(b"opens_per_minute: 60, burst: 30", b"opens_per_minute: 2, burst: 2")
    .replace(b"grace_s: 300", b"grace_s: 0"),
    "tight.yaml",
)
TEXTS = ("<anger=45>hm", "<anger=60>again", "<anger=95>no", "<anger=5>ok", "转人工", "thanks", "  ")
FEEDBACK = ("escalation.acknowledged", "escalation.judged", "conversation.closed")
FAR_FUTURE_S = 2_000_000_000.0
STEP = st.tuples(
    st.sampled_from(["customer"] * 6 + ["bot", "bot", "agent", "system", "broken", "far"]
                    + ["feedback", "feedback", "wait"]),
    st.sampled_from(["a", "b", "c"]),
    st.integers(0, 6),
    st.sampled_from([0.0, 1.0, 20.0, 61.0, 200.0, 4_000.0, 9_000.0, -90.0]),
)  # fmt: skip
# What happens to the transaction after a step: nothing yet, it commits, it fails, the owner dies.
FATE = st.sampled_from(["open", "commit", "commit", "fail", "die"])
Step = tuple[str, str, int, float]


@dataclass
class Partition:
    """Applies steps; `fates` decide when transactions end, and how."""

    lane: Lane = field(default_factory=lambda: _lane({}, []))
    committed: list[OutRecord] = field(default_factory=list)
    offsets: dict[str, int] = field(
        default_factory=lambda: {TOPICS.messages: 0, TOPICS.feedback: 0}
    )
    pending: list[Record | int] = field(default_factory=list)
    clock_s: float = 0.0
    next: Counter[str] = field(default_factory=Counter)
    ids: dict[str, str] = field(default_factory=dict)

    def play(self, steps: Sequence[Step], fates: Sequence[str]) -> "Partition":
        for number, step in enumerate(steps):
            one = self._made(step)
            self.pending.append(one)
            self._apply(one)
            self._end(fates[number % len(fates)])
        self._end("commit")
        return self

    def _made(self, step: Step) -> Record | int:
        what, conversation, choice, gap_s = step
        self.clock_s = max(0.0, self.clock_s + gap_s)
        if what == "wait":
            return START_MS + round(self.clock_s * MS_PER_S)
        if what == "feedback":
            return self._feedback(conversation, choice)
        at_s = FAR_FUTURE_S if what == "far" else self.clock_s
        role = what if what in ("bot", "agent", "system") else "customer"
        text = "Please reset your password." if role == "bot" else TEXTS[choice]
        offset = self._offset(TOPICS.messages)
        value = message(conversation, text, at_s, role, f"m-{offset}")
        if what == "broken":
            value = b'{"message_id": 1'
        return record(offset, value, key=f"default:{conversation}".encode(), at_s=at_s)

    def _feedback(self, conversation: str, choice: int) -> Record:
        kind = FEEDBACK[choice % len(FEEDBACK)]
        # Two choices in seven name an escalation of another conversation, or none.
        target = self.ids.get("a" if choice > 4 else conversation, "unknown")
        more = {"escalation_id": target, "verdict": "wrong" if choice % 2 else "right"}
        if kind == ConversationClosed.__name__:
            more = {}
        return record(
            self._offset(TOPICS.feedback),
            feedback(conversation, self.clock_s, **more),
            key=f"default:{conversation}".encode(),
            topic=TOPICS.feedback,
            headers=feedback_headers(kind),
            at_s=self.clock_s,
        )

    def _offset(self, topic: str) -> int:
        self.next[topic] += 1
        return self.next[topic] - 1

    def _apply(self, one: Record | int) -> None:
        now_ms = START_MS + round(self.clock_s * MS_PER_S)
        if isinstance(one, int):
            self.lane.idle(one)
            return
        assert self.lane.expect(one)
        self.lane.settle(one, outcome_of(one))
        self.lane.advance(now_ms, NO_LIMIT)

    def _end(self, fate: str) -> None:
        if fate == "open":
            return
        if fate == "die":
            state = [(one.key or b"", one.value) for one in self.committed
                     if one.topic == TOPICS.state]  # fmt: skip
            self.lane = _lane(self.offsets, state)
            for one in self.pending:
                self._apply(one)
            return
        records, offsets = self.lane.take()
        if fate == "fail":
            self.lane.rolled_back()
            self._again()
            return
        self.lane.committed()
        self.committed += records
        self.offsets |= {topic: offset for (topic, _), offset in offsets.items()}
        self.pending = []
        for body in bodies(records, TOPICS.escalations):
            self.ids[body["conversation_id"]] = body["escalation_id"]

    def _again(self) -> None:
        """Applies what was rolled back; waits are in nobody's buffer."""
        state = [(one.key or b"", one.value) for one in self.committed if one.topic == TOPICS.state]
        if any(isinstance(one, int) for one in self.pending):
            self.lane = _lane(self.offsets, state)
            for one in self.pending:
                self._apply(one)
        else:
            self.lane.advance(START_MS + round(self.clock_s * MS_PER_S), NO_LIMIT)


def _lane(offsets: dict[str, int], state: list[tuple[bytes, bytes | None]]) -> Lane:
    first = {TOPICS.messages: 0, TOPICS.feedback: 0} | offsets
    router = Router(RULES, MODEL.refs, SOURCE)
    outputs = Outputs(TOPICS, SOURCE, MAX_BYTES)
    lane = Lane(Assignment(0, 1, first), TOPICS, router, outputs, LaneLimits())
    lane.restore(state)
    return lane


def _events(partition: Partition) -> list[dict[str, Any]]:
    return bodies(partition.committed, TOPICS.escalations)


def _states(partition: Partition) -> dict[bytes | None, bytes | None]:
    return {one.key: one.value for one in partition.committed if one.topic == TOPICS.state}


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=30), st.lists(FATE, min_size=1, max_size=12))
def test_failures_restarts_and_rebalances_leave_no_trace(
    steps: list[Step], fates: list[str]
) -> None:
    # An event of the far future counts as said when it is applied, and so may one applied again.
    steps = [step for step in steps if step[0] != "far"]
    # What an agent's feedback names is known once it is committed: the straight run commits too.
    straight = Partition().play(steps, ["commit" if one == "commit" else "open" for one in fates])
    rough = Partition().play(steps, fates)
    assert _events(rough) == _events(straight)
    assert decisions(rough.committed) == decisions(straight.committed)
    assert _states(rough) == _states(straight)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_opened_and_resolved_alternate_for_every_key(steps: list[Step]) -> None:
    partition = Partition().play(steps, ["commit"])
    partition.lane.idle(START_MS + 10**10)
    partition._end("commit")
    stories: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for one in partition.committed:
        if one.topic == TOPICS.escalations:
            body = json.loads(one.value or b"")
            stories[body["dedup_key"]].append((body["state"], body["seq"], body["escalation_id"]))
    for story in stories.values():
        is_open = ""
        seq = 0
        for state, number, escalation in story:
            seq = seq + 1 if escalation == is_open else 1
            assert number == seq, story
            assert is_open in ("", escalation)
            is_open = "" if state == "resolved" else escalation
        assert is_open == "", story


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_no_timer_is_early_and_no_far_future_moves_the_others(steps: list[Step]) -> None:
    partition = Partition().play(steps, ["commit"])
    times = [event["updated_at"] for event in _events(partition)]
    assert all(at < "2027" for at in times)
    for event in _events(partition):
        if event["state"] == "resolved" and event["resolution"] == "expired":
            assert event["duration_s"] >= min(
                policy.expire_ms / MS_PER_S for policy in RULES.policies.values()
            )
