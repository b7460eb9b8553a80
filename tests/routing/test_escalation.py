"""Escalations one story at a time: what opens, changes and ends them."""

from consumer.contract.escalation import EscalationOpened, EscalationResolved
from consumer.contract.identity import escalation_id
from tests.routing.builders import (
    KEY,
    START_MS,
    Story,
    acknowledged,
    conversation_closed,
    judged,
)

ANGRY = 0.6
FURIOUS = 0.95


def opened(story: Story, kind: str = "anger") -> EscalationOpened:
    found = [e for _, e in story.events if isinstance(e, EscalationOpened) and e.kind == kind]
    return found[-1]


def resolved(story: Story) -> EscalationResolved:
    found = [event for _, event in story.events if isinstance(event, EscalationResolved)]
    return found[-1]


def test_anger_that_stays_opens_and_anger_that_dies_does_not() -> None:
    story = Story()
    for at_s, anger in enumerate((ANGRY, 0.1, 0.1, ANGRY, 0.1)):
        story.says(at_s, anger)
    assert story.names() == []
    routed = story.says(6, ANGRY)
    assert story.names() == ["opened"]
    assert routed.decision is not None
    assert [(c.kind, c.change) for c in routed.decision.escalations] == [("anger", "opened")]
    assert routed.decision.action == "escalate"
    assert opened(story).escalation_id == escalation_id(
        f"{KEY}:anger", "chat.messages.v1", 3, story.offset
    )
    assert opened(story).decision_id == routed.decision.decision_id


def test_fury_opens_at_once() -> None:
    story = Story()
    story.says(0, FURIOUS, tier="vip")
    event = opened(story)
    assert (event.severity, event.seq, event.state) == (4, 1, "open")
    assert event.opened_at == "2026-01-01T00:00:00.000Z"
    assert event.ack_due_at == "2026-01-01T00:01:00.000Z"
    assert event.recommended.suppress_recommendations
    assert [point.anger for point in event.series] == [FURIOUS]


def test_one_message_may_open_two() -> None:
    story = Story()
    routed = story.says(0, FURIOUS, "get me a real person NOW")
    assert [event.kind for _, event in story.events] == ["anger", "human_request"]
    assert len({event.escalation_id for _, event in story.events}) == 2
    assert routed.decision is not None
    assert [change.change for change in routed.decision.escalations] == ["opened", "opened"]


def test_it_ends_below_the_exit_threshold_only() -> None:
    story = Story()
    story.says(0, FURIOUS)
    for at_s in range(1, 8):
        story.says(at_s, 0.35)  # below enter, above exit
    assert story.names("anger") == ["opened"]
    story.says(60, 0.05)
    story.says(71, 0.35)
    story.says(72, 0.05)
    assert story.names("anger") == ["opened", "updated"]
    story.says(73, 0.05)
    assert story.names("anger") == ["opened", "updated", "resolved"]
    assert (resolved(story).resolution, resolved(story).calm_turns) == ("de_escalated", 2)
    assert resolved(story).duration_s == 73.0


def test_severity_only_rises_and_noise_is_counted() -> None:
    story = Story()
    story.says(0, ANGRY)
    story.says(1, ANGRY)
    story.says(2, ANGRY)
    story.says(3, FURIOUS)
    story.says(4, ANGRY)
    assert [(n, e.severity, e.seq) for n, e in story.events] == [
        ("escalation.opened", 2, 1),
        ("escalation.updated", 4, 2),
    ]
    story.hears(5, conversation_closed())
    assert (resolved(story).suppressed_count, resolved(story).peak_score) == (2, FURIOUS)


def test_an_agents_turn_acknowledges_and_calm_after_it_is_their_doing() -> None:
    story = Story()
    story.says(0, FURIOUS)
    story.other(5, "bot")
    assert story.names() == ["opened"]
    story.other(10, "agent")
    story.other(11, "agent")
    assert story.names() == ["opened", "updated"]
    assert story.events[-1][1].state == "acknowledged"
    for at_s in range(61, 65):
        story.says(at_s, 0.0)
    assert resolved(story).resolution == "human_took_over"


