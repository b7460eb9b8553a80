"""Invariants 5 and 6: the compacted changelog and the escalations are those of the oracle."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.checker.escalation_oracle import Event
from tests.checker.history import Entry, History
from tests.checker.oracle import Conversation, Expected
from tests.checker.violation import Violation

TOLERANCE = 1e-9
# The changelog record is an array; its fields stand in this order.
FIELDS = (
    "version",
    "seq",
    "messages_offset",
    "feedback_offset",
    "last_event_ms",
    "turns",
    "customer_turns",
    "mood",
    "mood_begin",
    "anger",
    "anger_peak",
    "negative_streak",
    "angry_turns",
    "unresolved_turns",
    "since_angry",
    "mood_ms",
)
OPEN_AT = 17
VERSION = 2


def states_are_right(history: History, expected: Expected) -> Iterator[Violation]:
    """I5: the last record of each conversation equals the oracle's state."""
    last = {(entry.key or b"").decode(): entry for entry in history.of(history.names.state)}
    for key, conversation in expected.conversations.items():
        entry = last.get(key)
        if entry is None or entry.value is None:
            yield Violation("I5", "no state", key)
            continue
        found = json.loads(entry.value)
        for name, value, right in zip(FIELDS, found, _fields(conversation), strict=False):
            if abs(value - right) > TOLERANCE:
                yield Violation("I5", f"{name} is {value}, not {right}", key)
        opened = [record[0] for record in found[OPEN_AT]]
        if opened != [one.escalation_id for one in conversation.escalations.open]:
            yield Violation("I5", "other escalations are open", key)


def states_lie_with_their_messages(history: History, _expected: Expected) -> Iterator[Violation]:
    """I5: a conversation's state is in the partition of its messages, or no restore finds it."""
    home = {entry.key: entry.partition for entry in history.of(history.names.messages)}
    for entry in history.of(history.names.state):
        if home.get(entry.key, entry.partition) != entry.partition:
            yield Violation("I5", f"state not in partition {home[entry.key]}", entry.at)


def escalations_are_whole(history: History, _expected: Expected) -> Iterator[Violation]:
    """I6: each begins with `opened`, counts 1, 2, 3, and ends at most once; ids are unique."""
    stories: dict[str, list[Event]] = defaultdict(list)
    open_by_key: dict[str, str] = {}
    for entry in history.of(history.names.escalations):
        event, dedup = _event(entry)
        story = stories[event.escalation_id]
        story.append(event)
        if event.seq != len(story):
            yield Violation(
                "I6", f"seq {event.seq} where {len(story)} follows", event.escalation_id
            )
        if (event.name == "escalation.opened") != (len(story) == 1):
            yield Violation("I6", f"{event.name} as event {len(story)}", event.escalation_id)
        if len(story) > 1 and story[-2].name == "escalation.resolved":
            yield Violation("I6", f"{event.name} after it was resolved", event.escalation_id)
        if open_by_key.setdefault(dedup, event.escalation_id) != event.escalation_id:
            yield Violation("I6", "two escalations open", dedup)
        if event.name == "escalation.resolved":
            open_by_key.pop(dedup, None)
    ids = Counter(e.header("ce_id") for e in history.of(history.names.escalations))
    for identity, count in ids.items():
        if count > 1:
            yield Violation("I6", f"{count} events with id {identity}")


def escalations_are_right(history: History, expected: Expected) -> Iterator[Violation]:
    """I6: the events of each conversation are the oracle's, in its order."""
    found: dict[str, list[Event]] = defaultdict(list)
    for entry in history.of(history.names.escalations):
        found[(entry.key or b"").decode()].append(_event(entry)[0])
    for key, conversation in expected.conversations.items():
        if found[key] != conversation.events:
            what = f"{_told(found[key])} instead of {_told(conversation.events)}"
            yield Violation("I6", what, key)


def _told(events: list[Event]) -> str:
    return ", ".join(f"{e.kind}#{e.seq} {e.name[11:]} s{e.severity}" for e in events) or "nothing"


def _fields(conversation: Conversation) -> tuple[float, ...]:
    curve = conversation.curve
    return (
        VERSION,
        conversation.seq,
        conversation.messages_offset,
        conversation.feedback_offset,
        conversation.last_event_ms,
        conversation.turns,
        curve.customer_turns,
        curve.mood,
        curve.mood_begin,
        curve.anger,
        curve.anger_peak,
        curve.negative_streak,
        curve.angry_turns,
        curve.unresolved_turns,
        curve.since_angry,
        curve.moved_ms,
    )


def _event(entry: Entry) -> tuple[Event, str]:
    body = json.loads(entry.value or b"{}")
    event = Event(
        entry.header("ce_type"),
        body["escalation_id"],
        body["seq"],
        body["kind"],
        body["severity"],
        body.get("resolution", ""),
    )
    return event, body["dedup_key"]
