"""Feedback and backtests on a real Kafka: the topics of a service, read again."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from consumer.cli.app import app
from consumer.contract.topics import Topics
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.kafka.history import History
from consumer.pipeline.outputs import Outputs
from consumer.records import Record, Turn, Understood
from consumer.routing.rules import DEFAULT_RULES
from consumer.workbench.stand import SOURCE, Stand
from exporters.public_rows import read_training_rows
from tests.fakes.kafka_cluster import KafkaCluster
from tests.pipeline.lanes import outcome_of
from tests.pipeline.records import feedback, feedback_headers, message
from tests.workbench.builders import RULES

pytestmark = pytest.mark.kafka
RUNNER = CliRunner()
CANARIES = ("13912345678", "canary@example.com", "6222021234567890123")
TEXTS = (
    "where is my parcel, call 13912345678",
    "我要退款，请尽快处理一下，我的邮箱是 canary@example.com",
    "<anger=85> 6222021234567890123",
    "hello",
    "发票",
)


class Recorded:
    """A cluster whose topics hold what a service would have written, and the command line."""

    def __init__(self, cluster: KafkaCluster, folder: Path) -> None:
        self.cluster = cluster
        self.topics = cluster.topics
        names = {name: getattr(self.topics, name) for name in Topics.__dataclass_fields__}
        kafka = {"bootstrap": cluster.bootstrap, "group": cluster.group, "topics": names}
        self._config = folder / "router.yaml"
        self._config.write_text(yaml.safe_dump({"kafka": kafka}), encoding="utf-8")
        self.decisions: list[str] = []
        self.escalations: list[str] = []
        self._decide_all()

    def run(self, *arguments: str) -> tuple[int, str]:
        result = RUNNER.invoke(app, [*arguments, "-c", str(self._config)])
        return result.exit_code, result.output

    def hears(self, kind: str, **more: str) -> None:
        value = feedback("c-1", 60.0, **more)
        self.cluster.produce(self.topics.feedback, 1, b"default:c-1", value, feedback_headers(kind))

    def _decide_all(self) -> None:
        stand = Stand(RULES, topics=self.topics)
        outputs = Outputs(self.topics, SOURCE, 1_000_000)
        for number, text in enumerate(TEXTS):
            value = message("c-1", text, float(number), message_id=f"m-{number}")
            offset = self.cluster.produce(self.topics.messages, 1, b"default:c-1", value)
            turn = Decoder(IntakeLimits(), self.topics).decode(
                Record(self.topics.messages, 1, offset, 1, 1_767_225_600_000, None, value)
            )
            assert isinstance(turn, Turn)
            outcome = outcome_of(turn.record)
            assert isinstance(outcome, Understood)
            for routed in stand.apply(turn.record, outcome):
                for record in outputs.routed(turn.key, routed, turn.record):
                    headers = tuple(record.headers or ())
                    self.cluster.produce(record.topic, 1, record.key, record.value, headers)
                if routed.decision is not None:
                    self.decisions.append(routed.decision.decision_id)
                self.escalations += [event.escalation_id for _, event in routed.escalations]


@pytest.fixture
def recorded(kafka_bootstrap: str, tmp_path: Path) -> Iterator[Recorded]:
    with KafkaCluster(kafka_bootstrap, 2) as cluster:
        yield Recorded(cluster, tmp_path)


def test_corrections_become_masked_rows_and_the_unsure_are_sampled(
    recorded: Recorded, tmp_path: Path
) -> None:
    for identity in recorded.decisions[:3]:
        recorded.hears("decision.overridden", decision_id=identity, intent="order")
    recorded.hears("decision.overridden", decision_id=recorded.decisions[0], intent="delivery")
    recorded.hears("decision.overridden", decision_id=recorded.decisions[3])
    recorded.hears("decision.overridden", decision_id="never", category="complaint")
    out = tmp_path / "out"
    code, output = recorded.run("feedback", "export", "--out", str(out), "--uncertain", "1")
    assert code == 0, output
    lines = [line for path in out.glob("*/*.jsonl") for line in path.read_text().splitlines()]
    rows = [json.loads(line) for line in lines]
    assert sorted(row["label"] for row in rows) == ["delivery", "order", "order"]
    assert {row["lang"] for row in rows} == {"en", "zh"}
    written = "".join(path.read_text() for path in out.rglob("*.jsonl"))
    assert not any(canary in written + output for canary in CANARIES)
    assert len(read_training_rows(out)) <= 3
    assert "1 unsure decisions to label" in output
    assert "2 overrides name no label" in output


def test_messages_that_are_gone_are_counted(recorded: Recorded, tmp_path: Path) -> None:
    recorded.hears("decision.overridden", decision_id=recorded.decisions[0], intent="order")
    recorded.hears("decision.overridden", decision_id=recorded.decisions[4], intent="order")
    recorded.cluster.cut(recorded.topics.messages, 1, 2)
    code, output = recorded.run("feedback", "export", "--out", str(tmp_path / "out"))
    assert code == 0, output
    assert "1 corrected messages are no longer in" in output


def test_the_report_counts_overrides_and_judgements(recorded: Recorded) -> None:
    recorded.hears("decision.overridden", decision_id=recorded.decisions[0], intent="order")
    recorded.hears("escalation.judged", escalation_id=recorded.escalations[0], verdict="wrong")
    code, output = recorded.run("feedback", "report")
    assert code == 0, output
    rows = [line.split() for line in output.splitlines()]
    assert ["anger", "0", "1", "0.0%"] in rows
    assert sum(int(row[2]) for row in rows if len(row) == 4 and row[3].endswith("%")) >= 2


def test_a_backtest_of_the_topics_with_the_same_rules_moves_nothing(recorded: Recorded) -> None:
    code, output = recorded.run("rules", "backtest", "--rules", str(DEFAULT_RULES), "--topic")
    assert code == 0, output
    assert output.splitlines()[-1].startswith("0 of 5 messages (0.0%) go another way")


def test_single_records_are_found_wherever_they_are(recorded: Recorded) -> None:
    history = History(recorded.cluster.settings())
    found = history.find(recorded.topics.messages, 1, [4, 1, 1, 99])
    assert [record.offset for record in found] == [1, 4]
    assert [record.offset for record in history.read(recorded.topics.messages)] == [*range(5)]
    assert history.size(recorded.topics.messages) == 5
    history.close()
