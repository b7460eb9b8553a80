"""Turns a bug that one message meets into that message's dead letter. Catches nothing itself.

Faults of the environment never come here: they stop the process, and the message is read again.
"""

from consumer.records import FeedbackTurn, Record, Rejected, Turn, Understood


def unprepared(turn: Turn, fault: Exception) -> Rejected:
    """Preparing or joining its text raised."""
    return _crashed(turn, "prepare", fault)


def unroutable(outcome: Understood | Turn | FeedbackTurn, fault: Exception) -> Rejected:
    """Mood, rules or escalations raised."""
    if isinstance(outcome, FeedbackTurn):
        event = outcome.event
        return Rejected(
            outcome.record,
            "crash",
            "route",
            type(fault).__name__,
            event.tenant_id,
            event.conversation_id,
            event_ms=outcome.event_ms,
        )
    return _crashed(outcome.turn if isinstance(outcome, Understood) else outcome, "route", fault)


def _crashed(turn: Turn, stage: str, fault: Exception) -> Rejected:
    message = turn.message
    return Rejected(
        turn.record,
        "crash",
        stage,
        # The class only: the words of an exception may quote the message.
        type(fault).__name__,
        message.tenant_id,
        message.conversation_id,
        message.message_id,
        turn.event_ms,
    )


def record_of(outcome: Understood | Turn | FeedbackTurn | Rejected) -> Record:
    """The record that an outcome stands for."""
    return outcome.turn.record if isinstance(outcome, Understood) else outcome.record
