"""Every metric, declared once as data, in the order that a message travels. Counts nothing.

Most have no label. The largest, `intents`, has at most 13 series for each language and channel,
and the channels are a setting.
"""

from typing import get_args

from consumer.contract.known_values import CATEGORIES, DEGRADED_REASONS, ESCALATION_KINDS
from consumer.records import RejectReason
from consumer.routing.rules_files import APPLIED, REFUSED
from consumer.telemetry.metric import OTHER, Metric

LATENCY_GOAL_S = 0.25
"""The service level: a bucket edge, so that the share within it is exact."""

REJECT_REASONS: tuple[str, ...] = get_args(RejectReason)
ACTIONS = ("answer", "route", "offer_human", "escalate")
CHANGES = ("opened", "updated", "resolved")
COMMITTED, NOT_COMMITTED = "committed", "not_committed"
ASSIGNED, REVOKED = "assigned", "revoked"
REAL, PADDING = "real", "padding"
DECODE, TOKENIZE, INFER, DECIDE = "decode", "tokenize", "infer", "decide"
TOKENS_FULL, WINDOW_FULL, ALL_TAKEN = "tokens", "window", "ready"
OPEN, ACKNOWLEDGED = "open", "acknowledged"
NEGATIVE, NEUTRAL, POSITIVE = "negative", "neutral", "positive"
FEEDBACK_KINDS = (
    "decision_overridden",
    "escalation_acknowledged",
    "escalation_judged",
    "conversation_closed",
)
RIGHT, WRONG = "right", "wrong"
# Of a decision or escalation that was made before this process remembers.
FORGOTTEN = "forgotten"

MAX_INTENTS = 20
MAX_RULES = 200
MAX_PARTITION_SERIES = 100
_FURTHEST = f"the {MAX_PARTITION_SERIES} partitions furthest behind"
_TOPIC = "`kafka.topics.messages` and `kafka.topics.feedback`"
_INTENT = f"the bundle's first {MAX_INTENTS} intents, `{OTHER}`"
_RULE = f"the first {MAX_RULES} rule ids met, `{FORGOTTEN}`, `{OTHER}`"
_TALK = {
    "language": f"the bundle's languages, `{OTHER}`",
    "channel": f"`metrics.channels`, `{OTHER}`",
}

_LATENCY_EDGES = (0.01, 0.025, 0.05, 0.1, LATENCY_GOAL_S, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)
_DURATION_EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_STAGE_EDGES = (0.0001, 0.00025, 0.0005, *_DURATION_EDGES)
_RESTORE_EDGES = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_MESSAGE_EDGES = tuple(float(2**power) for power in range(11))
_TOKEN_EDGES = tuple(float(2**power) for power in range(3, 16))

