"""Whose message an unusable record is: from its body where that can be read, else from its key.

So that the customer behind it still gets a decision.
"""

import re

import msgspec
from msgspec import Struct

from consumer.contract.message import DEFAULT_TENANT, MAX_CONVERSATION_BYTES
from consumer.records import Record

_TENANT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MAX_MESSAGE_ID = 256
_MAX_BODY_BYTES = 262_144


class Address(Struct, frozen=True, gc=False):
    """A conversation, where it can be told."""

    tenant_id: str | None = None
    conversation_id: str | None = None
    message_id: str | None = None


class _Lenient(Struct, frozen=True):
    conversation_id: object = None
    tenant_id: object = DEFAULT_TENANT
    message_id: object = None


_DECODER = msgspec.json.Decoder(_Lenient)


def address_of(record: Record) -> Address:
    """The address in the body, else in the record's key, else an empty one."""
    return _from_body(record.value) or _from_key(record.key) or Address()


def _from_body(value: bytes | None) -> Address | None:
    if not value or len(value) > _MAX_BODY_BYTES:
        return None
    try:
        body = _DECODER.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return _checked(body.tenant_id, body.conversation_id, body.message_id)


def _from_key(key: bytes | None) -> Address | None:
    if not key:
        return None
    try:
        tenant, colon, conversation = key.decode().partition(":")
    except UnicodeDecodeError:
        return None
    return _checked(tenant, conversation, None) if colon else None


def _checked(tenant: object, conversation: object, message: object) -> Address | None:
    if not isinstance(conversation, str) or not isinstance(tenant, str):
        return None
    if not 0 < len(conversation.encode()) <= MAX_CONVERSATION_BYTES:
        return None
    if not _TENANT.fullmatch(tenant):
        return None
    known = isinstance(message, str) and len(message) <= _MAX_MESSAGE_ID
    return Address(tenant, conversation, str(message) if known else None)
