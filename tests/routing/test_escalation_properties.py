"""Whatever happens in a conversation: one open per kind, every open ends once, replay is equal."""

from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.contract.escalation import EscalationOpened, EscalationResolved
from consumer.routing.conversation import decode, encode, next_due_ms
from consumer.routing.prior_state import guard_before, state_before
from consumer.routing.rate_guard import RateGuard
from consumer.routing.router import Routed, Router
from consumer.routing.rules import DEFAULT_RULES, parse_ruleset
from tests.routing.builders import (
    KEY,
    MODELS,
    SOURCE,
    START_MS,
    acknowledged,
    conversation_closed,
    feedback,
    judged,
    rejected,
    turn,
    understood,
)

Action = tuple[str, float, float, str]

ACTIONS = st.tuples(
    st.sampled_from(
        ["says"] * 8
        + ["asks", "thanks", "unread", "agent", "bot", "bot", "loop", "loop", "loop", "bad", "wait"]
        + ["ack", "right", "wrong", "close", "back"]
    ),
    st.sampled_from([0.0, 0.1, 0.29, 0.3, 0.45, 0.5, 0.68, 0.8, 1.0]),
    st.sampled_from([0.0, 1.0, 20.0, 59.0, 61.0, 400.0, 3700.0, 9000.0, -30.0]),
    st.sampled_from(["standard", "vip"]),
)
RULES = parse_ruleset(  # a rate guard that is tight enough to be met
    DEFAULT_RULES.read_bytes().replace(
        b"opens_per_minute: 60, burst: 30", b"opens_per_minute: 1, burst: 2"
    ),
    "tight.yaml",
)
SAYING = {"says": "hm", "asks": "转人工", "thanks": "thanks!", "unread": "", "back": "again"}
ROLES = {"agent": "agent", "bot": "bot", "loop": "bot"}


class Run:
    """Applies actions; `step` is called with the due time before and the result."""

    def __init__(self, timers_alone: bool = False, through_bytes: bool = False) -> None:
        self.router = Router(RULES, MODELS, SOURCE)
        self.timers_alone = timers_alone
        self.through_bytes = through_bytes
        self.guard = RateGuard()
        self.clock_s = 0.0
        self.offset = 0
        self.results: list[Routed] = []
        self.state = self.router.fire_due(KEY, decode(b"[2]"), START_MS).state

    def play(self, actions: Sequence[Action]) -> "Run":
        for action in actions:
            self.clock_s += max(action[2], -self.clock_s)
            at_ms = START_MS + round(self.clock_s * 1000)
            if self.timers_alone:
                self._keep(self.router.fire_due(KEY, self.state, at_ms, self.guard))
            self.offset += 1
            self._keep(self._apply(action, at_ms))
        return self

    def _apply(self, action: Action, at_ms: int) -> Routed:
        what, anger, _, tier = action
        router, state, offset, at_s, guard = (
            self.router, self.state, self.offset, self.clock_s, self.guard,
        )  # fmt: skip
        if what in SAYING:
            flaws = ("no_content",) if what == "unread" else ()
            mood = "negative" if anger > 0.4 else "neutral"
            contacts = 5 if what == "back" else 0
            said = understood(
                offset, at_s, anger, mood, text=SAYING[what], tier=tier, flaws=flaws,
                contacts_7d=contacts,
            )  # fmt: skip
            return router.decide(said, state, at_ms + offset, guard)
        if what in ROLES:
            text = "Please reset your password." if what == "loop" else f"reply {offset} " * 3
            spoken = turn(offset, at_s, text, ROLES[what])
            return router.observe(spoken, state, at_ms, guard)
        if what == "bad":
            return router.degrade(rejected(offset, at_s), state, at_ms, guard)
        if what == "wait":
            return router.fire_due(KEY, state, at_ms, guard)
        # What is open once the timers due by now have fired, which the record does first.
        is_open = self.router.fire_due(KEY, state, at_ms).state.open
        target = is_open[-1].escalation_id if is_open else "unknown"
        event = {
            "ack": acknowledged(target),
            "right": judged(target, "right"),
            "wrong": judged(target, "wrong"),
            "close": conversation_closed(),
        }[what]
        return router.feedback(feedback(offset, at_s, event), state, at_ms, guard)

    def _keep(self, routed: Routed) -> None:
        self.results.append(routed)
        self.state = routed.state
        if self.through_bytes:  # as after a restart or a rebalance
            self.state = decode(encode(routed.state))
            self.guard = RateGuard(msgspec.json.decode(msgspec.json.encode(self.guard.meters)))


