"""What an input record says, read from the contract's prose and the markers in test texts.

It judges as the documents do, in code of its own: usable or not, whose turn, how angry.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.checker.history import Entry

DAY_MS = 86_400_000
LEAD_MS = 300_000
MS = 1_000
PER_CENT = 100
DEFAULT_TENANT = "default"

_REQUIRED = ("message_id", "conversation_id", "text", "sent_at")
_ANGER = re.compile(r"<anger=(\d+)>")
_ASKS = ("人工", "agent")
_THANKS = ("谢谢", "thanks", "thank you")
# What the test model takes a text to be about, by the first of these that it holds.
_SUBJECTS = (
    ("refund", "refund_return"),
    ("退", "refund_return"),
    ("agent", ""),
    ("人工", ""),
    ("deliver", "delivery"),
    ("快递", "delivery"),
    ("invoice", "invoice"),
    ("发票", "invoice"),
    ("order", "order"),
    ("订单", "order"),
)
# What it makes of a text that holds no marker.
_CALM_COMPLAINT = 0.05
# Texts that make the test model fail, and the dead letter's reason.
_FAILING = {
    "<deadly>": "crash",
    "<hanging>": "crash",
    "<poison>": "model_input",
    "<nan>": "model_output",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One input record, understood. `kind`: customer, other, unusable, or a feedback event."""

    entry: Entry
    kind: str
    key: str | None
    event_ms: int
    message_id: str = ""
    agent: bool = False
    bot: bool = False
    text: str = ""
    tier: str = "standard"
    readable: bool = True
    sentiment: float = 0.0
    anger: float = 0.0
    complaint: float = 0.0
    negative: bool = False
    thanks: bool = False
    subject: str = ""
    asks: bool = False
    reason: str = ""
    escalation_id: str = ""
    verdict: str = ""


def message(entry: Entry) -> Said:
    """A record of the input topic."""
    body, reason = _body(entry.value)
    key = _key(body, entry)
    if not reason and any(not isinstance(body.get(name), str) for name in _REQUIRED):
        reason = "schema" if key else "no_conversation"
    event_ms = _event_ms(body.get("sent_at"), entry.timestamp_ms)
    if reason:
        return Said(entry, "unusable", key, event_ms, reason=reason)
    text = str(body["text"])
    role = body.get("sender", {}).get("role", "customer")
    if role != "customer":
        agent, bot = role == "agent", role == "bot"
        return Said(entry, "other", key, event_ms, agent=agent, bot=bot, text=text)
    for marker, why in _FAILING.items():
        if marker in text:
            return Said(entry, "unusable", key, event_ms, reason=why)
    return _customer(entry, body, text, key, event_ms)


def feedback(entry: Entry) -> Said:
    """A record of the feedback topic."""
    kind = entry.header("ce_type")
    body, reason = _body(entry.value)
    if not reason and not isinstance(body.get("conversation_id"), str):
        reason = "schema"
    if not kind:
        reason = reason or "type"
    event_ms = _event_ms(body.get("at"), entry.timestamp_ms)
    if reason:
        return Said(entry, "unusable", None, event_ms, reason=reason)
    return Said(
        entry,
        kind,
        _key(body, entry),
        event_ms,
        escalation_id=str(body.get("escalation_id", "")),
        verdict=str(body.get("verdict", "")),
    )


def _customer(
    entry: Entry, body: Mapping[str, Any], text: str, key: str | None, event_ms: int
) -> Said:
    found = _ANGER.search(text)
    anger = int(found.group(1)) / PER_CENT if found else 0.0
    subject = next((subject for word, subject in _SUBJECTS if word in text), "")
    return Said(
        entry,
        "customer",
        key,
        event_ms,
        message_id=str(body["message_id"]),
        tier=body.get("customer", {}).get("tier", "standard"),
        readable=bool(text.strip()),
        sentiment=-anger,
        anger=anger,
        complaint=anger if found else _CALM_COMPLAINT,
        thanks=anger == 0 and not subject and any(word in text.lower() for word in _THANKS),
        subject=subject,
        negative=anger > 1 - anger,
        asks=any(word in text for word in _ASKS),
    )


def _body(value: bytes | None) -> tuple[dict[str, Any], str]:
    if value is None:
        return {}, "null_value"
    if not value:
        return {}, "empty"
    try:
        body = json.loads(value.decode())
    except UnicodeDecodeError:
        return {}, "encoding"
    except ValueError:
        return {}, "parse"
    return (body, "") if isinstance(body, dict) else ({}, "schema")


def _key(body: Mapping[str, Any], entry: Entry) -> str | None:
    conversation = body.get("conversation_id")
    if isinstance(conversation, str) and conversation:
        return f"{body.get('tenant_id', DEFAULT_TENANT)}:{conversation}"
    tenant, colon, rest = (entry.key or b"").decode("utf-8", "replace").partition(":")
    return f"{tenant}:{rest}" if colon and tenant and rest else None


def _event_ms(said: object, record_ms: int) -> int:
    """`sent_at` clamped to the record's timestamp - 24 h … + 5 min."""
    try:
        spoken = round(datetime.fromisoformat(str(said)).timestamp() * MS)
    except ValueError:
        spoken = record_ms
    return min(max(spoken, record_ms - DAY_MS), record_ms + LEAD_MS)
