"""Commands against a real Kafka: topics, load, dead letters and their way back."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from consumer.cli.app import app
from consumer.contract.dead_letter import ATTEMPTS, dead_letter
from consumer.contract.topics import Topics
from consumer.exit_codes import ExitCode
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.dead_letter_replay import DeadLetterReplay
from consumer.kafka.dead_letters import LetterFilter
from consumer.kafka.feed import Feed
from consumer.kafka.tail import Tail
from consumer.kafka.topic_rules import Sizes, plan_topics
from consumer.kafka.topics import TopicAdmin
from consumer.ports import OutRecord, StreamStopped
from consumer.records import Record, Rejected, RejectReason

pytestmark = pytest.mark.kafka
RUNNER = CliRunner()
MAX_BYTES = 1_114_124
CANARY = b"my card is 4111 1111 1111 1111"


class Room:
    """Topics of one test, the settings file that names them, and the command line."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path) -> None:
        self.topics = Topics(**{name: f"{prefix}.{name}" for name in Topics.__dataclass_fields__})
        self.settings = KafkaSettings(
            bootstrap=bootstrap, group=prefix, topics=self.topics, max_message_bytes=MAX_BYTES
        )
        self._config = folder / "router.yaml"
        names = {name: getattr(self.topics, name) for name in Topics.__dataclass_fields__}
        kafka = {"bootstrap": bootstrap, "group": prefix, "topics": names}
        self._config.write_text(yaml.safe_dump({"kafka": kafka}), encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        return RUNNER.invoke(app, [*arguments, "-c", str(self._config)])

    def create(self, partitions: int = 2) -> None:
        plans = plan_topics(self.topics, Sizes(partitions, 2), MAX_BYTES)
        TopicAdmin(self.settings).create(plans, None)

    def bury(self, *reasons: RejectReason, attempts: int = 1, partition: int = -1) -> None:
        """One dead letter for each reason, all of partition 1 of the input."""
        feed = Feed(self.settings.bootstrap)
        for number, reason in enumerate(reasons):
            origin = Record(
                self.topics.messages, 1, number, 1, 1, b"default:c", CANARY, (("trace", b"x"),)
            )
            letter = dead_letter(
                Rejected(origin, reason, "decode", "Fault", attempts=attempts), None, MAX_BYTES
            )
            headers = [(name, value or b"") for name, value in letter.headers]
            topic = self.topics.dead_letters
            feed.send(OutRecord(topic, letter.key, letter.value, headers, partition))
        assert feed.flush() == 0

    def records(self, topic: str, count: int) -> list[Record]:
        """What is in a topic: waits for `count` records, and once more for none."""
        tail = Tail(self.settings.bootstrap, [topic], from_start=True)
        found: list[Record] = []
        try:
            while batch := tail.read(1_000, 5.0 if len(found) < count else 0.5):
                found += batch
        finally:
            tail.close()
        return found


@pytest.fixture
def room(kafka_bootstrap: str, unique_name: str, tmp_path: Path) -> Room:
    return Room(kafka_bootstrap, unique_name, tmp_path)


def test_topics_are_created_as_they_should_be_and_checked(room: Room) -> None:
    missing = room.run("topics", "check")
    assert missing.exit_code == ExitCode.CHECK_FAILED
    assert f"{room.topics.messages} does not exist" in missing.stderr
    made = room.run("topics", "create", "--partitions", "2", "--output-partitions", "1")
    assert made.exit_code == 0, made.output
    assert made.output.count("created") == len(Topics.__dataclass_fields__)
    assert room.run("topics", "check").exit_code == 0
    again = room.run("topics", "create")
    assert again.exit_code == 0
    assert "created" not in again.output


def test_topics_that_others_made_wrongly_are_named(room: Room) -> None:
    state = replace(room.topics, messages=room.topics.state, state=room.topics.messages)
    TopicAdmin(replace(room.settings, topics=state)).create(
        plan_topics(state, Sizes(3, 3), MAX_BYTES), None
    )
    result = room.run("topics", "check")
    assert result.exit_code == ExitCode.CHECK_FAILED
    assert f"{room.topics.state} cleanup.policy=delete: must be compact" in result.stderr
    assert f"{room.topics.messages} cleanup.policy=compact: must be delete" in result.stderr


def test_more_copies_than_brokers_are_refused_with_the_brokers_reason(room: Room) -> None:
    result = room.run("topics", "create", "--replication", "9")
    assert result.exit_code == ExitCode.CHECK_FAILED
    assert "not created: INVALID_REPLICATION_FACTOR" in result.stderr


def test_check_looks_at_the_broker_and_the_topics(room: Room) -> None:
    output = room.run("check").output
    assert "✓ broker: " in output
    assert f"✗ topics: {room.topics.messages} does not exist" in output


def test_load_sends_what_it_says(room: Room) -> None:
    room.create()
    result = room.run("load", "--messages", "300", "--rate", "0", "--bad-share", "0.2")
    assert result.exit_code == 0, result.output
    said = re.search(r"sent 300 messages .* (\d+) of them unusable", result.output)
    assert said is not None
    assert int(said[1]) > 0
    assert len(room.records(room.topics.messages, 300)) == 300


def test_load_without_a_topic_says_what_to_do(room: Room) -> None:
    result = room.run("load", "--messages", "1")
    assert result.exit_code == ExitCode.BROKER
    assert "chat-router topics create" in result.stderr


def test_a_list_counts_by_reason_and_shows_no_text(room: Room) -> None:
    room.create()
    room.bury("parse", "crash", "parse")
    result = room.run("dlq", "list", "--limit", "2")
    assert "... and 1 more" in result.output
    assert "3 dead letters: 2 parse, 1 crash" in result.output
    assert "4111" not in result.output
    assert "1 dead letters: 1 crash" in room.run("dlq", "list", "--reason", "crash").output
    assert "0 dead letters" in room.run("dlq", "list", "--since", "2999-01-01").output


def test_a_dry_run_sends_nothing(room: Room) -> None:
    room.create()
    room.bury("parse", "crash")
    assert room.run("dlq", "replay", "--dry-run").output == "would send 2\n"
    assert room.run("dlq", "replay", "--dry-run").output == "would send 2\n"
    assert room.records(room.topics.messages, 0) == []


def test_a_letter_goes_back_where_it_came_from_as_it_was(room: Room) -> None:
    room.create()
    room.bury("crash", attempts=2)
    assert room.run("dlq", "replay").output == "sent 1\n"
    (back,) = room.records(room.topics.messages, 1)
    assert (back.partition, back.key, back.value) == (1, b"default:c", CANARY)
    assert dict(back.headers) == {"trace": b"x", ATTEMPTS: b"2"}


def test_a_second_run_sends_nothing_twice_whatever_it_filters(room: Room) -> None:
    room.create()
    room.bury("parse", "crash", "parse", "schema", "crash")
    assert room.run("dlq", "replay", "--reason", "crash", "--rate", "1000").output == "sent 2\n"
    assert room.run("dlq", "replay", "--rate", "1000").output == "sent 3; 2 sent before\n"
    assert room.run("dlq", "replay").output == "sent 0; 5 sent before\n"
    assert len(room.records(room.topics.messages, 5)) == 5


def test_letters_in_several_transactions_are_remembered_across_their_markers(room: Room) -> None:
    room.create()
    letters: list[RejectReason] = ["crash"] * 7
    room.bury(*letters)
    pauses: list[float] = []
    run = DeadLetterReplay(room.settings, 2.0, pause=pauses.append)
    assert run.send(LetterFilter()).sent == 7
    run.close()
    assert len(pauses) == 4
    assert all(pause <= 1.0 for pause in pauses)
    room.bury("crash")
    assert room.run("dlq", "replay").output == "sent 1; 7 sent before\n"


def test_a_letter_that_is_buried_while_a_replay_runs_is_left_to_the_next(room: Room) -> None:
    room.create()
    room.bury("parse", partition=0)

    def bury_again(_: float) -> None:
        room.bury("parse", attempts=2, partition=1)

    run = DeadLetterReplay(room.settings, 100.0, pause=bury_again)
    assert run.send(LetterFilter()).sent == 1
    run.close()
    assert room.run("dlq", "replay").output == "sent 1; 1 sent before\n"


def test_a_letter_of_a_topic_that_is_no_input_stays(room: Room) -> None:
    room.create()
    foreign = Record("another.topic", 0, 1, 1, 1, None, b"{}")
    letter = dead_letter(Rejected(foreign, "parse", "decode", "Fault"), None, MAX_BYTES)
    feed = Feed(room.settings.bootstrap)
    headers = [(name, value or b"") for name, value in letter.headers]
    feed.send(OutRecord(room.topics.dead_letters, None, b"{}", headers))
    feed.flush()
    assert room.run("dlq", "replay").output == "sent 0; 1 from no input topic of ours\n"


def test_a_second_replay_fences_the_first(room: Room) -> None:
    room.create()
    room.bury("crash", "crash", "crash")
    sent: Counter[str] = Counter()

    def meanwhile(_: float) -> None:
        if not sent["other"]:
            other = DeadLetterReplay(room.settings, 100.0)
            sent["other"] = other.send(LetterFilter()).sent
            other.close()

    first = DeadLetterReplay(room.settings, 1.0, pause=meanwhile)
    with pytest.raises(StreamStopped, match="another replay") as stopped:
        first.send(LetterFilter())
    first.close()
    assert stopped.value.exit_code == ExitCode.FENCED
    assert sent["other"] == 2
    assert len(room.records(room.topics.messages, 3)) == 3
