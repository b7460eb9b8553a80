"""Counts what the pipeline tells and keeps it for Prometheus. Serves nothing."""

from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Info, disable_created_metrics

from consumer import __version__
from consumer.contract.decision import ModelRef, RulesetRef
from consumer.contract.known_values import ESCALATION_KINDS
from consumer.contract.topics import Topics
from consumer.ports import Published, TopicPartition
from consumer.records import Rejected
from consumer.telemetry import catalogue
from consumer.telemetry.feedback import FeedbackCounts
from consumer.telemetry.instruments import counter, counters, gauge, histogram
from consumer.telemetry.latency import LatencyHistogram
from consumer.telemetry.observer import Work
from consumer.telemetry.sources import Unread, Watched


class PrometheusObserver:
    """The `Observer` of a running service. Every series is there from the start."""

    def __init__(self, topics: Topics) -> None:
        # Process-wide; it doubles the number of series and says nothing that we need.
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library has no types here
        self.registry = registry = CollectorRegistry()
        self._consumed = counter(catalogue.RECORDS_CONSUMED, registry)
        self._rejected = counters(catalogue.RECORDS_REJECTED, registry)
        self._decisions = counters(catalogue.DECISIONS, registry)
        self._escalations = counters(catalogue.ESCALATIONS, registry)
        self._transactions = counters(catalogue.TRANSACTIONS, registry)
        self._transaction_s = histogram(catalogue.TRANSACTION_DURATION, registry)
        self._batch_messages = histogram(catalogue.BATCH_MESSAGES, registry)
        self._batch_tokens = histogram(catalogue.BATCH_TOKENS, registry)
        tokens = counters(catalogue.TOKENS, registry)
        self._real, self._padding = tokens[(catalogue.REAL,)], tokens[(catalogue.PADDING,)]
        self._infer_s = histogram(catalogue.STAGE_DURATION, registry)
        self._in_flight = gauge(catalogue.IN_FLIGHT, registry)
        self._partitions = gauge(catalogue.PARTITIONS, registry)
        self._moves = counters(catalogue.REBALANCES, registry)
        self._restore_s = histogram(catalogue.RESTORE_DURATION, registry)
        self._restored = counter(catalogue.RESTORED_RECORDS, registry)
        self._conversations = gauge(catalogue.CONVERSATIONS, registry)
        self._last_commit = gauge(catalogue.LAST_COMMIT, registry)
        self._latency = LatencyHistogram(catalogue.MESSAGE_LATENCY)
        self._unread = Unread((topics.messages, topics.feedback))
        self._watched = Watched()
        for collector in (self._latency, self._unread, self._watched):
            registry.register(collector)
        self._feedback = FeedbackCounts(registry)
        self._reloads = counters(catalogue.RULES_RELOADS, registry)
        self._ruleset = Info(catalogue.RULESET.full_name, catalogue.RULESET.help, registry=registry)
        build = Info(catalogue.BUILD.full_name, catalogue.BUILD.help, registry=registry)
        build.info({"version": __version__})
        self._models = Info(
            catalogue.MODEL.full_name, catalogue.MODEL.help, ["task"], registry=registry
        )

    def describe_models(self, refs: Sequence[ModelRef], provider: str) -> None:
        """Says which models decide, and on what they run."""
        self._models.clear()
        for ref in refs:
            self._models.labels(ref.task).info(
                {"name": ref.name, "version": ref.version, "provider": provider}
            )

    def describe_rules(self, ref: RulesetRef) -> None:
        """Says which rules decide."""
        self._ruleset.info({"name": ref.name, "version": ref.version, "sha256": ref.sha256})

    def rules_reloaded(self, outcome: str) -> None:
        """Rules files changed, and were applied or refused; may be called on any thread."""
        self._reloads[(outcome,)].inc()

    def watch(
        self, *, loop_age_s: Callable[[], float], producer_rebuilds: Callable[[], int]
    ) -> None:
        """Where to read at each scrape what nobody tells; both may be called on any thread."""
        self._watched.loop_age_s = loop_age_s
        self._watched.producer_rebuilds = producer_rebuilds

    def consumed(self, records: int) -> None:
        """Records were read."""
        self._consumed.inc(records)

    def in_flight(self, messages: int, partitions: int) -> None:
        """How much is being worked on."""
        self._in_flight.set(messages)
        self._partitions.set(partitions)

    def published(
        self, outcome: Published, seconds: float, work: Sequence[Work], now_ms: int
    ) -> None:
        """A transaction ended; only what is visible counts as published."""
        self._transaction_s.observe(seconds)
        if outcome is not Published.COMMITTED:
            self._transactions[(catalogue.NOT_COMMITTED,)].inc()
            return
        self._transactions[(catalogue.COMMITTED,)].inc()
        self._last_commit.set(now_ms / 1_000)
        for one in work:
            self._latency.observe(one.outcomes, now_ms)
            self._count_rejected(one)
            self._count_routed(one)
            self._feedback.count(one)

    def restored(self, records: int, seconds: float) -> None:
        """A partition was taken over."""
        self._moves[(catalogue.ASSIGNED,)].inc()
        self._restored.inc(records)
        self._restore_s.observe(seconds)

    def revoked(self) -> None:
        """A partition was given up."""
        self._moves[(catalogue.REVOKED,)].inc()

    def lag(self, unread: Mapping[TopicPartition, int], conversations: int) -> None:
        """Unread records and conversation states held."""
        self._unread.set(unread)
        self._conversations.set(conversations)

    def unread(self) -> int:
        """The unread records last told of, all partitions together."""
        return self._unread.total()

    def inferred(self, lengths: Sequence[int], seconds: float) -> None:
        """A model run: what of it was messages and what padding."""
        real = sum(lengths)
        padded = len(lengths) * max(lengths, default=0)
        self._infer_s.observe(seconds)
        self._batch_messages.observe(len(lengths))
        self._batch_tokens.observe(padded)
        self._real.inc(real)
        self._padding.inc(padded - real)

    def _count_rejected(self, work: Work) -> None:
        reasons = Tally(one.reason for one in work.outcomes if isinstance(one, Rejected))
        for reason, count in reasons.items():
            self._rejected[(reason,)].inc(count)

    def _count_routed(self, work: Work) -> None:
        decided = Tally(one.decision.action for one in work.routed if one.decision is not None)
        for action, count in decided.items():
            self._decisions[_known(action, catalogue.ACTIONS)].inc(count)
        changed = Tally(
            (event.kind, name.rpartition(".")[2])
            for one in work.routed
            for name, event in one.escalations
        )
        for (kind, change), count in changed.items():
            self._escalations[(*_known(kind, ESCALATION_KINDS), change)].inc(count)


def _known(value: str, known: Sequence[str]) -> tuple[str]:
    return (value if value in known else catalogue.OTHER,)
