"""Ports: free, different, and never from the range of outgoing connections."""

import socket
from pathlib import Path

import pytest

from consumer.broker.errors import BrokerError
from consumer.broker.ports import HOST, free_ports, is_free

LINUX_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_ports_are_different_and_free() -> None:
    ports = free_ports(6)
    assert len(set(ports)) == 6
    assert all(is_free(port) for port in ports)


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    (port,) = free_ports(1)
    with socket.create_server((HOST, port)):
        assert not is_free(port)
    assert is_free(port)


@pytest.mark.skipif(not LINUX_RANGE.exists(), reason="only Linux tells its range in a file")
def test_ports_lie_below_the_range_of_outgoing_connections() -> None:
    low = int(LINUX_RANGE.read_text().split()[0])
    assert max(free_ports(20)) < low


def test_too_few_free_ports_is_an_error_and_not_a_short_list() -> None:
    with pytest.raises(BrokerError, match="no 100000 free TCP ports"):
        free_ports(100_000)
