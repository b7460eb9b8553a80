"""CloudEvents 1.0 on Kafka, incoming: binary and structured mode, and records without any.

Finds the event's type, versions and data. Does not judge them: `consumer.intake` does.
"""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from consumer.contract.cloudevents import ATTRIBUTE_PREFIX, CONTENT_TYPE_HEADER

# The batch format shares this prefix; the Kafka binding has no batches, so it finds no `data`.
_STRUCTURED = b"application/cloudevents"

HeaderMap = Mapping[str, bytes | None]


class Incoming(Struct, frozen=True, gc=False):
    """What an envelope says. `data` is None where a structured event has none.

    `enveloped` is false for a record that is no CloudEvent at all.
    """

    enveloped: bool
    type: str | None
    spec_version: str | None
    data_schema: str | None
    data: bytes | Raw | None


class _StructuredEvent(Struct, frozen=True, gc=False):
    type: str | None = None
    specversion: str | None = None
    dataschema: str | None = None
    data: Raw | UnsetType = UNSET


_STRUCTURED_DECODER = msgspec.json.Decoder(_StructuredEvent)


def envelope_of(headers: HeaderMap, value: bytes) -> Incoming:
    """The envelope of a record. Of repeated headers `headers` holds the last.

    Raises:
        msgspec.DecodeError: structured mode, and the value is not a JSON object of that form.
        UnicodeDecodeError: likewise, and it is not UTF-8.
        RecursionError: likewise, and it is nested too deeply.
    """
    if is_structured(headers):
        event = _STRUCTURED_DECODER.decode(value)
        data = None if event.data is UNSET else event.data
        return Incoming(True, event.type, event.specversion, event.dataschema, data)
    if not headers:
        return Incoming(False, None, None, None, value)
    event_type = _text(headers.get("ce_type"))
    return Incoming(
        event_type is not None or any(name.startswith(ATTRIBUTE_PREFIX) for name in headers),
        event_type,
        _text(headers.get("ce_specversion")),
        _text(headers.get("ce_dataschema")),
        value,
    )


def is_structured(headers: HeaderMap) -> bool:
    """Whether the whole event is in the value."""
    content_type = headers.get(CONTENT_TYPE_HEADER)
    return content_type is not None and content_type.lower().startswith(_STRUCTURED)


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "replace")
