"""Which event types a topic may carry, in which major versions. Looks at no data."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from consumer.contract.catalogue import MAJOR_VERSION, EventType
from consumer.contract.cloudevents import SPEC_VERSION
from consumer.contract.incoming import Incoming
from consumer.intake.faults import MISSING_TYPE, UNEXPECTED_TYPE, UNKNOWN_VERSION, Fault

_SPEC_MAJOR = SPEC_VERSION.partition(".")[0]
_SUPPORTED = str(MAJOR_VERSION)
_VERSIONED_TYPE = re.compile(r"(?P<name>.+)\.v(?P<major>[0-9]+)", re.DOTALL)
_VERSIONED_ADDRESS = re.compile(r"(?:.*/)?(?P<name>[^/]+)\.v(?P<major>[0-9]+)(?:\.json)?")

EventDecoder = msgspec.json.Decoder[Any]


class Kinds:
    """The event types of one topic, each with its decoder.

    `bare` is the type of a record that is no CloudEvent; None where there is no such thing.
    """

    def __init__(self, event_types: Sequence[EventType], bare: EventType | None) -> None:
        self._decoders: Mapping[str, EventDecoder] = {
            event_type.name: msgspec.json.Decoder(event_type.payload) for event_type in event_types
        }
        self._addresses = {event_type.dataschema for event_type in event_types}
        self.bare = None if bare is None else self._decoders[bare.name]

    def decoder_of(self, incoming: Incoming) -> EventDecoder | Fault:
        """How to read the data, or why it must not be read."""
        if not incoming.enveloped and self.bare is not None:
            return self.bare
        if incoming.type is None:
            return MISSING_TYPE
        decoder = self._decoders.get(incoming.type) or self._versioned(incoming.type)
        if isinstance(decoder, Fault) or self._is_supported(incoming):
            return decoder
        return UNKNOWN_VERSION

    def _versioned(self, name: str) -> EventDecoder | Fault:
        match = _VERSIONED_TYPE.fullmatch(name)
        decoder = self._decoders.get(match["name"]) if match else None
        if match is None or decoder is None:
            return UNEXPECTED_TYPE
        return decoder if match["major"] == _SUPPORTED else UNKNOWN_VERSION

    def _is_supported(self, incoming: Incoming) -> bool:
        """An address of somebody else's schema says nothing of our versions."""
        version = incoming.spec_version
        if version is not None and version.partition(".")[0] != _SPEC_MAJOR:
            return False
        address = incoming.data_schema
        if address is None or address in self._addresses:
            return True
        match = _VERSIONED_ADDRESS.fullmatch(address)
        return match is None or match["name"] not in self._decoders or match["major"] == _SUPPORTED
