"""Every metric, declared once as data: name, unit, help, closed labels, buckets. Counts nothing.

Labels hold only values known here or at start. No ids, no text, no raw errors.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

from consumer.contract.known_values import ESCALATION_KINDS
from consumer.records import RejectReason
from consumer.routing.rules_files import APPLIED, REFUSED

NAMESPACE = "chat_router"
LATENCY_GOAL_S = 0.25
"""The service level: a bucket edge, so that the share within it is exact."""

REJECT_REASONS: tuple[str, ...] = get_args(RejectReason)
ACTIONS = ("answer", "route", "offer_human", "escalate")
FEEDBACK_KINDS = (
    "decision_overridden",
    "escalation_acknowledged",
    "escalation_judged",
    "conversation_closed",
)
CHANGES = ("opened", "updated", "resolved")
COMMITTED, NOT_COMMITTED = "committed", "not_committed"
ASSIGNED, REVOKED = "assigned", "revoked"
REAL, PADDING = "real", "padding"
INFER = "infer"
# What a newer ruleset may bring is counted here until the catalogue knows it.
OTHER = "other"

MAX_OPEN_VALUES = 200
# Of a decision that was made before this process remembers.
FORGOTTEN = "forgotten"
RIGHT, WRONG = "right", "wrong"

Kind = Literal["counter", "gauge", "histogram", "info"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `labels` maps each label to all the values it can take.

    The values of an open label are those of rules and models: at most `MAX_OPEN_VALUES` of them
    are told apart, in the order in which they come; further ones are `other`.
    """

    name: str
    kind: Kind
    help: str
    unit: str = ""
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()
    open_label: str = ""

    @property
    def full_name(self) -> str:
        """'chat_router_restore_duration_seconds'; a counter's samples add `_total`."""
        return "_".join(part for part in (NAMESPACE, self.name, self.unit) if part)


_LATENCY_EDGES = (0.01, 0.025, 0.05, 0.1, LATENCY_GOAL_S, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)
_DURATION_EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_RESTORE_EDGES = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_MESSAGE_EDGES = tuple(float(2**power) for power in range(11))
_TOKEN_EDGES = tuple(float(2**power) for power in range(3, 16))

