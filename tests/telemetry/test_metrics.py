"""Metrics: all there from the start, counted once, bounded."""

import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from consumer.contract.decision import ModelRef
from consumer.contract.message import MessageReceived
from consumer.contract.topics import Topics
from consumer.inference.stub import StubModel
from consumer.inference.understand import understand
from consumer.ports import Published
from consumer.records import Outcome, Record, Rejected, RejectReason, Turn, Understood
from consumer.routing.router import Router
from consumer.routing.rules import default_ruleset
from consumer.telemetry.catalogue import CATALOGUE, REJECT_REASONS
from consumer.telemetry.instruments import combinations
from consumer.telemetry.observer import Observer, Work
from consumer.telemetry.prometheus import PrometheusObserver
from consumer.telemetry.sources import MAX_PARTITION_SERIES

NOW_MS = 1_800_000_000_000


def samples(observer: PrometheusObserver) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """All samples, after a strict parser has accepted the page."""
    text = generate_latest(observer.registry).decode()  # type: ignore[no-untyped-call]
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def value(observer: PrometheusObserver, name: str, /, **labels: str) -> float:
    return samples(observer)[(f"chat_router_{name}", frozenset(labels.items()))]


def record(age_ms: int) -> Record:
    return Record("t", 0, 1, 1, NOW_MS - age_ms, None, None)


def turn(age_ms: int) -> Turn:
    message = MessageReceived("m", "c", "hello", "2026-01-01T00:00:00Z")
    return Turn(record(age_ms), message, "default:c", NOW_MS)


def rejected(reason: RejectReason) -> Rejected:
    return Rejected(record(5), reason, "decode", "DecodeError")


def publish(observer: PrometheusObserver, outcomes: list[Outcome]) -> None:
    observer.published(Published.COMMITTED, 0.01, [Work(outcomes, [])], NOW_MS)


@pytest.fixture
def observer() -> PrometheusObserver:
    return PrometheusObserver(Topics())


def test_it_is_an_observer(observer: PrometheusObserver) -> None:
    seen: Observer = observer
    seen.consumed(1)


def test_every_series_is_there_from_the_start(observer: PrometheusObserver) -> None:
    found = samples(observer)
    suffix = {"counter": "_total", "gauge": "", "histogram": "_count"}
    known_later = {"partition_unread_records", "model", "unread_records", "build", "ruleset"}
    for metric in CATALOGUE:
        if metric.name in known_later:
            continue
        for values in combinations(metric):
            names = metric.labels or ([metric.open_label] if metric.open_label else [])
            labels = frozenset(zip(names, values, strict=True))
            assert (metric.full_name + suffix[metric.kind], labels) in found


def test_names_follow_the_conventions() -> None:
    names = [metric.full_name for metric in CATALOGUE]
    assert len(set(names)) == len(names)
    for metric in CATALOGUE:
        assert metric.full_name.startswith("chat_router_")
        assert not metric.full_name.endswith("_total")
        assert metric.help.endswith(".")
        assert metric.kind != "histogram" or metric.buckets == tuple(sorted(metric.buckets))


def test_latency_is_counted_in_buckets_with_the_goal_as_an_edge(
    observer: PrometheusObserver,
) -> None:
    publish(observer, [turn(250), turn(251), turn(5), rejected("parse")])
    assert value(observer, "message_latency_seconds_bucket", le="0.25") == 3
    assert value(observer, "message_latency_seconds_bucket", le="0.5") == 4
    assert value(observer, "message_latency_seconds_bucket", le="+Inf") == 4
    assert value(observer, "message_latency_seconds_sum") == pytest.approx(0.511)


def test_a_clock_that_is_ahead_gives_no_negative_latency(observer: PrometheusObserver) -> None:
    publish(observer, [turn(-60_000)])
    assert value(observer, "message_latency_seconds_sum") == 0
    assert value(observer, "message_latency_seconds_count") == 1


def test_a_record_without_a_timestamp_has_no_latency(observer: PrometheusObserver) -> None:
    publish(observer, [turn(NOW_MS + 1)])
    assert value(observer, "message_latency_seconds_count") == 0


def test_rejected_records_are_counted_by_reason(observer: PrometheusObserver) -> None:
    publish(observer, [rejected("parse"), rejected("parse"), rejected("crash")])
    assert value(observer, "records_rejected_total", reason="parse") == 2
    assert value(observer, "records_rejected_total", reason="crash") == 1
    assert value(observer, "records_rejected_total", reason="depth") == 0


