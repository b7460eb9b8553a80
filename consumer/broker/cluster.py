"""Starts, watches and stops an embedded Apache Kafka of one or three brokers.

Creates no topics and is no client: it only hands out the bootstrap address.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from consumer.broker.data import DataFolder, open_data_folder
from consumer.broker.errors import BrokerError, PortTakenError
from consumer.broker.jars import JarLock, ensure_jars, jar_folder
from consumer.broker.java import find_java
from consumer.broker.maven import download_jars
from consumer.broker.node import Node
from consumer.broker.ports import HOST, free_ports, is_free
from consumer.broker.probe import brokers_known
from consumer.broker.properties import server_properties

_START_DEADLINE_S = 90.0
_POLL_S = 0.05
_PORT_TRIES = 5
_ERROR_LOG_LINES = 25


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """How many brokers; where messages are kept (else nowhere); the first client port (else free).

    Further brokers take the ports after it.
    """

    brokers: Literal[1, 3] = 1
    data: Path | None = None
    port: int | None = None


class EmbeddedKafka:
    """A cluster for one `with` block. It ends with this process, even with a killed one."""

    def __init__(
        self,
        settings: BrokerSettings = BrokerSettings(),
        announce: Callable[[str], None] = lambda _: None,
        pick_ports: Callable[[int], list[int]] = free_ports,
    ) -> None:
        self._settings = settings
        self._announce = announce
        self._pick_ports = pick_ports
        self._data: DataFolder | None = None
        self._nodes: dict[int, Node] = {}
        self._ports: list[int] = []
        self._java_version = ""
        self._kafka_version = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def bootstrap(self) -> str:
        """The address for clients, all brokers."""
        return ",".join(f"{HOST}:{port}" for port in self._ports)

    @property
    def data_folder(self) -> Path:
        """Where the messages are while it runs."""
        return self._opened().path

    @property
    def versions(self) -> str:
        """For people: which Kafka on which Java."""
        return f"Apache Kafka {self._kafka_version}, Java {self._java_version}"

    def start(self) -> None:
        """Returns when every broker answers and knows all others.

        Raises:
            BrokerError: it cannot start; the message holds the end of the log.
        """
        lock = JarLock.read()
        java = find_java()
        jars = ensure_jars(lock, jar_folder(lock), download_jars, self._announce)
        self._kafka_version, self._java_version = lock.kafka_version, java.version
        count = self._settings.brokers
        self._data = open_data_folder(self._settings.data, count)
        try:
            self._nodes = {
                number: Node(number, self._data.node(number), java, jars)
                for number in range(1, count + 1)
            }
            self._start_nodes()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends all brokers: cleanly where data stays, at once where it goes. May be repeated."""
        for node in self._nodes.values():
            node.release()
        for node in self._nodes.values():
            node.wait_released()
        self._nodes = {}
        if self._data is not None:
            self._data.close()
            self._data = None

    def kill(self, node: int) -> None:
        """Ends one broker as a crash would. A lone broker may lose transaction markers by it."""
        self._nodes[node].kill()

    def stop_node(self, node: int) -> None:
        """Ends one broker cleanly."""
        self._nodes[node].terminate()

    def restart(self, node: int) -> None:
        """Starts a broker that was ended, on its old ports and data, and waits until it is ready.

        Raises:
            BrokerError: it did not come back.
        """
        if self._nodes[node].running:
            message = f"broker {node} is running"
            raise BrokerError(message)
        self._launch(node)
        self._await_ready({node})

    def check(self) -> None:
        """Raises BrokerError if a broker has ended by itself."""
        for node in self._nodes.values():
            if not node.running:
                raise self._failure(node, "ended")

    def log_tail(self, node: int, lines: int = _ERROR_LOG_LINES) -> str:
        """The last lines that a broker logged."""
        return self._nodes[node].log_tail(lines)

    def _start_nodes(self) -> None:
        """A port may be taken between the look and the bind: then all start on others."""
        for attempt in range(1, _PORT_TRIES + 1):
            try:
                self._try_ports()
            except PortTakenError:
                for node in self._nodes.values():
                    node.kill()
                if attempt == _PORT_TRIES:
                    raise
            else:
                return

    def _try_ports(self) -> None:
        count = self._settings.brokers
        self._ports, controllers = self._choose_ports(count)
        for number, node in self._nodes.items():
            node.prepare(server_properties(number, self._ports, controllers))
        for number in self._nodes:
            self._launch(number)
        self._await_ready(set(self._nodes))

    def _choose_ports(self, count: int) -> tuple[list[int], list[int]]:
        first = self._settings.port
        if first is None:
            ports = self._pick_ports(2 * count)
            return ports[:count], ports[count:]
        clients = list(range(first, first + count))
        for port in clients:
            if not is_free(port):
                message = f"port {port} on {HOST} is in use: choose another port"
                raise BrokerError(message)
        free = [port for port in self._pick_ports(2 * count) if port not in clients]
        return clients, free[:count]

    def _launch(self, number: int) -> None:
        data = self._opened()
        remove = data.path if data.temporary else None
        self._nodes[number].start(data.cluster_id, data.lock_fd, remove)

    def _await_ready(self, starting: set[int]) -> None:
        deadline = time.monotonic() + _START_DEADLINE_S
        while not all(self._ready(number) for number in starting):
            for number in starting:
                node = self._nodes[number]
                if not node.running:
                    raise self._failure(node, "ended while starting")
            if time.monotonic() > deadline:
                slow = next(self._nodes[each] for each in starting if not self._ready(each))
                raise self._failure(slow, f"was not ready after {_START_DEADLINE_S:.0f} s")
            time.sleep(_POLL_S)

    def _ready(self, number: int) -> bool:
        """Its own log first: on a port lost to another cluster, that one would answer."""
        node = self._nodes[number]
        running = sum(each.running for each in self._nodes.values())
        return node.said_started and brokers_known(self._ports[number - 1]) >= running

    def _failure(self, node: Node, what: str) -> BrokerError:
        kind = PortTakenError if node.lost_its_port else BrokerError
        whole = (
            "chat-router broker --data FOLDER keeps the whole log"
            if self._opened().temporary
            else f"the whole log: less {node.log}"
        )
        return kind(
            f"broker {node.number} {what}; {whole}. Its last lines:\n"
            f"{node.log_tail(_ERROR_LOG_LINES)}"
        )

    def _opened(self) -> DataFolder:
        if self._data is None:
            message = "the embedded broker is not running"
            raise BrokerError(message)
        return self._data