def events(run: Run) -> list[bytes]:
    return [msgspec.json.encode(event) for result in run.results for event in result.escalations]


def decisions(run: Run) -> list[bytes]:
    return [
        msgspec.json.encode(msgspec.structs.replace(result.decision, decided_at="", latency_ms=0.0))
        for result in run.results
        if result.decision is not None
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTIONS, max_size=30))
def test_every_escalation_opens_once_counts_up_and_ends_once(actions: list[Action]) -> None:
    run = Run().play(actions)
    is_open: dict[str, str] = {}
    seq: dict[str, int] = {}
    over: set[str] = set()
    for result in run.results:
        for _, event in result.escalations:
            if isinstance(event, EscalationOpened):
                assert event.dedup_key not in is_open
                assert event.escalation_id not in over
                is_open[event.dedup_key] = event.escalation_id
                seq[event.escalation_id] = 0
            assert is_open[event.dedup_key] == event.escalation_id
            assert event.seq == seq[event.escalation_id] + 1
            seq[event.escalation_id] = event.seq
            if isinstance(event, EscalationResolved):
                assert event.state == "resolved"
                del is_open[event.dedup_key]
                over.add(event.escalation_id)
        assert sorted(record.escalation_id for record in result.state.open) == sorted(
            is_open.values()
        )
    last = run.router.fire_due(KEY, run.state, START_MS + 10**12)
    assert (last.state.open, last.state.waiting) == ((), None)
    opened = sum(isinstance(e, EscalationOpened) for _, e in last.escalations)
    ended = sum(isinstance(e, EscalationResolved) for _, e in last.escalations)
    assert ended == len(is_open) + opened


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTIONS, max_size=30))
def test_timers_never_fire_early_and_none_is_left_overdue(actions: list[Action]) -> None:
    run = Run()
    for action in actions:
        run.play([action])
        at_ms = START_MS + round(run.clock_s * 1000)
        due = next_due_ms(run.state)
        assert due is None or due > at_ms or run.state.last_event_ms > at_ms
        early = run.router.fire_due(KEY, run.state, (due or at_ms) - 1)
        assert early.escalations == ()
        assert early.state == run.state


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTIONS, max_size=30))
def test_a_replay_says_the_same(actions: list[Action]) -> None:
    live = Run().play(actions)
    again = Run(through_bytes=True).play(actions)
    alone = Run(timers_alone=True).play(actions)
    assert events(live) == events(again) == events(alone)
    assert decisions(live) == decisions(again) == decisions(alone)
    assert live.state == again.state == alone.state


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTIONS, max_size=20), ACTIONS)
def test_a_decision_can_be_made_again_from_what_it_tells(
    actions: list[Action], last: Action
) -> None:
    run = Run().play(actions)
    told = Run().play([*actions, ("says", last[1], last[2], last[3])]).results[-1].decision
    assert told is not None
    at_s = run.clock_s + max(last[2], -run.clock_s)
    mood = "negative" if last[1] > 0.4 else "neutral"
    said = understood(run.offset + 1, at_s, last[1], mood, text="hm", tier=last[3])
    again = run.router.decide(said, state_before(told), 0, guard_before(told)).decision
    assert again is not None
    same = msgspec.structs.replace(again, decided_at=told.decided_at, latency_ms=told.latency_ms)
    assert same == told
