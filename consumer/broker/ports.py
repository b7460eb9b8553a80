"""Picks free TCP ports below the ephemeral range. Reserves none: a start may still lose the race.

The system gives ephemeral ports to outgoing connections. A client that retries against a stopped
broker whose port lies in that range can connect to itself, and then holds the port.
"""

import random
import socket
from contextlib import ExitStack
from pathlib import Path

from consumer.broker.errors import BrokerError

HOST = "127.0.0.1"
_LOWEST_PORT = 20_000
_USUAL_EPHEMERAL_LOW = 32_768  # Linux; macOS and Windows begin at 49152
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 200


def is_free(port: int) -> bool:
    """Whether a broker could bind the port now."""
    with ExitStack() as held:
        return _hold(port, held)


def free_ports(count: int) -> list[int]:
    """Different free ports, drawn at random so that parallel clusters rarely meet.

    Raises:
        BrokerError: too few are free.
    """
    end = _ephemeral_low()
    begin = min(_LOWEST_PORT, end // 2)
    candidates = random.SystemRandom().sample(range(begin, end), min(_TRIES, end - begin))
    free: list[int] = []
    with ExitStack() as held:  # held together, so that one port is not counted twice
        for port in candidates:
            if len(free) == count:
                return free
            if _hold(port, held):
                free.append(port)
    if len(free) == count:
        return free
    message = f"no {count} free TCP ports between {begin} and {end} on {HOST}"
    raise BrokerError(message)


def _hold(port: int, held: ExitStack) -> bool:
    probe = held.enter_context(socket.socket())
    # As the broker does: connections of an earlier run that linger in TIME_WAIT do not matter.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((HOST, port))
        probe.listen()  # with SO_REUSEADDR two sockets may bind, only one may listen
    except OSError:
        return False
    return True


def _ephemeral_low() -> int:
    try:
        low = int(_EPHEMERAL_RANGE.read_text("ascii").split()[0])
    except OSError:
        return _USUAL_EPHEMERAL_LOW
    return min(low, _USUAL_EPHEMERAL_LOW)
