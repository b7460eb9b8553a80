"""Why a record cannot be used: the reasons of intake, and which decoding error means which.

Decoding errors quote the message, so their text is never read or kept.
"""

import re

import msgspec
from msgspec import Struct

from consumer.records import RejectReason


class Fault(Struct, frozen=True, gc=False):
    """A reason of the contract and the name of the kind of fault."""

    reason: RejectReason
    error_class: str


NULL_VALUE = Fault("null_value", "NullValue")
EMPTY_VALUE = Fault("empty", "EmptyValue")
VALUE_TOO_LARGE = Fault("size", "ValueTooLarge")
TOO_MANY_ATTEMPTS = Fault("loop", "TooManyAttempts")
NESTED_TOO_DEEPLY = Fault("depth", "NestedTooDeeply")
NOT_UTF_8 = Fault("encoding", "NotUtf8")
LONE_SURROGATE = Fault("encoding", "LoneSurrogate")
NOT_JSON = Fault("parse", "NotJson")
WRONG_SHAPE = Fault("schema", "WrongShape")
NO_DATA = Fault("schema", "NoData")
UNUSABLE_TENANT_ID = Fault("schema", "UnusableTenantId")
UNUSABLE_CONVERSATION_ID = Fault("schema", "UnusableConversationId")
UNUSABLE_TIME = Fault("schema", "UnusableTime")
MISSING_TYPE = Fault("type", "MissingType")
UNEXPECTED_TYPE = Fault("type", "UnexpectedType")
UNKNOWN_VERSION = Fault("version", "UnknownVersion")
NO_CONVERSATION = Fault("no_conversation", "NoConversation")

DECODING_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# UTF-16 and UTF-32 without a mark show as a NUL here; JSON text never has one.
_FIRST_CHARACTER_BYTES = 4
_SYNTAX = msgspec.json.Decoder(msgspec.Raw)
# Whole escapes are passed over, a pair of surrogates as one; what stops it is half of a pair.
_LONE_SURROGATE = re.compile(
    rb"(?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+"
    rb"\\u[dD][89a-fA-F]",
    re.DOTALL,
)


def fault_of(error: Exception, value: bytes) -> Fault:
    """What is wrong with `value`, whose decoding raised `error`: encoding, JSON, then shape."""
    if isinstance(error, RecursionError):
        return NESTED_TOO_DEEPLY
    if not _is_utf_8(value):
        return NOT_UTF_8
    if isinstance(error, msgspec.ValidationError) and _is_json(value):
        return WRONG_SHAPE
    return LONE_SURROGATE if _LONE_SURROGATE.match(value) else NOT_JSON


def _is_utf_8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in value[:_FIRST_CHARACTER_BYTES]


def _is_json(value: bytes) -> bool:
    try:
        _SYNTAX.decode(value)
    except DECODING_ERRORS:
        return False
    return True