def test_what_did_not_commit_counts_as_nothing_but_a_transaction(
    observer: PrometheusObserver,
) -> None:
    observer.published(Published.NOT_COMMITTED, 0.2, [Work([rejected("parse")], [])], NOW_MS)
    assert value(observer, "transactions_total", outcome="not_committed") == 1
    assert value(observer, "records_rejected_total", reason="parse") == 0
    assert value(observer, "message_latency_seconds_count") == 0
    assert value(observer, "last_commit_timestamp_seconds") == 0


def test_the_last_commit_is_a_time(observer: PrometheusObserver) -> None:
    publish(observer, [])
    assert value(observer, "last_commit_timestamp_seconds") == NOW_MS / 1_000


def test_tokens_are_split_into_messages_and_padding(observer: PrometheusObserver) -> None:
    observer.inferred([3, 9, 4], 0.004)
    assert value(observer, "tokens_total", kind="real") == 16
    assert value(observer, "tokens_total", kind="padding") == 11
    assert value(observer, "batch_messages_sum") == 3
    assert value(observer, "batch_tokens_sum") == 27
    assert value(observer, "stage_duration_seconds_count", stage="infer") == 1


def test_takeovers_and_what_they_read_are_counted(observer: PrometheusObserver) -> None:
    observer.restored(40, 0.5)
    observer.revoked()
    assert value(observer, "partition_moves_total", event="assigned") == 1
    assert value(observer, "partition_moves_total", event="revoked") == 1
    assert value(observer, "restored_records_total") == 40
    assert value(observer, "restore_duration_seconds_count") == 1


def test_lag_of_a_partition_that_is_gone_is_no_series(observer: PrometheusObserver) -> None:
    topic = Topics().messages
    observer.lag({(topic, 0): 5, (topic, 1): 7}, 3)
    assert value(observer, "unread_records", topic=topic) == 12
    assert value(observer, "partition_unread_records", topic=topic, partition="1") == 7
    observer.lag({(topic, 1): 2}, 3)
    assert value(observer, "unread_records", topic=topic) == 2
    with pytest.raises(KeyError):
        value(observer, "partition_unread_records", topic=topic, partition="0")


def test_lag_by_partition_is_bounded_to_those_furthest_behind(
    observer: PrometheusObserver,
) -> None:
    topic = Topics().messages
    observer.lag({(topic, number): number for number in range(500)}, 0)
    rows = [key for key in samples(observer) if key[0] == "chat_router_partition_unread_records"]
    assert len(rows) == MAX_PARTITION_SERIES
    assert value(observer, "partition_unread_records", topic=topic, partition="499") == 499
    assert value(observer, "unread_records", topic=topic) == sum(range(500))


def test_the_loop_and_the_producer_are_asked_at_each_scrape(observer: PrometheusObserver) -> None:
    assert value(observer, "last_loop_timestamp_seconds") == 0
    rebuilds = [0]
    observer.watch(loop_age_s=lambda: 1.0, producer_rebuilds=lambda: rebuilds[0])
    rebuilds[0] = 2
    assert value(observer, "producer_rebuilds_total") == 2
    assert value(observer, "last_loop_timestamp_seconds") > 0


def test_models_are_described(observer: PrometheusObserver) -> None:
    ref = ModelRef(task="intent", name="starter", version="1", sha256="0" * 64)
    observer.describe_models([ref], "CPUExecutionProvider")
    labels = {
        "task": "intent",
        "name": "starter",
        "version": "1",
        "provider": "CPUExecutionProvider",
    }
    assert value(observer, "model_info", **labels) == 1


def test_reasons_are_those_of_the_contract() -> None:
    assert "null_value" in REJECT_REASONS
    assert "loop" in REJECT_REASONS


def test_two_observers_do_not_share_their_numbers() -> None:
    first, second = PrometheusObserver(Topics()), PrometheusObserver(Topics())
    first.consumed(3)
    assert value(second, "records_consumed_total") == 0


def test_decisions_and_escalations_of_the_router_are_counted(
    observer: PrometheusObserver,
) -> None:
    model = StubModel()
    router = Router(default_ruleset(), model.refs, "/chat-router/test")
    angry = MessageReceived("m", "c", "我要投诉，转人工", "2026-01-01T00:00:00Z")
    at = Turn(record(5), angry, "default:c", NOW_MS)
    (prepared,) = model.prepare([angry.text])
    (understood,) = understand(model, [(at, prepared)])
    assert isinstance(understood, Understood)
    routed = router.decide(understood, None, NOW_MS)
    observer.published(Published.COMMITTED, 0.01, [Work([understood], [routed])], NOW_MS)
    assert routed.decision is not None
    assert value(observer, "decisions_total", action=routed.decision.action) == 1
    found = samples(observer)
    opened = [
        count
        for (name, labels), count in found.items()
        if name == "chat_router_escalations_total" and ("change", "opened") in labels
    ]
    assert sum(opened) == len(routed.escalations) > 0
