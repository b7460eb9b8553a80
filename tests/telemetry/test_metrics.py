"""Metrics: all there from the start, counted once, bounded."""

import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from consumer.contract.decision import RulesetRef
from consumer.contract.message import MessageReceived
from consumer.contract.topics import Topics
from consumer.inference.stub import StubModel
from consumer.inference.understand import understand
from consumer.ports import Published
from consumer.records import Outcome, Record, Rejected, RejectReason, Turn, Understood
from consumer.routing.router import Routed, Router
from consumer.routing.rules import default_ruleset
from consumer.telemetry.catalogue import (
    ALL_TAKEN,
    CATALOGUE,
    LATENCY_GOAL_S,
    MAX_PARTITION_SERIES,
    MESSAGE_LATENCY,
    REJECT_REASONS,
)
from consumer.telemetry.instruments import combinations
from consumer.telemetry.observer import Observer, Run, Standing, Work
from consumer.telemetry.prometheus import PrometheusObserver

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


def stand(
    observer: PrometheusObserver,
    unread: dict[tuple[str, int], int],
    next_offsets: dict[tuple[str, int], int] | None = None,
) -> None:
    observer.standing(Standing(NOW_MS, unread, next_offsets or {}, 3))


@pytest.fixture
def observer() -> PrometheusObserver:
    found = PrometheusObserver(Topics(), ("web", "app"))
    found.describe_model(StubModel(), "cpu")
    found.describe_rules(RulesetRef("r", "1", "0" * 64))
    return found


def test_it_is_an_observer(observer: PrometheusObserver) -> None:
    seen: Observer = observer
    seen.consumed(1)


def test_every_series_is_there_from_the_start(observer: PrometheusObserver) -> None:
    found = samples(observer)
    names = {name for name, _ in found}
    assigned_later = {"partition_unread_records", "partition_next_offset"}
    for metric in CATALOGUE:
        if metric.name not in assigned_later:
            assert set(metric.samples) <= names
        for values in combinations(metric) if not metric.bounded else ():
            labels = frozenset(zip(metric.labels, values, strict=True))
            assert (metric.samples[-1], labels) in found


def test_nothing_is_served_that_is_not_in_the_catalogue(observer: PrometheusObserver) -> None:
    stand(observer, {(Topics().messages, 0): 1}, {(Topics().messages, 0): 5})
    known = {name for metric in CATALOGUE for name in metric.samples}
    ours = {name for name, _ in samples(observer) if name.startswith("chat_router_")}
    assert ours == known


def test_the_series_of_one_instance_are_bounded(observer: PrometheusObserver) -> None:
    rows = [name for name, _ in samples(observer) if name.startswith("chat_router_")]
    assert len(rows) < 600


def test_the_goal_of_latency_is_a_bucket_edge() -> None:
    assert LATENCY_GOAL_S in MESSAGE_LATENCY.buckets


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
    observer.inferred(Run([3, 9, 4], 0.004, ALL_TAKEN))
    assert value(observer, "tokens_total", kind="real") == 16
    assert value(observer, "tokens_total", kind="padding") == 11
    assert value(observer, "batch_messages_sum") == 3
    assert value(observer, "batch_tokens_sum") == 27
    assert value(observer, "stage_duration_seconds_count", stage="infer") == 1
    assert value(observer, "batches_total", cause=ALL_TAKEN) == 1


def test_takeovers_and_what_they_read_are_counted(observer: PrometheusObserver) -> None:
    observer.restored(40, 0.5)
    observer.revoked(0)
    assert value(observer, "partition_moves_total", event="assigned") == 1
    assert value(observer, "partition_moves_total", event="revoked") == 1
    assert value(observer, "restored_records_total") == 40
    assert value(observer, "restore_duration_seconds_count") == 1


def test_lag_of_a_partition_that_is_gone_is_no_series(observer: PrometheusObserver) -> None:
    topic = Topics().messages
    stand(observer, {(topic, 0): 5, (topic, 1): 7}, {(topic, 0): 40, (topic, 1): 41})
    assert value(observer, "unread_records", topic=topic) == 12
    assert value(observer, "partition_unread_records", topic=topic, partition="1") == 7
    assert value(observer, "partition_next_offset", topic=topic, partition="1") == 41
    stand(observer, {(topic, 1): 2})
    assert value(observer, "unread_records", topic=topic) == 2
    with pytest.raises(KeyError):
        value(observer, "partition_unread_records", topic=topic, partition="0")


def test_lag_by_partition_is_bounded_to_those_furthest_behind(
    observer: PrometheusObserver,
) -> None:
    topic = Topics().messages
    stand(observer, {(topic, number): number for number in range(500)})
    rows = [key for key in samples(observer) if key[0] == "chat_router_partition_unread_records"]
    assert len(rows) == MAX_PARTITION_SERIES
    assert value(observer, "partition_unread_records", topic=topic, partition="499") == 499
    assert value(observer, "unread_records", topic=topic) == sum(range(500))


