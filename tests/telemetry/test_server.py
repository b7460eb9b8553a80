"""The HTTP server: metrics in two formats, probes that say why, and TLS."""

import json
import ssl
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from socket import create_connection

import pytest
import trustme
from prometheus_client import CollectorRegistry, Counter

from consumer.telemetry.server import Health, ObservationServer, ServingError, Tls


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
    with pytest.raises(ServingError, match=f"metrics.port={server.port}: cannot listen .*in use"):
        ObservationServer("127.0.0.1", server.port, CollectorRegistry(), health)


class Certificates:
    """An authority, and a server that it vouches for."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        issued = self.authority.issue_cert("localhost")
        self.cert, self.key, self.ca = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
        issued.private_key_pem.write_to_path(self.key)
        issued.cert_chain_pems[0].write_to_path(self.cert)
        self.authority.cert_pem.write_to_path(self.ca)

    def client(self, *, known: bool) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        if known:
            self.authority.issue_cert("prometheus").configure_cert(context)
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls"))


def tls_server(tls: Tls) -> ObservationServer:
    return ObservationServer(
        "localhost", 0, CollectorRegistry(), Health(lambda: 0.0, 1.0, list), tls
    )


def status(server: ObservationServer, path: str, context: ssl.SSLContext) -> int:
    connection = HTTPSConnection("localhost", server.port, timeout=5, context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_with_a_certificate_it_speaks_tls_only(certificates: Certificates) -> None:
    with tls_server(Tls(certificates.cert, certificates.key)) as server:
        assert status(server, "/metrics", certificates.client(known=False)) == 200
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on who closes first
            get(server, "/metrics")


@pytest.mark.parametrize(
    ("path", "known", "expected"),
    [("/metrics", True, 200), ("/metrics", False, 403), ("/livez", False, 200)],
)
def test_with_an_authority_only_metrics_want_a_clients_certificate(
    certificates: Certificates, path: str, known: bool, expected: int
) -> None:
    with tls_server(Tls(certificates.cert, certificates.key, certificates.ca)) as server:
        assert status(server, path, certificates.client(known=known)) == expected


def test_a_certificate_of_somebody_else_is_refused(
    certificates: Certificates, tmp_path: Path
) -> None:
    stranger = certificates.client(known=False)
    trustme.CA().issue_cert("prometheus").configure_cert(stranger)
    with (
        tls_server(Tls(certificates.cert, certificates.key, certificates.ca)) as server,
        pytest.raises(OSError),  # noqa: PT011 - which one depends on who closes first
    ):
        status(server, "/metrics", stranger)


def test_a_client_that_says_nothing_holds_nobody_up(certificates: Certificates) -> None:
    with (
        tls_server(Tls(certificates.cert, certificates.key)) as server,
        create_connection(("localhost", server.port)),
    ):
        assert status(server, "/livez", certificates.client(known=False)) == 200


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ("cert", "metrics.tls_cert_file"),
        ("key", "metrics.tls_key_file"),
        ("ca", "metrics.tls_client_ca_file"),
    ],
)
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_that_cannot_be_used_is_named_by_its_setting(
    certificates: Certificates, tmp_path: Path, broken: str, named: str, content: str | None
) -> None:
    files = {"cert": certificates.cert, "key": certificates.key, "ca": certificates.ca}
    files[broken] = tmp_path / "broken.pem"
    if content is not None:
        files[broken].write_text(content)
    with pytest.raises(ServingError, match=f"{named}=.*broken.pem"):
        tls_server(Tls(files["cert"], files["key"], files["ca"]))
