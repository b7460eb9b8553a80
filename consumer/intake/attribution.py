"""Whose conversation an unusable record belongs to: from its body, else from its key.

Reads as little as it can, so that a fault elsewhere in the record does not matter.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from consumer.contract.clock import parse_ms
from consumer.contract.incoming import envelope_of
from consumer.contract.message import (
    DEFAULT_TENANT,
    MAX_CONVERSATION_BYTES,
    MAX_MESSAGE_ID_CHARACTERS,
    MAX_TENANT_CHARACTERS,
    TENANT_PATTERN,
)
from consumer.intake.faults import DECODING_ERRORS

_TENANT = re.compile(TENANT_PATTERN)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MAX_UTF_8_BYTES_PER_CHARACTER = 4
_CERTAINLY_SHORT = MAX_CONVERSATION_BYTES // _MAX_UTF_8_BYTES_PER_CHARACTER


class Attribution(Struct, frozen=True, gc=False):
    """Tenant and conversation are both known or both None. `named` tells if the body has an id."""

    tenant_id: str | None = None
    conversation_id: str | None = None
    message_id: str | None = None
    said_ms: int | None = None
    named: bool = False


class _Body(Struct, frozen=True, gc=False):
    tenant_id: Raw | UnsetType = UNSET
    conversation_id: Raw | UnsetType = UNSET
    message_id: Raw | UnsetType = UNSET
    sent_at: Raw | UnsetType = UNSET
    at: Raw | UnsetType = UNSET


_BODY = msgspec.json.Decoder(_Body)
_STRING = msgspec.json.Decoder(str)
_NO_BODY = _Body()


def is_usable_tenant(tenant_id: str) -> bool:
    """Letters, digits, dot, underscore and hyphen; above all no colon, so tenants never meet."""
    return len(tenant_id) <= MAX_TENANT_CHARACTERS and _matches_tenant(tenant_id)


@lru_cache(maxsize=4096)
def _matches_tenant(tenant_id: str) -> bool:
    return _TENANT.search(tenant_id) is not None


def is_usable_conversation(conversation_id: str) -> bool:
    """1 to 256 bytes and no control characters: it travels in keys and headers."""
    if not conversation_id.isprintable() and _CONTROLS.search(conversation_id):
        return False
    return 0 < len(conversation_id) <= _CERTAINLY_SHORT or (
        0 < len(conversation_id.encode()) <= MAX_CONVERSATION_BYTES
    )


def attribution_of(
    headers: Mapping[str, bytes | None], value: bytes | None, key: bytes | None
) -> Attribution:
    """All that can be told. The body's conversation counts first, then that of the key."""
    body = _NO_BODY if value is None else _read(headers, value)
    tenant_id = DEFAULT_TENANT if body.tenant_id is UNSET else _string(body.tenant_id)
    conversation_id = _string(body.conversation_id)
    if not _is_usable(tenant_id, conversation_id):
        tenant_id, conversation_id = _from_key(key)
    return Attribution(
        tenant_id,
        conversation_id,
        _message_id(body),
        _said_ms(body),
        body.conversation_id is not UNSET,
    )


def _read(headers: Mapping[str, bytes | None], value: bytes) -> _Body:
    try:
        data = envelope_of(headers, value).data
        return _NO_BODY if data is None else _BODY.decode(data)
    except DECODING_ERRORS:
        return _NO_BODY


def _string(raw: Raw | UnsetType) -> str | None:
    if raw is UNSET:
        return None
    try:
        return _STRING.decode(raw)
    except DECODING_ERRORS:
        return None


def _message_id(body: _Body) -> str | None:
    text = _string(body.message_id)
    return text if text and len(text) <= MAX_MESSAGE_ID_CHARACTERS else None


def _said_ms(body: _Body) -> int | None:
    text = _string(body.at if body.sent_at is UNSET else body.sent_at)
    try:
        return None if text is None else parse_ms(text)
    except ValueError:
        return None


def _from_key(key: bytes | None) -> tuple[str | None, str | None]:
    try:
        tenant_id, _, conversation_id = (key or b"").decode().partition(":")
    except UnicodeDecodeError:
        return None, None
    usable = _is_usable(tenant_id, conversation_id)
    return (tenant_id, conversation_id) if usable else (None, None)


def _is_usable(tenant_id: str | None, conversation_id: str | None) -> bool:
    return (
        tenant_id is not None
        and conversation_id is not None
        and is_usable_tenant(tenant_id)
        and is_usable_conversation(conversation_id)
    )
