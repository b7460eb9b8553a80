"""CloudEvents 1.0 on Kafka, outgoing: binary-mode headers, and one event as a JSON object.

Reads nothing: see `consumer.contract.incoming`. No header holds personal data or message text.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from consumer.contract.catalogue import INCIDENTS, EventType

SPEC_VERSION = "1.0"
BINARY_CONTENT_TYPE = "application/json"
STRUCTURED_CONTENT_TYPE = "application/cloudevents+json"
ATTRIBUTE_PREFIX = "ce_"
CONTENT_TYPE_HEADER = "content-type"
TRACE_HEADER = "traceparent"

Header = tuple[str, bytes]


def event_source(deployment: str) -> str:
    """`ce_source` of everything that a deployment publishes."""
    return f"/chat-router/{deployment}"


class Envelope:
    """Headers of one event type from one source. What never changes is encoded once, here."""

    __slots__ = ("_content_type", "_schema", "_source", "_subject", "_type", "_version", "name")

    def __init__(self, source: str, event_type: EventType) -> None:
        self.name = event_type.name
        self._version = ("ce_specversion", SPEC_VERSION.encode())
        self._source = ("ce_source", source.encode())
        self._type = ("ce_type", event_type.name.encode())
        self._schema = ("ce_dataschema", event_type.dataschema.encode())
        self._content_type = (CONTENT_TYPE_HEADER, BINARY_CONTENT_TYPE.encode())
        self._subject = b"partition/" if event_type.topic == INCIDENTS else b"conversation/"

    def headers(
        self,
        event_id: str,
        key: str,
        at: str,
        causation: str,
        traceparent: bytes | None = None,
    ) -> list[Header]:
        """All headers of one event.

        `key` is the record key; `at` is RFC 3339; `causation` is the `ce_id` of the event that
        caused this one, or `topic/partition/offset` of the record that did.
        """
        raw_key = key.encode()
        headers = [
            self._version,
            ("ce_id", event_id.encode()),
            self._source,
            self._type,
            ("ce_subject", self._subject + raw_key),
            ("ce_time", at.encode()),
            self._schema,
            self._content_type,
            ("ce_partitionkey", raw_key),
            ("ce_correlationid", raw_key),
            ("ce_causationid", causation.encode()),
        ]
        if traceparent is not None:
            headers.append((TRACE_HEADER, traceparent))
        return headers


def structured(headers: Iterable[tuple[str, bytes | None]], value: bytes) -> bytes:
    """The same event in structured mode: one JSON object with the value under `data`."""
    event: dict[str, Any] = {}
    for name, raw in headers:
        if raw is None:
            continue
        if name.startswith(ATTRIBUTE_PREFIX):
            event[name.removeprefix(ATTRIBUTE_PREFIX)] = raw.decode("utf-8", "replace")
        elif name == CONTENT_TYPE_HEADER:
            event["datacontenttype"] = raw.decode("utf-8", "replace")
        elif name == TRACE_HEADER:
            event[TRACE_HEADER] = raw.decode("utf-8", "replace")
    event["data"] = msgspec.Raw(value)
    return msgspec.json.encode(event)
