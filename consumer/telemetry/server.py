"""One small HTTP server: `/metrics`, `/livez`, `/readyz`. Judges nothing itself.

Neither probe asks Kafka: a broker that is down must not get the process killed. With TLS and a
client authority only `/metrics` asks for the client's certificate: Kubernetes' probes have none.
"""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from types import TracebackType
from typing import Any, Self

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

_CONNECTION_S = 5.0
_POLL_S = 0.1
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Health:
    """What the probes ask; both are called on the server's threads.

    `loop_age_s` is the time since the loop last turned, `not_ready` the reasons why not.
    """

    loop_age_s: Callable[[], float]
    max_loop_age_s: float
    not_ready: Callable[[], list[str]]


class ServingError(OSError):
    """The server cannot start: says by which setting, and why."""


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files. With `client_ca_file`, `/metrics` is only for clients that it vouches for."""

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Raises ServingError where a file cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:
            cause = f"metrics.tls_cert_file={self.cert_file}, metrics.tls_key_file={self.key_file}"
            message = f"{cause}: must be a PEM certificate and its key ({error.strerror})"
            raise ServingError(message) from error
        if self.client_ca_file is not None:
            self._trust(context, self.client_ca_file)
        return context

    @staticmethod
    def _trust(context: ssl.SSLContext, authority: Path) -> None:
        context.verify_mode = ssl.CERT_OPTIONAL
        try:
            context.load_verify_locations(authority)
        except OSError as error:
            cause = f"metrics.tls_client_ca_file={authority}"
            message = f"{cause}: must be PEM certificates ({error.strerror})"
            raise ServingError(message) from error


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: HTTPStatus
    content_type: str
    body: bytes


class ObservationServer:
    """Listens from construction, serves from `start` to `close`."""

    def __init__(
        self,
        host: str,
        port: int,
        registry: CollectorRegistry,
        health: Health,
        tls: Tls | None = None,
    ) -> None:
        """Raises ServingError where the address cannot be had or a TLS file cannot be used."""
        pages: Mapping[str, Callable[[str], Answer]] = {
            "/metrics": partial(_metrics, registry),
            "/livez": partial(_livez, health),
            "/readyz": partial(_readyz, health),
        }
        closed = {"/metrics"} if tls and tls.client_ca_file else set()
        connection = partial(_Connection, pages, closed)
        context = tls.context() if tls else None
        try:
            self._server = _Server((host, port), connection, context)
        except OSError as error:
            message = f"metrics.host={host}, metrics.port={port}: cannot listen ({error.strerror})"
            raise ServingError(message) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="metrics", daemon=True
        )

    @property
    def port(self) -> int:
        """The real port, also where 0 was asked for."""
        return int(self._server.server_address[1])

    def start(self) -> int:
        """Serves on threads of its own; the port."""
        self._thread.start()
        return self.port

    def close(self) -> None:
        """Ends serving and frees the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A connection that lingers must not hold up the end of the process.
    block_on_close = False

    def __init__(
        self,
        address: tuple[str, int],
        connection: Callable[..., BaseHTTPRequestHandler],
        context: ssl.SSLContext | None,
    ) -> None:
        self._context = context
        super().__init__(address, connection)

    def get_request(self) -> tuple[socket, Any]:
        """The handshake waits for the connection's own thread, where a silent client times out."""
        accepted, address = super().get_request()
        if self._context is None:
            return accepted, address
        wrapped = self._context.wrap_socket(
            accepted, server_side=True, do_handshake_on_connect=False
        )
        return wrapped, address

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nobody's concern; the default prints a stack."""


class _Connection(BaseHTTPRequestHandler):
    timeout = _CONNECTION_S
    server_version = "chat-router"
    sys_version = ""

    def __init__(
        self, pages: Mapping[str, Callable[[str], Answer]], closed: set[str], *args: object
    ) -> None:
        self._pages = pages
        self._closed = closed
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        page = self._pages.get(path)
        if page is None:
            self._send(Answer(HTTPStatus.NOT_FOUND, "text/plain", b"not found\n"))
        elif path in self._closed and not self._vouched_for():
            text = b"a client certificate is needed\n"
            self._send(Answer(HTTPStatus.FORBIDDEN, "text/plain", text))
        else:
            self._send(page(self.headers.get("Accept", "")))

    def _vouched_for(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket) and bool(self.connection.getpeercert())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Probes are no events."""

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


def _metrics(registry: CollectorRegistry, accept: str) -> Answer:
    encode, content_type = choose_encoder(accept)
    return Answer(HTTPStatus.OK, content_type, encode(registry))


def _livez(health: Health, _accept: str) -> Answer:
    age_s = health.loop_age_s()
    alive = age_s <= health.max_loop_age_s
    return _status(alive, {"alive": alive, "loop_age_s": round(age_s, 3)})


def _readyz(health: Health, _accept: str) -> Answer:
    reasons = health.not_ready()
    return _status(not reasons, {"ready": not reasons, "reasons": reasons})


def _status(good: bool, body: Mapping[str, object]) -> Answer:
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status, _JSON, json.dumps(body).encode() + b"\n")
