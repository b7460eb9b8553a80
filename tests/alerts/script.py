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

_TIER = re.compile(r"(?:tier|等级)\s*[:：]\s*(s?vip|standard)", re.IGNORECASE)
_CONTACTS = re.compile(r"(?:contacts?\b[^:：]*|联系次数|联系)\s*[:：]\s*(\d+)", re.IGNORECASE)
_OVERDUE = re.compile(r"first response|response (?:was )?due|首次响应|首响|超时", re.IGNORECASE)
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
    tier, contacts = _TIER.search(text), _CONTACTS.search(text)
    if tier is not None:
        facts.tier = tier.group(1).lower()
    if contacts is not None:
        facts.contacts = int(contacts.group(1))
    if _OVERDUE.search(text):
        minutes = _MINUTES.findall(text)
        facts.at_ms += (int(minutes[-1]) if minutes else OVERDUE_MINUTES) * MINUTE_MS


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
