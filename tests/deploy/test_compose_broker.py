"""The compose file's broker, with its very properties, on this machine's Java."""

import base64
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumer.broker.jars import JarLock, ensure_jars, jar_folder
from consumer.broker.java import find_java
from consumer.broker.maven import download_jars
from consumer.broker.node import Node
from consumer.broker.ports import free_ports
from tests.deploy.compose import config
from tests.service.running import wait_until

COMMAND_S = 60


def properties(ports: list[int]) -> str:
    """KAFKA_A_B=c -> a.b=c, as the image does it; hosts and ports are this machine's."""
    given = config()["services"]["kafka"]["environment"]
    inside, host, controller = ports
    text = "\n".join(
        f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={value}"
        for name, value in given.items()
    )
    places = {
        "INSIDE://:19092": f"INSIDE://127.0.0.1:{inside}",
        "HOST://:9092": f"HOST://127.0.0.1:{host}",
        "CONTROLLER://:29093": f"CONTROLLER://127.0.0.1:{controller}",
        "INSIDE://kafka:19092": f"INSIDE://127.0.0.1:{inside}",
        "HOST://localhost:9092": f"HOST://127.0.0.1:{host}",
        "1@kafka:29093": f"1@127.0.0.1:{controller}",
        "/var/lib/kafka/data": "log",
    }
    for there, here in places.items():
        assert there in text, there
        text = text.replace(there, here)
    return text


@pytest.fixture
def bootstrap(tmp_path: Path) -> Iterator[str]:
    """Where the broker is known as containers know it."""
    ports = free_ports(3)
    lock = JarLock.read()
    jars = ensure_jars(lock, jar_folder(lock), download_jars, lambda _: None)
    node = Node(1, tmp_path / "broker", find_java(), jars)
    node.prepare(properties(ports))
    held = os.open(tmp_path, os.O_RDONLY)
    try:
        node.start(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:22], held, None)
        wait_until(lambda: node.said_started or not node.running, "the broker of the compose file")
        assert node.said_started, node.log_tail(40)
        yield f"127.0.0.1:{ports[0]}"
    finally:
        node.release()
        node.wait_released()
        os.close(held)


@pytest.mark.kafka
def test_the_topics_of_the_compose_file_are_made_on_its_broker_and_found_right(
    bootstrap: str,
) -> None:
    service = config()["services"]["topics"]
    given = {**service["environment"], "CHAT_ROUTER_KAFKA__BOOTSTRAP": bootstrap}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CHAT_ROUTER_")} | given
    for arguments in (service["command"], service["command"], ["topics", "check"]):
        command = [sys.executable, "-m", "consumer", *arguments]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
