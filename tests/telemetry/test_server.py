"""The HTTP server: metrics in two formats, and probes that say why."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from prometheus_client import CollectorRegistry, Counter

from consumer.telemetry.server import Health, ObservationServer


class Service:
    """What the probes are told."""

    def __init__(self) -> None:
        self.age_s = 0.0
        self.reasons: list[str] = []


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def server(service: Service) -> Iterator[ObservationServer]:
    registry = CollectorRegistry()
    Counter("things", "Things.", registry=registry).inc()
    health = Health(lambda: service.age_s, 30.0, lambda: service.reasons)
    with ObservationServer("127.0.0.1", 0, registry, health) as running:
        yield running


def get(server: ObservationServer, path: str, accept: str = "*/*") -> tuple[int, str, str]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type") or "", answer.read().decode()
    finally:
        connection.close()


def test_port_zero_takes_a_free_one(server: ObservationServer) -> None:
    assert server.port > 0


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("*/*", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openm")],
)
def test_metrics_come_in_the_format_that_is_asked_for(
    server: ObservationServer, accept: str, content_type: str
) -> None:
    status, found, body = get(server, "/metrics", accept)
    assert status == 200
    assert found.startswith(content_type)
    assert "things_total 1.0" in body


@pytest.mark.parametrize(("age_s", "status"), [(0.0, 200), (30.0, 200), (30.1, 503)])
def test_the_process_is_alive_while_its_loop_turns(
    server: ObservationServer, service: Service, age_s: float, status: int
) -> None:
    service.age_s = age_s
    found, _, body = get(server, "/livez")
    assert found == status
    assert json.loads(body) == {"alive": status == 200, "loop_age_s": age_s}


def test_ready_without_a_reason_against_it(server: ObservationServer) -> None:
    assert get(server, "/readyz")[0] == 200


def test_not_ready_says_why(server: ObservationServer, service: Service) -> None:
    service.reasons = ["the consumer group has not been joined"]
    status, _, body = get(server, "/readyz")
    assert status == 503
    assert json.loads(body)["reasons"] == service.reasons


def test_other_paths_are_not_found(server: ObservationServer) -> None:
    assert get(server, "/")[0] == 404


def test_the_port_is_free_after_the_end(server: ObservationServer) -> None:
    port = server.port
    server.close()
    health = Health(lambda: 0.0, 1.0, list)
    ObservationServer("127.0.0.1", port, CollectorRegistry(), health).close()


def test_a_taken_port_is_an_error(server: ObservationServer) -> None:
    health = Health(lambda: 0.0, 1.0, list)
    with pytest.raises(OSError, match="in use"):
        ObservationServer("127.0.0.1", server.port, CollectorRegistry(), health)