def test_the_loop_and_the_producer_are_asked_at_each_scrape(observer: PrometheusObserver) -> None:
    assert value(observer, "last_loop_timestamp_seconds") == 0
    uncertain = [0]
    observer.watch(loop_age_s=lambda: 1.0, uncertain=lambda: uncertain[0])
    uncertain[0] = 2
    assert value(observer, "uncertain_transactions_total") == 2
    assert value(observer, "last_loop_timestamp_seconds") > 0


def test_models_are_described(observer: PrometheusObserver) -> None:
    observer.describe_model(StubModel(), "cuda")
    labels = {
        "task": "all",
        "name": "stub",
        "version": "0",
        "requested": "cuda",
        "provider": "stub",
    }
    assert value(observer, "model_info", **labels) == 1


def test_a_takeover_under_way_has_a_beginning(observer: PrometheusObserver) -> None:
    assert value(observer, "restore_started_timestamp_seconds") == 0
    observer.restoring()
    assert value(observer, "restore_started_timestamp_seconds") > 0
    assert observer.restoring_now
    observer.restored(1, 0.1)
    assert value(observer, "restore_started_timestamp_seconds") == 0
    assert not observer.restoring_now


def test_an_open_circuit_is_one(observer: PrometheusObserver) -> None:
    assert value(observer, "circuit_open") == 0
    observer.circuit(True)
    assert value(observer, "circuit_open") == 1
    observer.circuit(False)
    assert value(observer, "circuit_open") == 0


def test_what_retention_took_is_counted(observer: PrometheusObserver) -> None:
    observer.published(Published.COMMITTED, 0.01, [Work([], [], 7)], NOW_MS)
    assert value(observer, "lost_records_total") == 7


def test_waiting_and_stages_are_timed(observer: PrometheusObserver) -> None:
    observer.waited(0.2)
    observer.staged("decode", 0.3)
    assert value(observer, "queue_duration_seconds_sum") == pytest.approx(0.2)
    assert value(observer, "stage_duration_seconds_sum", stage="decode") == pytest.approx(0.3)


def test_reasons_are_those_of_the_contract() -> None:
    assert "null_value" in REJECT_REASONS
    assert "loop" in REJECT_REASONS


def test_two_observers_do_not_share_their_numbers() -> None:
    first, second = PrometheusObserver(Topics()), PrometheusObserver(Topics())
    first.consumed(3)
    assert value(second, "records_consumed_total") == 0


def angry_turn() -> tuple[Understood, Routed]:
    model = StubModel()
    router = Router(default_ruleset(), model.refs, "/chat-router/test")
    angry = MessageReceived("m", "c", "我要投诉，转人工", "2026-01-01T00:00:00Z", channel="app")
    at = Turn(record(5), angry, "default:c", NOW_MS)
    (prepared,) = model.prepare([angry.text])
    (understood,) = understand(model, [(at, prepared)])
    assert isinstance(understood, Understood)
    return understood, router.decide(understood, None, NOW_MS)


def test_decisions_and_escalations_of_the_router_are_counted(
    observer: PrometheusObserver,
) -> None:
    understood, routed = angry_turn()
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


def test_turns_are_counted_by_language_and_channel(observer: PrometheusObserver) -> None:
    understood, routed = angry_turn()
    observer.published(Published.COMMITTED, 0.01, [Work([understood], [routed])], NOW_MS)
    place = {"language": "zh", "channel": "app"}
    assert value(observer, "customer_turns_total", category="complaint", **place) == 1
    assert value(observer, "intents_total", intent="contact_agent", **place) == 1
    assert value(observer, "active_conversations", mood="negative", **place) == 1


@pytest.mark.parametrize(("late_ms", "overdue"), [(0, 0), (1, 1)])
def test_open_escalations_are_counted_by_state_and_by_whether_they_are_overdue(
    observer: PrometheusObserver, late_ms: int, overdue: int
) -> None:
    _, routed = angry_turn()
    waiting = [one for one in routed.state.open if one.kind == "human_request"]
    now_ms = waiting[0].ack_due_ms + late_ms
    observer.standing(Standing(now_ms, {}, {}, 1, waiting))
    assert value(observer, "open_escalations", kind="human_request", state="open") == 1
    assert value(observer, "open_escalations", kind="anger", state="open") == 0
    assert value(observer, "overdue_escalations", kind="human_request") == overdue
    observer.standing(Standing(now_ms, {}, {}, 1))
    assert value(observer, "open_escalations", kind="human_request", state="open") == 0