RECORDS_CONSUMED = Metric("records_consumed", "counter", "Records read from the input topics.")
RECORDS_REJECTED = Metric(
    "records_rejected",
    "counter",
    "Records that became a dead letter, by reason.",
    labels={"reason": REJECT_REASONS},
)
DECISIONS = Metric(
    "decisions", "counter", "Decisions published, by action.", labels={"action": (*ACTIONS, OTHER)}
)
ESCALATIONS = Metric(
    "escalations",
    "counter",
    "Escalation events published, by kind and change.",
    labels={"kind": (*ESCALATION_KINDS, OTHER), "change": CHANGES},
)
MESSAGE_LATENCY = Metric(
    "message_latency",
    "histogram",
    "From the record's timestamp to the commit of its outcome.",
    "seconds",
    buckets=_LATENCY_EDGES,
)
TRANSACTION_DURATION = Metric(
    "transaction_duration",
    "histogram",
    "From the first record of a transaction to its end.",
    "seconds",
    buckets=_DURATION_EDGES,
)
TRANSACTIONS = Metric(
    "transactions",
    "counter",
    "Transactions ended, by outcome.",
    labels={"outcome": (COMMITTED, NOT_COMMITTED)},
)
PRODUCER_REBUILDS = Metric(
    "producer_rebuilds", "counter", "Producers made anew after a transaction of unknown outcome."
)
BATCH_MESSAGES = Metric(
    "batch_messages", "histogram", "Messages of one model run.", buckets=_MESSAGE_EDGES
)
BATCH_TOKENS = Metric(
    "batch_tokens", "histogram", "Padded tokens of one model run.", buckets=_TOKEN_EDGES
)
TOKENS = Metric(
    "tokens",
    "counter",
    "Tokens that ran through the model: of messages, and of padding.",
    labels={"kind": (REAL, PADDING)},
)
STAGE_DURATION = Metric(
    "stage_duration",
    "histogram",
    "Time of one batch in a stage.",
    "seconds",
    labels={"stage": (INFER,)},
    buckets=_DURATION_EDGES,
)
IN_FLIGHT = Metric("inflight_messages", "gauge", "Messages read whose outcome is not ready yet.")
PARTITIONS = Metric("assigned_partitions", "gauge", "Input partitions that are ours.")
REBALANCES = Metric(
    "partition_moves",
    "counter",
    "Partitions taken over or given up.",
    labels={"event": (ASSIGNED, REVOKED)},
)
RESTORE_DURATION = Metric(
    "restore_duration",
    "histogram",
    "Time to read one partition's state at takeover.",
    "seconds",
    buckets=_RESTORE_EDGES,
)
RESTORED_RECORDS = Metric("restored_records", "counter", "State records read at takeovers.")
UNREAD = Metric(
    "unread_records", "gauge", "Records of our partitions that are not read yet, by topic."
)
PARTITION_UNREAD = Metric(
    "partition_unread_records", "gauge", "The same by partition; those furthest behind only."
)
CONVERSATIONS = Metric("conversations", "gauge", "Conversation states held.")
LAST_LOOP = Metric(
    "last_loop_timestamp", "gauge", "When the loop last turned; 0 before it starts.", "seconds"
)
LAST_COMMIT = Metric(
    "last_commit_timestamp", "gauge", "When a transaction last committed; 0 before.", "seconds"
)
FEEDBACK_EVENTS = Metric(
    "feedback",
    "counter",
    "What people said, by kind of event.",
    labels={"event": FEEDBACK_KINDS},
)
JUDGEMENTS = Metric(
    "escalations_judged",
    "counter",
    "Escalations that somebody called right or wrong, by kind.",
    labels={"kind": (*ESCALATION_KINDS, OTHER, FORGOTTEN), "verdict": (RIGHT, WRONG)},
)
INTENT_DECISIONS = Metric(
    "intent_decisions", "counter", "Decisions published, by intent.", open_label="intent"
)
INTENT_OVERRIDES = Metric(
    "intent_overrides",
    "counter",
    "Decisions that a person changed, by intent.",
    open_label="intent",
)
RULE_DECISIONS = Metric(
    "rule_decisions", "counter", "Decisions published, by rule.", open_label="rule"
)
RULE_OVERRIDES = Metric(
    "rule_overrides", "counter", "Decisions that a person changed, by rule.", open_label="rule"
)
RULES_RELOADS = Metric(
    "rules_reloads",
    "counter",
    "Changed rules files, by what became of them; those refused changed nothing.",
    labels={"outcome": (APPLIED, REFUSED)},
)
RULESET = Metric("ruleset", "info", "The rules that decide for tenants without their own.")
BUILD = Metric("build", "info", "The running version.")
MODEL = Metric("model", "info", "The models that decide.")

CATALOGUE = (
    RECORDS_CONSUMED,
    RECORDS_REJECTED,
    DECISIONS,
    ESCALATIONS,
    MESSAGE_LATENCY,
    TRANSACTION_DURATION,
    TRANSACTIONS,
    PRODUCER_REBUILDS,
    BATCH_MESSAGES,
    BATCH_TOKENS,
    TOKENS,
    STAGE_DURATION,
    IN_FLIGHT,
    PARTITIONS,
    REBALANCES,
    RESTORE_DURATION,
    RESTORED_RECORDS,
    UNREAD,
    PARTITION_UNREAD,
    CONVERSATIONS,
    LAST_LOOP,
    LAST_COMMIT,
    FEEDBACK_EVENTS,
    JUDGEMENTS,
    INTENT_DECISIONS,
    INTENT_OVERRIDES,
    RULE_DECISIONS,
    RULE_OVERRIDES,
    RULES_RELOADS,
    RULESET,
    BUILD,
    MODEL,
)
