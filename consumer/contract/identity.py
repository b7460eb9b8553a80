"""Deterministic identities: event ids, escalation ids, keys. A replay yields the same ones."""

import hashlib
import uuid

# One fixed namespace for ever: changing it would change every id on replay.
NAMESPACE = uuid.UUID("8f2c1d5e-6b7a-5c43-9e10-4d2a7b9c6e01")
_SEED = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)
# The first digit of the fourth group keeps two bits of the digest; the others say "RFC 9562".
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def uuid5(name: str) -> str:
    """UUIDv5 of `name` (RFC 9562 5.5), a tenth of the cost of `uuid.uuid5`."""
    digest = _SEED.copy()
    digest.update(name.encode("utf-8"))
    return _uuid_of(digest.hexdigest())


def _uuid_of(raw: str) -> str:
    return f"{raw[:8]}-{raw[8:12]}-5{raw[13:16]}-{_VARIANT[raw[16]]}{raw[17:20]}-{raw[20:32]}"


class EventIds:
    """`event_id` for one type and source: what names share is digested once for a partition."""

    __slots__ = ("_partitions", "_shared")

    def __init__(self, event_type: str, source: str) -> None:
        self._shared = _SEED.copy()
        self._shared.update(f"{event_type}|{source}|".encode())
        self._partitions: dict[tuple[str, int], hashlib._Hash] = {}

    def of(self, topic: str, partition: int, offset: int) -> str:
        """The id of the event that the record at these coordinates caused."""
        shared = self._partitions.get((topic, partition))
        if shared is None:
            shared = self._shared.copy()
            shared.update(f"{topic}|{partition}|".encode())
            self._partitions[topic, partition] = shared
        digest = shared.copy()
        digest.update(str(offset).encode())
        return _uuid_of(digest.hexdigest())


def event_id(event_type: str, source: str, topic: str, partition: int, offset: int) -> str:
    """`ce_id` of an event that one input record caused."""
    return uuid5(f"{event_type}|{source}|{topic}|{partition}|{offset}")


def escalation_id(dedup_key: str, topic: str, partition: int, offset: int) -> str:
    """Id of the escalation that the record at these coordinates opened."""
    return uuid5(f"{dedup_key}|{topic}|{partition}|{offset}")


def escalation_event_id(event_type: str, escalation: str, seq: int) -> str:
    """`ce_id` of one change of an escalation; a timer's change has no offset of its own."""
    return uuid5(f"{event_type}|{escalation}|{seq}")


def conversation_key(tenant_id: str, conversation_id: str) -> str:
    """Record key. Tenants hold no colon, so two tenants can never share a key."""
    return f"{tenant_id}:{conversation_id}"


def dedup_key(tenant_id: str, conversation_id: str, kind: str) -> str:
    """At most one escalation is open for this key."""
    return f"{tenant_id}:{conversation_id}:{kind}"
