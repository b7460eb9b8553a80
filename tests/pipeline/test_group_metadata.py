"""Reading the client's opaque group metadata: byte by byte, and from the client itself."""

import struct

import pytest
from confluent_kafka import Consumer

from consumer.kafka.group_metadata import generation_and_member, is_member


def metadata(generation: int, *parts: bytes) -> bytes:
    return b"CGMDv2:" + struct.pack("=i", generation) + b"\0".join(parts)


@pytest.mark.parametrize(
    ("raw", "read", "fenced"),
    [
        (metadata(7, b"group", b"member-1", b""), (7, "member-1"), True),
        (metadata(0, b"group", b"m", b""), (0, "m"), True),
        (metadata(7, b"group", b"member-1", b"instance", b""), (7, "member-1"), True),
        (metadata(7, b"", b"member-1", b""), (7, "member-1"), True),
        (metadata(-1, b"group", b"", b""), (-1, ""), False),
        (metadata(-1, b"group", b"member-1", b""), (-1, "member-1"), False),
        (metadata(7, b"group", b"", b""), (7, ""), False),
        (metadata(7, b"group"), (7, ""), False),
        (metadata(7), (7, ""), False),
        (metadata(7, b"group", b"\xff", b""), (7, "\N{REPLACEMENT CHARACTER}"), True),
        (b"CGMDv2:" + b"\x01\x00\x00", None, False),
        (b"CGMDv2:", None, False),
        (b"CGMDv1:" + metadata(7, b"group", b"member-1", b"")[7:], None, False),
        (b"", None, False),
    ],
)
def test_generation_and_member_are_read_and_only_a_member_can_be_fenced(
    raw: bytes, read: tuple[int, str] | None, fenced: bool
) -> None:
    assert generation_and_member(raw) == read
    assert is_member(raw) is fenced


def test_the_client_writes_the_form_that_is_read_and_is_no_member_before_it_joins() -> None:
    consumer = Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "log_level": 0})
    raw: bytes = consumer.consumer_group_metadata()
    assert generation_and_member(raw) == (-1, "")
    assert not is_member(raw)
    consumer.close()
