"""A running service on a real Kafka takes changed rules over without a restart."""

import json
from pathlib import Path
from typing import Any

import pytest

from consumer.app import model_opener
from consumer.contract.topics import Topics
from consumer.routing.rules import DEFAULT_RULES
from consumer.running import RunningRouter
from consumer.settings.reading import load_settings
from tests.fakes.kafka_cluster import KafkaCluster
from tests.pipeline.records import message
from tests.service.running import wait_until

pytestmark = pytest.mark.kafka
DEFAULT = DEFAULT_RULES.read_text(encoding="utf-8")


def decisions(cluster: KafkaCluster) -> list[dict[str, Any]]:
    return [json.loads(value or b"") for _, value in cluster.read(cluster.topics.routing)]


def test_changed_rules_decide_without_a_restart_and_broken_ones_do_not(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(DEFAULT, encoding="utf-8")
    with KafkaCluster(kafka_bootstrap, 1) as cluster:
        names = {name: getattr(cluster.topics, name) for name in Topics.__dataclass_fields__}
        settings = load_settings(
            None,
            {
                "kafka": {"bootstrap": kafka_bootstrap, "group": cluster.group, "topics": names},
                "ledger": str(tmp_path / "ledger"),
                "metrics": {"port": 0},
                "rules": {"path": str(rules), "reload_s": 0.05},
            },
        )

        def say(number: int) -> None:
            value = message("c-1", "hello", float(number), message_id=f"m-{number}")
            cluster.produce(cluster.topics.messages, 0, b"default:c-1", value)
            wait_until(lambda: len(decisions(cluster)) == number + 1, "a decision")

        def reloads(outcome: str) -> float:
            name, labels = "chat_router_rules_reloads_total", {"outcome": outcome}
            return router.observer.registry.get_sample_value(name, labels) or 0.0

        with RunningRouter(settings, model_opener(settings)) as router:
            router.lifecycle.start()
            say(0)
            rules.write_text("format: 1\n", encoding="utf-8")
            wait_until(lambda: reloads("refused") > 0, "a refused reload")
            say(1)
            rules.write_text(DEFAULT.replace('version: "1"', 'version: "2"'), encoding="utf-8")
            wait_until(lambda: reloads("applied") > 0, "an applied reload")
            say(2)
            assert router.lifecycle.stop() == 0
        assert [one["ruleset"]["version"] for one in decisions(cluster)] == ["1", "1", "2"]
        assert len({one["ruleset"]["sha256"] for one in decisions(cluster)}) == 2
