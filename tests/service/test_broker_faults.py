"""Brokers that die or hang under the service; each test has brokers of its own."""

from pathlib import Path

import psutil
import pytest

from consumer.broker.cluster import EmbeddedKafka
from tests.service.running import wait_until
from tests.service.stage import PART, staged

pytestmark = pytest.mark.kafka

DRAIN_S = 1.0
# The drain and what the process adds to it, on a busy machine; a hung call would take far longer.
SIGTERM_S = 20.0


@pytest.mark.parametrize("dead", [1, 2])
def test_one_of_three_brokers_is_killed(
    three_brokers: EmbeddedKafka, tmp_path: Path, dead: int
) -> None:
    with staged(three_brokers.bootstrap, tmp_path) as stage, stage.start() as running:
        running.wait_joined()
        stage.feeder.feed(PART)
        three_brokers.kill(dead)
        stage.feeder.feed(PART)
        stage.catch_up()
        three_brokers.restart(dead)
        stage.finish(running)


@pytest.mark.parametrize("point", ["after_produce", "after_send_offsets"])
def test_sigterm_ends_a_process_whose_broker_hangs(tmp_path: Path, point: str) -> None:
    """The kafka thread is inside the client then, and no Python runs there."""
    with EmbeddedKafka() as kafka:
        broker = java_of(kafka)
        with (
            staged(kafka.bootstrap, tmp_path) as stage,
            stage.start(loop={"drain_s": DRAIN_S}) as running,
        ):
            running.wait_joined()
            running.arm(f"stop:{point}")
            stage.feeder.feed(PART)
            wait_until(lambda: running.stopped, "a transaction")
            broker.suspend()
            running.thaw()
            assert running.stop(SIGTERM_S) == 0
            broker.resume()
            running.restart()
            stage.finish(running)


def java_of(kafka: EmbeddedKafka) -> psutil.Process:
    (node,) = kafka._nodes.values()
    supervisor = node._supervisor
    assert supervisor is not None
    (java,) = psutil.Process(supervisor.pid).children()
    return java
