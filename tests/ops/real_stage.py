"""A Kafka, a service, a Prometheus, customers and a team, with the verbs that break them."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psutil
import yaml
from confluent_kafka import Producer

from consumer.broker.cluster import EmbeddedKafka
from consumer.contract.topics import Topics
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.topic_rules import Sizes, plan_topics
from consumer.kafka.topics import TopicAdmin
from consumer.routing.rules import DEFAULT_RULES
from tests.docs.test_readme import free_port
from tests.ops.prometheus_server import ANSWER_S, PrometheusServer
from tests.ops.shop import Customers, Team

PARTITIONS = 4
RATE = 20.0
ACK_WITHIN_S = 5
SESSION_MS = 6_000
HELD_MS = 180_000
# Later than the alert; a librdkafka call may never come back from a broker that hung for a minute.
WATCHDOG_S = 90
FLOOD_RECORDS = 55
DEADLINE_S = 300.0
LAG_GAUGE = "time() - chat_router_last_loop_timestamp_seconds"


class Stage:
    """All of it. `meanwhile` the team looks at its desk."""

    def __init__(self, folder: Path, kafka: EmbeddedKafka, stack: ExitStack) -> None:
        self.topics = Topics()
        self._kafka = kafka
        self._folder = folder
        self._stall = folder / "stall"
        self._config = folder / "router.yaml"
        self._port = port = free_port()
        self._config.write_text(yaml.safe_dump(self._settings(port)))
        self._router: subprocess.Popen[bytes] | None = None
        self._create_topics()
        self.began = time.monotonic()
        self.seen: dict[str, list[str]] = {}
        self.ended_with: list[int | None] = []
        self.prometheus = stack.enter_context(PrometheusServer(folder, f"127.0.0.1:{port}"))
        self.customers = Customers(kafka.bootstrap, self.topics, RATE)
        self.team = Team(kafka.bootstrap, self.topics)
        stack.callback(self.team.close)
        stack.callback(self.end_router)

    def start_router(self) -> None:
        """The service, in a process of its own."""
        with (self._folder / "router.log").open("ab") as log:
            command = [sys.executable, "-m", "tests.ops.router_process"]
            self._router = subprocess.Popen(
                [*command, str(self._config), str(self._stall)], stdout=log, stderr=log
            )

    def end_router(self) -> None:
        """`kill -9`."""
        if self._router is not None:
            self._router.kill()
            self._router.wait()

    def _supervise(self) -> None:
        """What a kubelet does: a process that ended by itself is started again."""
        if self._router is not None and self._router.poll() not in (None, -signal.SIGKILL):
            self.ended_with.append(self._router.poll())
            self.start_router()

    def flood(self) -> None:
        """More unusable records in a row on one partition than it takes, and few that are left."""
        producer = Producer({"bootstrap.servers": self._kafka.bootstrap, "linger.ms": 50})
        for _ in range(FLOOD_RECORDS):
            producer.produce(self.topics.messages, b"{", b"default:flood", 0)
        producer.flush(DEADLINE_S)

    def stall_model(self) -> None:
        """Every model run hangs from now on."""
        self._stall.touch()

    def release_model(self) -> None:
        """They go on."""
        self._stall.unlink()

    def reasons(self) -> list[str]:
        """Why the service is not ready, by its own word."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_S)
        try:
            connection.request("GET", "/readyz")
            return list(json.load(connection.getresponse())["reasons"])
        finally:
            connection.close()

    @contextmanager
    def held_restore(self) -> Iterator[None]:
        """Somebody's open transaction on the state topic: a takeover cannot read to the end."""
        holder = Producer(
            {
                "bootstrap.servers": self._kafka.bootstrap,
                "transactional.id": "holder",
                "transaction.timeout.ms": HELD_MS,
            }
        )
        holder.init_transactions(DEADLINE_S)
        holder.begin_transaction()
        holder.produce(self.topics.state, b"{}", b"nobody", 0)
        holder.flush(DEADLINE_S)
        yield
        holder.abort_transaction(DEADLINE_S)

    @contextmanager
    def frozen_broker(self) -> Iterator[None]:
        """A broker that hangs in the middle of a transaction of ours."""
        broker = self._broker()
        broker.send_signal(signal.SIGSTOP)
        try:
            while not self._hangs():
                # It was between two transactions.
                broker.send_signal(signal.SIGCONT)
                time.sleep(1.0)
                broker.send_signal(signal.SIGSTOP)
            yield
        finally:
            broker.send_signal(signal.SIGCONT)

    def _hangs(self) -> bool:
        deadline = time.monotonic() + 8.0
        while time.monotonic() < deadline:
            if self.prometheus.value(LAG_GAUGE) > 4.0:
                return True
            time.sleep(0.2)
        return False

    def until(self, condition: Callable[[], bool], what: str, *, team: bool = True) -> None:
        """Waits, and fails naming what did not come true. The team answers, unless Kafka hangs."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, f"{what}; fires: {self.prometheus.firing()}"
            self._supervise()
            if team:
                self.team.look()
            else:
                time.sleep(0.2)

    def until_fires(self, *names: str, team: bool = True) -> None:
        """Each of them, at one time or another."""
        left = set(names)

        def look() -> bool:
            for name in sorted(left & self.prometheus.firing()):
                self._note("fires", name)
                left.discard(name)
            return not left

        self.until(look, f"{names} fire", team=team)

    def until_clears(self, *names: str) -> None:
        """Each of them."""
        left = set(names)

        def look() -> bool:
            for name in sorted(left - self.prometheus.firing()):
                self._note("clears", name)
                left.discard(name)
            return not left

        self.until(look, f"{names} clear")

    def _note(self, what: str, name: str) -> None:
        self.seen.setdefault(name, []).append(what)
        print(f"{time.monotonic() - self.began:6.0f} s  {what:6} {name}")

    def _broker(self) -> psutil.Process:
        children = psutil.Process().children(recursive=True)
        (broker,) = [one for one in children if "kafka.Kafka" in one.cmdline()]
        return broker

    def _create_topics(self) -> None:
        settings = KafkaSettings(self._kafka.bootstrap, "chat-router", "0", self.topics)
        plans = plan_topics(self.topics, Sizes(PARTITIONS, PARTITIONS), settings.max_message_bytes)
        TopicAdmin(settings).create(plans, None)

    def _settings(self, port: int) -> dict[str, object]:
        rules = self._folder / "rules.yaml"
        text = DEFAULT_RULES.read_text(encoding="utf-8")
        for seconds in (60, 120):
            text = text.replace(f"ack_within_s: {seconds}", f"ack_within_s: {ACK_WITHIN_S}")
        rules.write_text(text, encoding="utf-8")
        return {
            "kafka": {
                "bootstrap": self._kafka.bootstrap,
                "instance": "0",
                "session_timeout_ms": SESSION_MS,
            },
            "ledger": str(self._folder / "ledger"),
            "rules": {"path": str(rules)},
            "metrics": {"port": port},
            # The alert is to be seen, not the end that the service makes of a model that hangs.
            "loop": {"model_timeout_s": 600},
            "watchdog_s": WATCHDOG_S,
        }


@contextmanager
def real_stage(folder: Path) -> Iterator[Stage]:
    """Kafka and Prometheus run; the router and the customers are still to be started."""
    with EmbeddedKafka() as kafka, ExitStack() as stack:
        yield Stage(folder, kafka, stack)
