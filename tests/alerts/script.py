"""A written conversation as the records that a chat platform would send. Knows no rules.

Turns come `TURN_S` apart. What a system turn states (tier, contacts, an overdue answer) is also
what the platform would have put into the messages: the customer's fields, and the clock.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from consumer.contract.clock import format_ms
from consumer.contract.topics import Topics
from consumer.records import Record
from exporters.corpus_format import Conversation, ConversationTurn
from exporters.rows import Row

TURN_S = 20
MS = 1_000
MINUTE_MS = 60 * MS
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
OVERDUE_MINUTES = 60  # where a system turn states no minutes

_TIER = re.compile(r"(?:tier|membership|segment|等级|标签)\s*[:：]\s*(?P<name>.+)", re.IGNORECASE)
_KNOWN_TIER = re.compile(r"\b(svip|vip|standard)\b", re.IGNORECASE)
_CONTACTS = re.compile(
    r"(?:contacts\b[^:：]*|联系次数)\s*[:：]\s*(\d+)|(\d+) earlier contacts|(\d+) 次$"
)
_EARLIER = re.compile(r"previous|earlier|reopened")
_OVERDUE = re.compile(r"response (?:was due|target missed)|已超时", re.IGNORECASE)
_WAITING = re.compile(r"waiting|no agent|unanswered|已排队|已等待|未响应", re.IGNORECASE)
_HOURS = re.compile(r"(\d+)\s*(?:hours?|h\b|小时)", re.IGNORECASE)
_MINUTES = re.compile(r"(\d+)\s*(?:minutes?|min\b|分钟)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One record; `row` holds the labels of a customer's turn."""

    record: Record
    row: Row | None
    intent: str | None


@dataclass(slots=True)
class _Facts:
    at_ms: int = START_MS
    tier: str = "standard"
    contacts: int = 0


def lines_of(conversation: Conversation, topics: Topics) -> Iterator[Line]:
    """Its records, in order."""
    facts = _Facts()
    for offset, turn in enumerate(conversation.turns):
        facts.at_ms += TURN_S * MS
        if turn.speaker == "system":
            _take_note(turn.text, facts)
        body = _body(conversation, turn, offset, facts)
        record = Record(topics.messages, 0, offset, 1, facts.at_ms, None, msgspec.json.encode(body))
        yield Line(record, turn.row, turn.conversation_intent)


def _take_note(text: str, facts: _Facts) -> None:
    tier, contacts = _TIER.search(text), _CONTACTS.search(text.lower())
    if tier is not None:
        known = _KNOWN_TIER.search(tier["name"])
        facts.tier = known.group(1).lower() if known else "svip"  # a house's own best tier
    if contacts is not None:
        said = int(contacts.group(1) or contacts.group(2) or contacts.group(3))
        facts.contacts = said + bool(_EARLIER.search(text.lower()))  # this one counts too
    if _OVERDUE.search(text):
        facts.at_ms += _minutes(text) * MINUTE_MS
    elif _WAITING.search(text):
        facts.at_ms = max(facts.at_ms, START_MS + _minutes(text) * MINUTE_MS)


def _minutes(text: str) -> int:
    hours, minutes = _HOURS.findall(text), _MINUTES.findall(text)
    total = 60 * int(hours[-1]) if hours else 0
    return total + int(minutes[-1]) if minutes else total or OVERDUE_MINUTES


def _body(
    conversation: Conversation, turn: ConversationTurn, offset: int, facts: _Facts
) -> dict[str, object]:
    return {
        "message_id": f"m-{offset}",
        "conversation_id": conversation.name,
        "text": turn.text,
        "sent_at": format_ms(facts.at_ms),
        "sender": {"role": turn.speaker},
        "language_hint": conversation.language,
        "customer": {"id": "u-1", "tier": facts.tier, "contacts_7d": facts.contacts},
    }
