"""Reads one record: a turn, a feedback event, or the reason why it is neither. Never raises.

One rule for each oddity:
- a UTF-8 byte order mark in front is passed over; every other encoding is `encoding`;
- of repeated JSON names and of repeated headers the last one counts;
- unknown fields are only looked at as JSON: whatever else is wrong in them is ignored;
- numbers are read only where the contract has them, and must be whole there (0 … 2^53-1).
It neither cuts nor cleans the text, and does not tell customers from agents.
"""

from collections.abc import Mapping
from types import MappingProxyType

from consumer.contract.catalogue import EVENT_TYPES, FEEDBACK, MESSAGE_RECEIVED
from consumer.contract.clock import parse_ms
from consumer.contract.dead_letter import attempts_of
from consumer.contract.identity import conversation_key
from consumer.contract.incoming import envelope_of
from consumer.contract.message import Feedback, MessageReceived
from consumer.contract.topics import Topics
from consumer.intake.attribution import (
    attribution_of,
    is_usable_conversation,
    is_usable_tenant,
)
from consumer.intake.event_time import event_time_ms, has_timestamp
from consumer.intake.faults import (
    DECODING_ERRORS,
    EMPTY_VALUE,
    NESTED_TOO_DEEPLY,
    NO_CONVERSATION,
    NO_DATA,
    NULL_VALUE,
    TOO_MANY_ATTEMPTS,
    UNUSABLE_CONVERSATION_ID,
    UNUSABLE_TENANT_ID,
    UNUSABLE_TIME,
    VALUE_TOO_LARGE,
    WRONG_SHAPE,
    Fault,
    fault_of,
)
from consumer.intake.kinds import Kinds
from consumer.intake.limits import IntakeLimits
from consumer.intake.nesting import is_deeper
from consumer.records import FeedbackTurn, Record, Rejected, Turn

STAGE = "decode"

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_HeaderMap = Mapping[str, bytes | None]
_NO_HEADERS: _HeaderMap = MappingProxyType({})


class Decoder:
    """Decodes records of the message topic and of the feedback topic. Holds no state."""

    def __init__(self, limits: IntakeLimits, topics: Topics) -> None:
        self._limits = limits
        self._feedback_topic = topics.feedback
        self._messages = Kinds((MESSAGE_RECEIVED,), bare=MESSAGE_RECEIVED)
        feedback_types = tuple(kind for kind in EVENT_TYPES if kind.topic == FEEDBACK)
        self._feedback = Kinds(feedback_types, bare=None)

    def decode(self, record: Record) -> Turn | FeedbackTurn | Rejected:
        """What the record says. Every record has an answer."""
        headers = dict(record.headers) if record.headers else _NO_HEADERS
        turn = self._turn(record, headers)
        return self._rejected(record, headers, turn) if isinstance(turn, Fault) else turn

    def _turn(self, record: Record, headers: _HeaderMap) -> Turn | FeedbackTurn | Fault:
        if headers and attempts_of(headers) > self._limits.max_attempts:
            return TOO_MANY_ATTEMPTS
        value = self._checked(record.value)
        if isinstance(value, Fault):
            return value
        event = self._event(record, headers, value)
        return event if isinstance(event, Fault) else _turn(record, event)

    def _checked(self, value: bytes | None) -> bytes | Fault:
        if value is None:
            return NULL_VALUE
        if not value:
            return EMPTY_VALUE
        if len(value) > self._limits.max_value_bytes:
            return VALUE_TOO_LARGE
        if is_deeper(value, self._limits.max_depth):
            return NESTED_TOO_DEEPLY
        return value.removeprefix(_BYTE_ORDER_MARK)

    def _event(
        self, record: Record, headers: _HeaderMap, value: bytes
    ) -> MessageReceived | Feedback | Fault:
        kinds = self._feedback if record.topic == self._feedback_topic else self._messages
        try:
            if not headers and kinds.bare is not None:  # most records: no envelope to look at
                event: MessageReceived | Feedback = kinds.bare.decode(value)
                return event
            incoming = envelope_of(headers, value)
            decoder = kinds.decoder_of(incoming)
            if isinstance(decoder, Fault):
                return decoder
            return NO_DATA if incoming.data is None else decoder.decode(incoming.data)
        except DECODING_ERRORS as error:
            return fault_of(error, value)

    def _rejected(self, record: Record, headers: _HeaderMap, fault: Fault) -> Rejected:
        value = record.value
        if value is not None and len(value) > self._limits.max_attribution_bytes:
            value = None
        elif value is not None:
            value = value.removeprefix(_BYTE_ORDER_MARK)
        whose = attribution_of(headers, value, record.key)
        if fault is WRONG_SHAPE and whose.conversation_id is None and not whose.named:
            fault = NO_CONVERSATION
        return Rejected(
            record,
            fault.reason,
            STAGE,
            fault.error_class,
            whose.tenant_id,
            whose.conversation_id,
            whose.message_id,
            _rejected_ms(whose.said_ms, record.timestamp_ms),
        )


def _turn(record: Record, event: MessageReceived | Feedback) -> Turn | FeedbackTurn | Fault:
    if not is_usable_tenant(event.tenant_id):
        return UNUSABLE_TENANT_ID
    if not is_usable_conversation(event.conversation_id):
        return UNUSABLE_CONVERSATION_ID
    key = conversation_key(event.tenant_id, event.conversation_id)
    said_at = event.sent_at if isinstance(event, MessageReceived) else event.at
    if said_at is None and not has_timestamp(record.timestamp_ms):
        return UNUSABLE_TIME
    try:
        said_ms = record.timestamp_ms if said_at is None else parse_ms(said_at)
    except ValueError:
        return UNUSABLE_TIME
    at_ms = event_time_ms(said_ms, record.timestamp_ms)
    if isinstance(event, MessageReceived):
        return Turn(record, event, key, at_ms)
    return FeedbackTurn(record, event, key, at_ms)


def _rejected_ms(said_ms: int | None, record_ms: int) -> int:
    """The best that is known; 0 where neither the message nor Kafka tells a time."""
    return event_time_ms(record_ms if said_ms is None else said_ms, record_ms)
