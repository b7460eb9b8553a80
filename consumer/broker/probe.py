"""Asks a broker how many brokers it knows, in one Metadata request (version 1) over a socket.

No Kafka client is used: the client library belongs to the service, and starting it takes longer.
"""

import socket
import struct
from typing import BinaryIO

from consumer.broker.ports import HOST

_METADATA, _VERSION, _CORRELATION_ID = 3, 1, 7
_NULL_STRING, _NO_TOPICS, _NO_CONTROLLER = -1, 0, -1
_TIMEOUT_S = 2.0


def brokers_known(port: int) -> int:
    """How many live brokers the one at the port knows; 0 if not ready or without a controller."""
    try:
        with socket.create_connection((HOST, port), _TIMEOUT_S) as connection:
            body = struct.pack(
                ">hhihi", _METADATA, _VERSION, _CORRELATION_ID, _NULL_STRING, _NO_TOPICS
            )
            connection.sendall(struct.pack(">i", len(body)) + body)
            with connection.makefile("rb") as answer:
                return _count(answer)
    except (OSError, struct.error):
        return 0


def _count(answer: BinaryIO) -> int:
    _read(answer, ">ii")  # length, correlation id
    (brokers,) = _read(answer, ">i")
    for _ in range(brokers):
        _read(answer, ">i")  # node id
        _skip_string(answer)  # host
        _read(answer, ">i")  # port
        _skip_string(answer)  # rack
    (controller,) = _read(answer, ">i")
    return 0 if controller == _NO_CONTROLLER else brokers


def _skip_string(answer: BinaryIO) -> None:
    (length,) = _read(answer, ">h")
    answer.read(max(length, 0))


def _read(answer: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, answer.read(struct.calcsize(layout)))
