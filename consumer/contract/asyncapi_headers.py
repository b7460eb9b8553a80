"""Schemas of the record headers, for the AsyncAPI document. Builds no headers itself."""

from typing import Any, get_args

from consumer.contract import dead_letter
from consumer.contract.cloudevents import BINARY_CONTENT_TYPE, SPEC_VERSION
from consumer.records import RejectReason


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _object(description: str, optional: set[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


_CLOUD_EVENT = {
    "ce_specversion": _text("CloudEvents version.", const=SPEC_VERSION),
    "ce_id": _text("Deterministic: a replay yields the same id.", format="uuid"),
    "ce_source": _text("`/chat-router/<deployment>`."),
    "ce_type": _text("Name of the event type."),
    "ce_subject": _text("`conversation/<key>`, or `partition/<key>` for incidents."),
    "ce_time": _text("When it happened, in UTC.", format="date-time"),
    "ce_dataschema": _text("Address of the JSON Schema; ends in its major version.", format="uri"),
    "content-type": _text("Form of the value.", const=BINARY_CONTENT_TYPE),
    "ce_partitionkey": _text("The record key."),
    "ce_correlationid": _text("The record key: all of one conversation."),
    "ce_causationid": _text(
        "`ce_id` of the causing event, or `topic/partition/offset`, or `timer`."
    ),
    "traceparent": _text("W3C trace context of the input record, passed through."),
}

_DEAD_LETTER = {
    dead_letter.TOPIC: _text("Topic of the original."),
    dead_letter.PARTITION: _text("Partition of the original."),
    dead_letter.OFFSET: _text("Offset of the original."),
    dead_letter.STAGE: _text("Stage that refused it."),
    dead_letter.ERROR_CLASS: _text("Kind of the fault; never text of the message."),
    dead_letter.REASON: _text("Why.", **{"x-known-values": list(get_args(RejectReason))}),
    dead_letter.DECISION_ID: _text("The degraded decision beside it, if there is one."),
    dead_letter.ATTEMPTS: _text("How often it was tried, this time included."),
    dead_letter.VERSION: _text("Version of the router."),
    dead_letter.SHA256: _text("Only where the value was cut: SHA-256 of all of it, in hex."),
}

_INCOMING = {
    "ce_specversion": _text("CloudEvents version; major version 1 is read."),
    "ce_type": _text("Name of the event type. Feedback needs it."),
    "ce_dataschema": _text("`…/<event type>.v<major>.json`; a newer major version is refused."),
    "content-type": _text("`application/cloudevents+json` for structured mode."),
    "traceparent": _text("W3C trace context, passed through to what the record causes."),
}

HEADER_SCHEMAS = {
    "IncomingHeaders": _object(
        "What the router reads of a record's headers. All of them may be absent.",
        set(_INCOMING),
        **_INCOMING,
    ),
    "CloudEventHeaders": _object(
        "CloudEvents attributes as Kafka headers, UTF-8.", {"traceparent"}, **_CLOUD_EVENT
    ),
    "DeadLetterHeaders": _object(
        "Behind the headers of the original. Of those, names that begin with "
        f"`{dead_letter.CONNECT_PREFIX}` or `{dead_letter.OWN_PREFIX}` are kept under "
        f"`{dead_letter.ORIGINAL_PREFIX}<name>`.",
        {dead_letter.DECISION_ID, dead_letter.SHA256},
        **_DEAD_LETTER,
    ),
}
