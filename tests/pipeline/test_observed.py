"""The loop tells what it does, at the place where it does it."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from consumer.pipeline.workers import WorkerSettings
from consumer.telemetry.prometheus import PrometheusObserver
from tests.fakes.memory_stream import MemoryCluster
from tests.pipeline.plant import Plant, Turns, say, turns, until
from tests.pipeline.records import TOPICS
from tests.service.marked_model import MarkedModel

MESSAGES = 40
# The clock ticks at each look, so the loop's slow round comes within so many turns.
SLOW_ROUND = 200


def to_the_end(plant: Plant) -> Turns:
    yield from until(plant.done)
    yield from turns(SLOW_ROUND)


@pytest.fixture
def told(tmp_path: Path) -> CollectorRegistry:
    cluster = MemoryCluster(TOPICS, 2)
    say(cluster, "c-1", ["转人工"] * MESSAGES)
    observer = PrometheusObserver(TOPICS)
    observer.describe_model(MarkedModel(), "cpu")
    workers = WorkerSettings(inference_threads=1, window=8, token_budget=16)
    plant = Plant(cluster, tmp_path, workers=workers, observer=observer)

    plant.run(to_the_end(plant))
    return observer.registry


def value(told: CollectorRegistry, name: str, **labels: str) -> float:
    found = told.get_sample_value(f"chat_router_{name}", labels)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "name",
    ["queue_duration_seconds_count", "batch_messages_count", "transaction_duration_seconds_count"],
)
def test_windows_runs_and_transactions_are_timed(told: CollectorRegistry, name: str) -> None:
    assert value(told, name) > 0


@pytest.mark.parametrize("stage", ["decode", "tokenize", "infer", "decide"])
def test_every_stage_is_timed(told: CollectorRegistry, stage: str) -> None:
    assert value(told, "stage_duration_seconds_count", stage=stage) > 0


def test_every_run_has_a_cause(told: CollectorRegistry) -> None:
    causes = [value(told, "batches_total", cause=cause) for cause in ("tokens", "window", "ready")]
    assert sum(causes) == value(told, "batch_messages_count")
    assert causes[0] > 0


def test_takeovers_have_ended(told: CollectorRegistry) -> None:
    assert value(told, "restore_duration_seconds_count") == 2
    assert value(told, "restore_started_timestamp_seconds") == 0


def test_progress_and_what_waits_for_people_is_told(told: CollectorRegistry) -> None:
    at = {"topic": TOPICS.messages, "partition": "0"}
    assert value(told, "partition_next_offset", **at) == MESSAGES
    assert value(told, "open_escalations", kind="human_request", state="open") == 1
    assert value(told, "intents_total", intent="contact_agent", language="zh", channel="other") > 0