def test_a_request_for_a_person_ends_when_one_comes() -> None:
    story = Story()
    story.says(0, text="转人工", intent="contact_agent")
    assert opened(story, "human_request").trigger.evidence[0].value == "转人工"
    story.says(1, text="还在吗")
    story.other(30, "agent")
    assert story.names() == ["opened", "resolved"]
    assert resolved(story).resolution == "human_took_over"


def test_a_request_is_also_an_intent() -> None:
    story = Story()
    story.says(0, text="somebody with a pulse", intent="contact_agent", intent_share=0.7)
    assert opened(story, "human_request").trigger.score == 0.7


def test_a_kind_cools_down_after_it_ended() -> None:
    story = Story()
    story.says(0, FURIOUS)
    story.other(1, "agent")
    for at_s in range(60, 64):
        story.says(at_s, 0.0)
    assert story.names("anger") == ["opened", "updated", "resolved"]
    story.says(300, FURIOUS)
    story.says(400, FURIOUS)
    assert story.names("anger") == ["opened", "updated", "resolved"]
    story.says(700, FURIOUS)
    assert story.names("anger") == ["opened", "updated", "resolved", "opened"]
    assert opened(story).suppressed_count == 2


def test_nobody_acknowledging_is_told_and_silence_expires() -> None:
    story = Story()
    story.says(0, FURIOUS)
    story.waits(59.999)
    assert story.names() == ["opened"]
    story.waits(60)
    assert story.names() == ["opened", "updated"]
    story.waits(100_000)
    assert story.names() == ["opened", "updated", "updated", "updated", "resolved"]
    dates = [event.updated_at[11:19] for _, event in story.events]
    assert dates == ["00:00:00", "00:01:00", "00:06:00", "00:11:00", "02:00:00"]
    assert resolved(story).resolution == "expired"
    assert [event.seq for _, event in story.events] == [1, 2, 3, 4, 5]


def test_timers_due_by_a_turn_fire_before_it() -> None:
    story = Story()
    story.says(0, FURIOUS)
    routed = story.says(8000, 0.0)
    assert [name for name, _ in routed.escalations] == ["escalation.updated"] * 3 + [
        "escalation.resolved"
    ]
    assert routed.decision is not None
    assert routed.decision.escalations == ()
    assert routed.decision.prior.open_escalations == ()
    assert "anger" in routed.decision.prior.cooling_down


def test_turns_postpone_the_end() -> None:
    story = Story()
    story.says(0, FURIOUS)
    story.hears(10, acknowledged(opened(story).escalation_id))
    story.says(7000, 0.4)
    story.waits(14_199)
    assert story.names() == ["opened", "updated"]
    story.waits(14_200)
    assert story.names() == ["opened", "updated", "resolved"]


def test_feedback_acknowledges_judges_and_closes() -> None:
    story = Story()
    story.says(0, FURIOUS, "agent please")
    anger, human = opened(story).escalation_id, opened(story, "human_request").escalation_id
    story.hears(1, acknowledged(anger))
    story.hears(2, acknowledged(anger))
    story.hears(3, judged(human, "right"))
    assert story.names() == ["opened", "opened", "updated", "updated"]
    story.hears(4, judged(anger, "wrong"))
    assert resolved(story).resolution == "manual"
    story.hears(5, conversation_closed())
    assert resolved(story).resolution == "conversation_closed"
    assert story.names()[4:] == ["resolved", "resolved"]


def test_a_closed_conversation_begins_anew() -> None:
    story = Story()
    story.says(0, FURIOUS)
    story.hears(1, conversation_closed())
    assert story.state is not None
    assert (story.state.turns, story.state.cooling, story.state.anger) == (0, (), 0.0)
    story.says(2, FURIOUS)
    assert story.names() == ["opened", "resolved", "opened"]


def test_a_turn_that_cannot_be_read_does_not_calm() -> None:
    story = Story()
    story.says(0, FURIOUS)
    for at_s in range(1, 6):
        story.says(at_s, 0.0, text="", flaws=("no_content",))
    assert story.names() == ["opened"]
    assert story.state is not None
    assert story.state.customer_turns == 6
    assert story.state.open[0].expires_ms == START_MS + (5 + 7200) * 1000
