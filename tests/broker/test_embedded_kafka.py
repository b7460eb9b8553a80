"""The embedded broker as users meet it: a real Kafka that comes up, keeps data and goes away."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from consumer.broker.cluster import BrokerSettings, EmbeddedKafka
from consumer.broker.errors import BrokerError
from consumer.broker.ports import free_ports

pytestmark = pytest.mark.kafka

DEADLINE_S = 60
OWNER = """
import signal
from consumer.broker.cluster import EmbeddedKafka
with EmbeddedKafka() as kafka:
    print(kafka.data_folder, flush=True)
    signal.pause()
"""
FOREGROUND = """
from consumer.broker.cluster import BrokerSettings
from consumer.broker.foreground import run_until_interrupted
run_until_interrupted(BrokerSettings(), lambda line: print(line, flush=True))
"""


def make_topic(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for made in admin.create_topics([NewTopic(topic, num_partitions=1)]).values():
        made.result(DEADLINE_S)


def produce_in_transaction(bootstrap: str, topic: str, value: bytes, *, commit: bool) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": topic})
    producer.init_transactions(DEADLINE_S)
    producer.begin_transaction()
    producer.produce(topic, value)
    if commit:
        producer.commit_transaction(DEADLINE_S)
    else:
        producer.flush(DEADLINE_S)
        producer.abort_transaction(DEADLINE_S)


def first_value(bootstrap: str, topic: str) -> bytes | None:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": topic,
            "isolation.level": "read_committed",
        }
    )
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    messages = consumer.consume(1, DEADLINE_S)
    consumer.close()
    assert [message.error() for message in messages] == [None]
    value = messages[0].value()
    return value if value is None else bytes(value)


def processes_of(folder: str) -> list[psutil.Process]:
    """Every process that names the data folder in its command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(folder in word for word in process.info["cmdline"] or ())
    ]


def test_transactions_are_visible_when_committed_and_only_then(
    kafka_bootstrap: str, unique_name: str
) -> None:
    make_topic(kafka_bootstrap, unique_name)
    produce_in_transaction(kafka_bootstrap, unique_name, b"aborted", commit=False)
    produce_in_transaction(kafka_bootstrap, unique_name, b"committed", commit=True)
    assert first_value(kafka_bootstrap, unique_name) == b"committed"


def test_topics_are_not_made_by_accident(kafka_bootstrap: str, unique_name: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    admin.list_topics(unique_name, DEADLINE_S)
    assert unique_name not in admin.list_topics(timeout=DEADLINE_S).topics


def test_kept_data_outlives_the_broker_and_its_ports(tmp_path: Path, unique_name: str) -> None:
    settings = BrokerSettings(data=tmp_path / "数据 folder")
    with EmbeddedKafka(settings) as kafka:
        first_address = kafka.bootstrap
        make_topic(kafka.bootstrap, unique_name)
        produce_in_transaction(kafka.bootstrap, unique_name, b"kept", commit=True)
        with pytest.raises(BrokerError, match="in use"):
            EmbeddedKafka(settings).start()
    with EmbeddedKafka(settings) as kafka:
        assert kafka.bootstrap != first_address
        assert first_value(kafka.bootstrap, unique_name) == b"kept"


def test_a_port_lost_between_the_look_and_the_bind_is_replaced(kafka_bootstrap: str) -> None:
    """The shared broker is the other cluster here, so this also runs two clusters at once."""
    taken = int(kafka_bootstrap.split(",")[0].rsplit(":", 1)[1])
    picks: list[list[int]] = []

    def pick(count: int) -> list[int]:
        picks.append(free_ports(count) if picks else [taken, *free_ports(count - 1)])
        return picks[-1]

    with EmbeddedKafka(pick_ports=pick) as kafka:
        assert len(picks) == 2
        assert kafka.bootstrap.endswith(f":{picks[1][0]}")
        assert kafka.bootstrap != kafka_bootstrap


def test_a_port_asked_for_that_is_in_use_is_named(kafka_bootstrap: str) -> None:
    taken = int(kafka_bootstrap.split(",")[0].rsplit(":", 1)[1])
    with pytest.raises(BrokerError, match=f"port {taken} .* is in use"):
        EmbeddedKafka(BrokerSettings(port=taken)).start()


def test_three_brokers_know_each_other_and_replicate(
    three_brokers: EmbeddedKafka, unique_name: str
) -> None:
    for address in three_brokers.bootstrap.split(","):
        cluster = AdminClient({"bootstrap.servers": address}).list_topics(timeout=DEADLINE_S)
        assert len(cluster.brokers) == 3
    make_topic(three_brokers.bootstrap, unique_name)
    produce_in_transaction(three_brokers.bootstrap, unique_name, b"three", commit=True)
    cluster = AdminClient({"bootstrap.servers": three_brokers.bootstrap}).list_topics(
        timeout=DEADLINE_S
    )
    for topic in (unique_name, "__transaction_state"):
        assert {len(each.replicas) for each in cluster.topics[topic].partitions.values()} == {3}


def test_a_killed_broker_of_three_loses_nothing_and_comes_back(
    three_brokers: EmbeddedKafka, unique_name: str
) -> None:
    make_topic(three_brokers.bootstrap, unique_name)
    produce_in_transaction(three_brokers.bootstrap, unique_name, b"before", commit=True)
    three_brokers.kill(2)
    with pytest.raises(BrokerError, match="broker 2 ended"):
        three_brokers.check()
    assert first_value(three_brokers.bootstrap, unique_name) == b"before"
    three_brokers.restart(2)
    three_brokers.check()


def test_nothing_is_left_when_the_owner_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as own:
        assert own.stdout is not None
        folder = own.stdout.readline().strip()
        processes = processes_of(folder)
        assert len(processes) == 2  # the supervisor and the JVM
        own.kill()
    assert psutil.wait_procs(processes, timeout=DEADLINE_S)[1] == []
    assert not Path(folder).exists()


def test_the_foreground_ends_at_ctrl_c_and_leaves_nothing() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FOREGROUND], stdout=subprocess.PIPE, text=True
    ) as own:
        assert own.stdout is not None
        said = [own.stdout.readline() for _ in range(4)]
        folder = said[2].split()[1]
        processes = processes_of(folder)
        own.send_signal(signal.SIGINT)
        assert own.wait(DEADLINE_S) == 0
    assert said[0].startswith("Apache Kafka 4")
    assert said[1].startswith("bootstrap: 127.0.0.1:")
    assert len(processes) == 2
    assert psutil.wait_procs(processes, timeout=DEADLINE_S)[1] == []
    assert not Path(folder).exists()
