"""Counts what the pipeline tells and keeps it for Prometheus. Serves nothing."""

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Info, ProcessCollector, disable_created_metrics

from consumer import __version__
from consumer.contract.decision import ModelRef, RoutingDecided, RulesetRef
from consumer.contract.identity import conversation_key
from consumer.contract.known_values import DEGRADED_REASONS, ESCALATION_KINDS
from consumer.contract.message import ConversationClosed
from consumer.contract.topics import Topics
from consumer.ports import Published
from consumer.records import FeedbackTurn, Rejected, Turn, Understood
from consumer.telemetry import catalogue
from consumer.telemetry.feedback import FeedbackCounts
from consumer.telemetry.floor import Floor
from consumer.telemetry.instruments import (
    Labels,
    counter,
    counters,
    gauge,
    gauges,
    histogram,
    histograms,
)
from consumer.telemetry.latency import LatencyHistogram
from consumer.telemetry.metric import OTHER
from consumer.telemetry.observer import Deciding, Run, Standing, Work
from consumer.telemetry.sources import Progress, Watched

_MS_PER_S = 1_000


class PrometheusObserver:
    """The `Observer` of a running service. Every series is there from the start."""

    def __init__(
        self, topics: Topics, channels: Sequence[str] = (), deployment: str = "default"
    ) -> None:
        # Process-wide; it doubles the number of series and says nothing that we need.
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library has no types here
        self.registry = registry = CollectorRegistry()
        self._consumed = counter(catalogue.RECORDS_CONSUMED, registry)
        self._lost = counter(catalogue.LOST, registry)
        self._in_flight = gauge(catalogue.IN_FLIGHT, registry)
        self._queue_s = histogram(catalogue.QUEUE_DURATION, registry)
        self._batch_messages = histogram(catalogue.BATCH_MESSAGES, registry)
        self._batch_tokens = histogram(catalogue.BATCH_TOKENS, registry)
        self._batches = counters(catalogue.BATCHES, registry)
        tokens = counters(catalogue.TOKENS, registry)
        self._real, self._padding = tokens[(catalogue.REAL,)], tokens[(catalogue.PADDING,)]
        self._stages = histograms(catalogue.STAGE_DURATION, registry)
        self._transaction_s = histogram(catalogue.TRANSACTION_DURATION, registry)
        self._transactions = counters(catalogue.TRANSACTIONS, registry)
        self._last_commit = gauge(catalogue.LAST_COMMIT, registry)
        self._rejected = counters(catalogue.RECORDS_REJECTED, registry)
        self._circuit = gauge(catalogue.CIRCUIT_OPEN, registry)
        self._partitions = gauge(catalogue.PARTITIONS, registry)
        self._moves = counters(catalogue.MOVES, registry)
        self._restore_started = gauge(catalogue.RESTORE_STARTED, registry)
        self._restore_s = histogram(catalogue.RESTORE_DURATION, registry)
        self._restored = counter(catalogue.RESTORED_RECORDS, registry)
        self._conversations = gauge(catalogue.CONVERSATIONS, registry)
        self._decisions = counters(catalogue.DECISIONS, registry)
        self._degraded = counters(catalogue.DEGRADED, registry)
        self._escalations = counters(catalogue.ESCALATIONS, registry)
        self._open = gauges(catalogue.OPEN_ESCALATIONS, registry)
        self._overdue = gauges(catalogue.OVERDUE_ESCALATIONS, registry)
        self._latency = LatencyHistogram(catalogue.MESSAGE_LATENCY)
        self._progress = Progress((topics.messages, topics.feedback))
        self._watched = Watched()
        self._floor = Floor(channels)
        for collector in (self._latency, self._progress, self._watched, self._floor):
            registry.register(collector)
        ProcessCollector(registry=registry)
        self._feedback = FeedbackCounts(registry, self._floor.overridden)
        self._reloads = counters(catalogue.RULES_RELOADS, registry)
        self._ruleset = Info(catalogue.RULESET.full_name, catalogue.RULESET.help, registry=registry)
        build = Info(catalogue.BUILD.full_name, catalogue.BUILD.help, registry=registry)
        build.info({"version": __version__, "deployment": deployment})
        self._models = Info(
            catalogue.MODEL.full_name, catalogue.MODEL.help, ["task"], registry=registry
        )
        self.restoring_now = False

    def describe_model(self, model: Deciding, requested: str) -> None:
        """Says which models decide and where they run, and learns what they can name."""
        self._floor.know(model.languages, model.intents)
        self._models.clear()
        for ref in model.refs:
            self._models.labels(ref.task).info(_model_labels(ref, requested, model.provider))

    def describe_rules(self, ref: RulesetRef) -> None:
        """Says which rules decide."""
        self._ruleset.info({"name": ref.name, "version": ref.version, "sha256": ref.sha256})

    def rules_reloaded(self, outcome: str) -> None:
        """Rules files changed, and were applied or refused; may be called on any thread."""
        self._reloads[(outcome,)].inc()

    def watch(self, *, loop_age_s: Callable[[], float], uncertain: Callable[[], int]) -> None:
        """Where to read at each scrape what nobody tells; both may be called on any thread."""
        self._watched.loop_age_s = loop_age_s
        self._watched.uncertain = uncertain

    def consumed(self, records: int) -> None:
        """Records were read."""
        self._consumed.inc(records)

    def in_flight(self, messages: int, partitions: int) -> None:
        """How much is being worked on."""
        self._in_flight.set(messages)
        self._partitions.set(partitions)

    def waited(self, seconds: float) -> None:
        """The oldest message of a window has met a free model."""
        self._queue_s.observe(seconds)

    def inferred(self, run: Run) -> None:
        """A model run: what of it was messages and what padding."""
        real = sum(run.lengths)
        padded = len(run.lengths) * max(run.lengths, default=0)
        self._stages[(catalogue.INFER,)].observe(run.seconds)
        self._batches[(run.cause,)].inc()
        self._batch_messages.observe(len(run.lengths))
        self._batch_tokens.observe(padded)
        self._real.inc(real)
        self._padding.inc(padded - real)

    def staged(self, stage: str, seconds: float) -> None:
        """A batch passed a stage."""
        self._stages[(stage,)].observe(seconds)

    def published(
        self, outcome: Published, seconds: float, work: Sequence[Work], now_ms: int
    ) -> None:
        """A transaction ended; only what is visible counts as published."""
        self._transaction_s.observe(seconds)
        if outcome is not Published.COMMITTED:
            self._transactions[(catalogue.NOT_COMMITTED,)].inc()
            return
        self._transactions[(catalogue.COMMITTED,)].inc()
        self._last_commit.set(now_ms / _MS_PER_S)
        for one in work:
            self._latency.observe(one.outcomes, now_ms)
            self._lost.inc(one.lost)
            self._count(one, now_ms)
            self._feedback.count(one)

    def restoring(self) -> None:
        """A partition is being taken over."""
        self.restoring_now = True
        self._restore_started.set(time.time())

    def restored(self, records: int, seconds: float) -> None:
        """A partition was taken over."""
        self.restoring_now = False
        self._restore_started.set(0)
        self._moves[(catalogue.ASSIGNED,)].inc()
        self._restored.inc(records)
        self._restore_s.observe(seconds)

    def revoked(self, partition: int) -> None:
        """A partition was given up."""
        self._moves[(catalogue.REVOKED,)].inc()
        self._floor.give_up(partition)

    def standing(self, standing: Standing) -> None:
        """How all our partitions stand."""
        self._progress.set(standing.unread, standing.next_offsets)
        self._conversations.set(standing.conversations)
        self._floor.age(standing.at_ms)
        found: Tally[Labels] = Tally(
            (_known_kind(one.kind), one.state) for one in standing.escalations
        )
        for labels, shown in self._open.items():
            shown.set(found[labels])
        late: Tally[Labels] = Tally(
            (_known_kind(one.kind),)
            for one in standing.escalations
            if one.state == catalogue.OPEN and one.ack_due_ms < standing.at_ms
        )
        for kind, overdue in self._overdue.items():
            overdue.set(late[kind])

    def circuit(self, is_open: bool) -> None:
        """Whether any partition of ours is halted."""
        self._circuit.set(is_open)

    def unread(self) -> int:
        """The unread records last told of, all partitions together."""
        return self._progress.total()

    def _count(self, work: Work, now_ms: int) -> None:
        """One pass over the outcomes, one over what came of them: this is a hot path."""
        turns: dict[int, Turn] = {}
        for one in work.outcomes:
            if isinstance(one, Understood):
                turns[one.turn.record.offset] = one.turn
            elif isinstance(one, Rejected):
                self._rejected[(one.reason,)].inc()
            elif isinstance(one, FeedbackTurn) and isinstance(one.event, ConversationClosed):
                self._floor.forget(one.key)
        actions: dict[str, int] = {}
        for routed in work.routed:
            decision = routed.decision
            if decision is not None:
                actions[decision.action] = actions.get(decision.action, 0) + 1
                self._place(decision, turns.get(decision.source.offset), now_ms)
                if decision.degraded_reasons:
                    self._count_flaws(decision.degraded_reasons)
            for name, event in routed.escalations:
                change = name.rpartition(".")[2]
                self._escalations[(_known_kind(event.kind), change)].inc()
        for action, count in actions.items():
            self._decisions[(_known(action, catalogue.ACTIONS),)].inc(count)

    def _place(self, decision: RoutingDecided, turn: Turn | None, now_ms: int) -> None:
        if turn is not None:
            self._floor.decided(turn.key, decision, turn.message.channel, now_ms)
        else:  # an unusable record: nobody knows its channel
            key = conversation_key(decision.tenant_id, decision.conversation_id)
            self._floor.decided(key, decision, OTHER, now_ms)

    def _count_flaws(self, reasons: Iterable[str]) -> None:
        for reason in reasons:
            self._degraded[(_known(reason, DEGRADED_REASONS),)].inc()


def _model_labels(ref: ModelRef, requested: str, provider: str) -> dict[str, str]:
    return {
        "name": ref.name,
        "version": ref.version,
        "requested": requested,
        "provider": provider,
    }


def _known_kind(kind: str) -> str:
    return _known(kind, ESCALATION_KINDS)


def _known(value: str, known: Sequence[str]) -> str:
    return value if value in known else OTHER
