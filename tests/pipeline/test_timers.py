"""The heap against the simplest model: one due time a key, the earliest first."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from consumer.pipeline.timers import Timers

KEYS = st.sampled_from(["a", "b", "c", "d"])
TIMES = st.integers(0, 20)
MOVES = 10_000
FEW = 1_000


class TimersAgainstADict(RuleBasedStateMachine):
    """Arms, pops and clears both; they must agree."""

    def __init__(self) -> None:
        super().__init__()
        self.timers = Timers()
        self.model: dict[str, int] = {}

    @rule(key=KEYS, due=st.none() | TIMES)
    def arm(self, key: str, due: int | None) -> None:
        self.timers.arm(key, due)
        self.model.pop(key, None)
        if due is not None:
            self.model[key] = due

    @rule(at=TIMES)
    def pop(self, at: int) -> None:
        due = sorted((due, key) for key, due in self.model.items() if due <= at)
        expected = due[0] if due else None
        assert self.timers.pop_due(at) == expected
        if expected:
            del self.model[expected[1]]

    @rule()
    def clear(self) -> None:
        self.timers.clear()
        self.model.clear()

    @invariant()
    def holds_as_many(self) -> None:
        assert len(self.timers) == len(self.model)


TestTimersAgainstADict = TimersAgainstADict.TestCase


@given(st.dictionaries(st.text(max_size=3), TIMES), TIMES)
def test_all_that_is_due_comes_out_in_due_order_and_the_rest_stays(
    due: dict[str, int], at: int
) -> None:
    timers = Timers()
    for key, due_ms in due.items():
        timers.arm(key, due_ms)
    popped = []
    while (one := timers.pop_due(at)) is not None:
        popped.append(one)
    assert popped == sorted((due_ms, key) for key, due_ms in due.items() if due_ms <= at)
    assert len(timers) == len(due) - len(popped)


def test_a_timer_that_is_moved_for_ever_takes_no_more_memory() -> None:
    timers = Timers()
    timers.arm("resting", 2 * MOVES)
    for due_ms in range(MOVES):
        timers.arm("moving", due_ms)
    assert timers.entries < FEW
    assert timers.pop_due(MOVES) == (MOVES - 1, "moving")
    assert timers.pop_due(2 * MOVES) == (2 * MOVES, "resting")
