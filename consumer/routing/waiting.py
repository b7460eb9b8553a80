"""Who waits for an answer, since when, and by when one was promised. Opens nothing.

A turn starts the wait where its decision sends the customer to people (a queue, an agent) and its
own words ask for something, or where the turn before it has had no answer either. An agent's turn,
thanks and the alert end it; a bot's turn does too, unless the customer was sent to people. A later
turn that was promised an earlier answer moves the time forward, never back.
"""

from msgspec.structs import replace

from consumer.contract.decision import Evidence, Target
from consumer.contract.escalation import EscalationCustomer
from consumer.records import Turn
from consumer.routing.conversation import Conversation, Waiting
from consumer.routing.escalation_opening import Scene, Signal
from consumer.routing.escalation_policy import SLA_BREACH, Policy
from consumer.routing.readings import Reading
from consumer.routing.routes import SlaPolicy
from consumer.routing.timestamps import MS_PER_S

TWICE = 2  # customer turns without an answer
PEOPLE = frozenset(("queue", "agent"))
FROM_CONVERSATION = "conversation"


def may_wait(after: Conversation, target: Target) -> bool:
    """Whether there is a wait, or may be one now: a quick look before `waiting_after`."""
    return after.waiting is not None or target.type in PEOPLE or after.unanswered >= TWICE


def waiting_after(
    after: Conversation,
    turn: Turn,
    reading: Reading,
    target: Target,
    sla: SlaPolicy,
    policy: Policy,
    language: str,
) -> Waiting | None:
    """The wait after a customer turn that was sent to `target` under `sla`."""
    held, for_person = after.waiting, target.type in PEOPLE
    if held is None and not _starts(after, reading, for_person=for_person):
        return None
    due_ms = after.last_event_ms + sla.first_response_s * MS_PER_S + policy.grace_ms
    if held is not None:
        return _sooner(held, due_ms, for_person=for_person)
    record, message = turn.record, turn.message
    return Waiting(
        due_ms,
        for_person,
        after.last_event_ms,
        record.topic,
        record.partition,
        record.offset,
        message.message_id,
        EscalationCustomer(message.customer.id, message.customer.tier),
        language,
        reading.category.label,
        reading.intent.name,
    )


def _starts(after: Conversation, reading: Reading, *, for_person: bool) -> bool:
    if reading.thanks or any(record.kind == SLA_BREACH for record in after.open):
        return False
    if after.unanswered >= TWICE:
        return True
    return for_person and reading.intent.origin != FROM_CONVERSATION


def _sooner(held: Waiting, due_ms: int, *, for_person: bool) -> Waiting:
    if held.due_ms <= due_ms and (held.for_person or not for_person):
        return held
    sooner = min(held.due_ms, due_ms)
    return replace(held, due_ms=sooner, for_person=held.for_person or for_person)


def overdue(policy: Policy, key: str, waiting: Waiting, decision_id: str) -> tuple[Signal, Scene]:
    """What a wait that is over says: the conversation as it was when the wait began."""
    waited_s = (waiting.due_ms - waiting.since_ms) / MS_PER_S
    promised_s = waited_s - policy.grace_ms / MS_PER_S
    evidence = Evidence("conversation.waited_s", "gte", waited_s, promised_s)
    scene = Scene(
        at_ms=waiting.due_ms,
        conversation_key=key,
        topic=waiting.topic,
        partition=waiting.partition,
        offset=waiting.offset,
        message_id=waiting.message_id,
        decision_id=decision_id,
        customer=waiting.customer,
        language=waiting.language,
        category=waiting.category,
        intent=waiting.intent,
        entities=(),
    )
    return Signal(policy, 1.0, 1.0, 1, (evidence,)), scene
