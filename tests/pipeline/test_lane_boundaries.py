"""Where transactions end, fail or change hands makes no difference to what is said."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.pipeline.lane import LaneLimits
from consumer.pipeline.partition_state import StateLimits
from tests.fakes.manual_clock import MS_PER_S
from tests.pipeline.lanes import Talk, decisions, escalations, new_lane
from tests.pipeline.records import HOUR_S, TOPICS, key_of, record

EXAMPLES = 80
TTL_S = 6 * HOUR_S
LIMITS = LaneLimits(StateLimits(idle_ttl_ms=round(TTL_S) * MS_PER_S))
TEXTS = ("hello", "<anger=55>", "<anger=85>", "<anger=10>", "transfer me to a human")


@dataclass(frozen=True)
class Step:
    """One input, how long after the one before it was said, and what follows."""

    conversation: str
    text: str | None
    pause_s: float
    then: str


steps = st.builds(
    Step,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(TEXTS) | st.none(),
    st.sampled_from([0.0, 1.0, 90.0, HOUR_S, 3 * HOUR_S, 7 * HOUR_S]),
    st.sampled_from(["nothing", "nothing", "commit", "rollback", "new owner"]),
)


def play(played: list[Step], *, in_small_steps: bool) -> Talk:
    """Each step committed at once, or with the boundaries of the steps."""
    talk = Talk(new_lane(limits=LIMITS))
    at_s = 0.0
    for step in played:
        at_s += step.pause_s
        _hear(talk, step, at_s)
        then = "commit" if in_small_steps else step.then
        if then == "commit":
            talk.commits()
        elif then == "rollback":
            talk.opens(limit=2)
            talk.lane.rolled_back()
        elif then == "new owner":
            talk.commits()
            offsets = {TOPICS.messages: talk.offset, TOPICS.feedback: talk.feedback_offset}
            talk.lane = new_lane(talk.changelog(), LIMITS, offsets)
    talk.commits()
    return talk


def _hear(talk: Talk, step: Step, at_s: float) -> None:
    if step.text is not None:
        talk.says(step.text, at_s, step.conversation)
    else:
        talk.feeds(record(talk.offset, b"{", key_of(step.conversation), at_s=at_s))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(steps, max_size=12))
def test_boundaries_rollbacks_and_new_owners_make_no_difference(played: list[Step]) -> None:
    small, mixed = play(played, in_small_steps=True), play(played, in_small_steps=False)
    assert decisions(mixed.committed) == decisions(small.committed)
    assert escalations(mixed.committed) == escalations(small.committed)
    assert mixed.offsets == small.offsets