# The loop.
LAST_LOOP = Metric(
    "last_loop_timestamp",
    "gauge",
    "When the loop last turned; 0 before it starts. Told also while the loop hangs.",
    "seconds",
)
LAST_COMMIT = Metric(
    "last_commit_timestamp", "gauge", "When a transaction last committed; 0 before.", "seconds"
)
# In.
RECORDS_CONSUMED = Metric("records_consumed", "counter", "Records read from the input topics.")
UNREAD = Metric(
    "unread_records",
    "gauge",
    "Records of our partitions that are not read yet, by topic.",
    bounded={"topic": _TOPIC},
)
PARTITION_UNREAD = Metric(
    "partition_unread_records",
    "gauge",
    "The same by partition.",
    bounded={"topic": _TOPIC, "partition": _FURTHEST},
)
PARTITION_OFFSET = Metric(
    "partition_next_offset",
    "gauge",
    "First offset without a committed outcome: a partition's progress.",
    bounded={"topic": _TOPIC, "partition": _FURTHEST},
)
LOST = Metric(
    "lost_records", "counter", "Offsets gone or unreadable before they were read (`input.lost`)."
)
IN_FLIGHT = Metric("inflight_messages", "gauge", "Messages read whose outcome is not ready yet.")
# Batching and stages.
QUEUE_DURATION = Metric(
    "queue_duration",
    "histogram",
    "How long the oldest message of a window waited for a free model.",
    "seconds",
    buckets=_STAGE_EDGES,
)
BATCH_MESSAGES = Metric(
    "batch_messages", "histogram", "Messages of one model run.", buckets=_MESSAGE_EDGES
)
BATCH_TOKENS = Metric(
    "batch_tokens", "histogram", "Padded tokens of one model run.", buckets=_TOKEN_EDGES
)
BATCHES = Metric(
    "batches",
    "counter",
    "Model runs, by why no more messages went into them: the token budget was used up, the window"
    " was full, or all that was ready was taken.",
    labels={"cause": (TOKENS_FULL, WINDOW_FULL, ALL_TAKEN)},
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
    "Time of one batch in a stage; publishing is `transaction_duration`.",
    "seconds",
    labels={"stage": (DECODE, TOKENIZE, INFER, DECIDE)},
    buckets=_STAGE_EDGES,
)
# Out.
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
UNCERTAIN = Metric(
    "uncertain_transactions",
    "counter",
    "Transactions that did not end cleanly and promptly. Each cost a new producer; the committed"
    " offsets told what had become of it.",
)
RECORDS_REJECTED = Metric(
    "records_rejected",
    "counter",
    "Records that became a dead letter, by reason.",
    labels={"reason": REJECT_REASONS},
)
CIRCUIT_OPEN = Metric(
    "circuit_open",
    "gauge",
    "1 while a partition of ours is halted by dead letters or damage, else 0.",
)
# Partitions and their state.
PARTITIONS = Metric("assigned_partitions", "gauge", "Input partitions that are ours.")
MOVES = Metric(
    "partition_moves",
    "counter",
    "Partitions taken over or given up.",
    labels={"event": (ASSIGNED, REVOKED)},
)
RESTORE_STARTED = Metric(
    "restore_started_timestamp",
    "gauge",
    "When the takeover that is under way began to read state; 0 while there is none.",
    "seconds",
)
RESTORE_DURATION = Metric(
    "restore_duration",
    "histogram",
    "Time to read one partition's state at takeover.",
    "seconds",
    buckets=_RESTORE_EDGES,
)
RESTORED_RECORDS = Metric("restored_records", "counter", "State records read at takeovers.")
CONVERSATIONS = Metric("conversations", "gauge", "Conversation states held.")
# What is decided.
DECISIONS = Metric(
    "decisions", "counter", "Decisions published, by action.", labels={"action": (*ACTIONS, OTHER)}
)
DEGRADED = Metric(
    "degraded_decisions",
    "counter",
    "Reasons for which decisions were degraded; a decision may have several.",
    labels={"reason": (*DEGRADED_REASONS, OTHER)},
)
CUSTOMER_TURNS = Metric(
    "customer_turns",
    "counter",
    "Customer turns decided, by category, language and channel.",
    labels={"category": (*CATEGORIES, OTHER)},
    bounded=_TALK,
)
INTENTS = Metric(
    "intents",
    "counter",
    "Customer turns decided, by intent, language and channel.",
    bounded={"intent": _INTENT, **_TALK},
)
OVERRIDES = Metric(
    "overrides",
    "counter",
    f"Decisions that a person changed, by intent; `{OTHER}` where that is not remembered any more.",
    bounded={"intent": _INTENT},
)
ACTIVE = Metric(
    "active_conversations",
    "gauge",
    "Conversations with a customer turn in the last 15 minutes, by their mood now.",
    labels={"mood": (NEGATIVE, NEUTRAL, POSITIVE)},
    bounded=_TALK,
)
ESCALATIONS = Metric(
    "escalations",
    "counter",
    "Escalation events published, by kind and change.",
    labels={"kind": (*ESCALATION_KINDS, OTHER), "change": CHANGES},
)
OPEN_ESCALATIONS = Metric(
    "open_escalations",
    "gauge",
    "Escalations that are not resolved, by kind and whether somebody has seen them.",
    labels={"kind": (*ESCALATION_KINDS, OTHER), "state": (OPEN, ACKNOWLEDGED)},
)
OVERDUE_ESCALATIONS = Metric(
    "overdue_escalations",
    "gauge",
    "Open escalations that nobody acknowledged by their `ack_due_at`.",
    labels={"kind": (*ESCALATION_KINDS, OTHER)},
)
FEEDBACK_EVENTS = Metric(
    "feedback", "counter", "What people said, by kind of event.", labels={"event": FEEDBACK_KINDS}
)
JUDGEMENTS = Metric(
    "escalations_judged",
    "counter",
    "Escalations that somebody called right or wrong, by kind.",
    labels={"kind": (*ESCALATION_KINDS, OTHER, FORGOTTEN), "verdict": (RIGHT, WRONG)},
)
RULE_DECISIONS = Metric(
    "rule_decisions", "counter", "Decisions published, by rule.", bounded={"rule": _RULE}
)
RULE_OVERRIDES = Metric(
    "rule_overrides",
    "counter",
    "Decisions that a person changed, by rule.",
    bounded={"rule": _RULE},
)
# What runs.
RULES_RELOADS = Metric(
    "rules_reloads",
    "counter",
    "Changed rules files, by what became of them; those refused changed nothing.",
    labels={"outcome": (APPLIED, REFUSED)},
)
RULESET = Metric(
    "ruleset",
    "info",
    "The rules that decide for tenants without their own.",
    bounded={"name": "one", "version": "one", "sha256": "one"},
)
BUILD = Metric(
    "build", "info", "The running version.", bounded={"version": "one", "deployment": "one"}
)
MODEL = Metric(
    "model",
    "info",
    "The models that decide, where they were meant to run, and where they run.",
    bounded={
        "task": "tasks of the bundle",
        "name": "one a task",
        "version": "one a task",
        "requested": "`cpu`, `cuda`",
        "provider": "ONNX Runtime's name",
    },
)

CATALOGUE = tuple(value for value in tuple(globals().values()) if isinstance(value, Metric))
