"""Rows of the operations dashboard that follow a message from the input to the models."""

from consumer.telemetry.catalogue import LATENCY_GOAL_S
from consumer.telemetry.dashboards.parts import Panel, Query, Row
from consumer.telemetry.dashboards.queries import RATE_WINDOW, quantile_panel, quantiles, rate

_EDGE = f"{LATENCY_GOAL_S:g}"
_BURN = "namespace_job:chat_router_message_latency_slow"

SERVICE_LEVEL = Row(
    "Service level: 99 % committed within 250 ms of the broker's timestamp",
    (
        Panel(
            "Within 250 ms, last 5 minutes",
            "The goal is 99 %.",
            "percentunit",
            (
                Query(
                    "sum(rate(chat_router_message_latency_seconds_bucket"
                    f'{{S, le="{_EDGE}"}}[5m]))'
                    " / sum(rate(chat_router_message_latency_seconds_count{S}[5m]))"
                ),
            ),
            "stat",
        ),
        Panel(
            "Budget burn",
            "1 uses up the month's budget in a month, 14.4 in two days. The alert wants both a long"
            " and a short window above.",
            "short",
            tuple(
                Query(
                    f'{_BURN}:ratio_rate{window}{{namespace=~"$namespace", job=~"$job"}} / 0.01',
                    window,
                )
                for window in ("5m", "1h", "6h", "1d", "3d")
            ),
        ),
        quantile_panel(
            "chat_router_message_latency_seconds",
            "s",
            "Latency of messages",
            "From the record's timestamp to the commit of its outcome.",
        ),
    ),
)
FLOW = Row(
    "Lag and throughput",
    (
        Panel(
            "Unread records",
            "Frozen while the loop is stalled: look at the age of its last turn first.",
            "short",
            (Query("sum by (topic) (chat_router_unread_records{S})", "{{topic}}"),),
        ),
        Panel(
            "Backlog in seconds of work",
            "Unread records over the rate they are read at.",
            "s",
            (
                Query(
                    'namespace_job:chat_router_backlog:seconds{namespace=~"$namespace",'
                    ' job=~"$job"}',
                    "{{job}}",
                ),
            ),
        ),
        Panel(
            "Records in, outcomes out",
            "Decisions also stand for the dead letters whose conversation can be read.",
            "ops",
            (
                Query(rate("chat_router_records_consumed_total"), "read"),
                Query(rate("chat_router_decisions_total"), "decided"),
                Query(rate("chat_router_records_rejected_total"), "dead letters"),
            ),
        ),
        Panel(
            "In flight",
            "Read, and not decided yet. At loop.max_in_flight reading slows down to a trickle.",
            "short",
            (Query("sum by (instance) (chat_router_inflight_messages{S})", "{{instance}}"),),
        ),
    ),
)
PARTITIONS = Row(
    "Partitions",
    (
        Panel(
            "Furthest behind",
            "The ten partitions with most unread records.",
            "short",
            (
                Query(
                    "topk(10, sum by (topic, partition) (chat_router_partition_unread_records{S}))",
                    "{{topic}}[{{partition}}]",
                ),
            ),
        ),
        Panel(
            "Progress, the slowest ten",
            "Committed offsets a second. A line at zero beside others that move is a partition that"
            " hangs.",
            "ops",
            (
                Query(
                    "bottomk(10, sum by (topic, partition)"
                    f" (rate(chat_router_partition_next_offset{{S}}{RATE_WINDOW})))",
                    "{{topic}}[{{partition}}]",
                ),
            ),
        ),
        Panel(
            "Partitions held",
            "The sum must be the input's partition count.",
            "short",
            (Query("sum by (instance) (chat_router_assigned_partitions{S})", "{{instance}}"),),
            stacked=True,
        ),
        Panel(
            "Partitions moved",
            "Every deploy moves each partition once or twice; a sawtooth that does not end is a"
            " rebalance loop.",
            "ops",
            (Query(rate("chat_router_partition_moves_total", "event"), "{{event}}"),),
        ),
        Panel(
            "State restored in",
            "Reading one partition's state at takeover, and how long the one under way has taken.",
            "s",
            (
                *quantiles("chat_router_restore_duration_seconds"),
                Query(
                    "max((time() - chat_router_restore_started_timestamp_seconds{S})"
                    " * (chat_router_restore_started_timestamp_seconds{S} > bool 0))",
                    "under way",
                ),
            ),
        ),
        Panel(
            "State records read",
            "Conversation states read at takeovers. Grows with state.idle_ttl_s and with a"
            " compaction that lags.",
            "ops",
            (Query(rate("chat_router_restored_records_total"), "read"),),
        ),
    ),
)
BATCHING = Row(
    "Batching",
    (
        quantile_panel(
            "chat_router_queue_duration_seconds",
            "s",
            "Wait for a free model",
            "The oldest message of each window. Grows first when the models are the bottleneck.",
        ),
        quantile_panel(
            "chat_router_batch_messages",
            "short",
            "Messages in a run",
            "Small under little load: nothing waits for company.",
        ),
        quantile_panel(
            "chat_router_batch_tokens",
            "short",
            "Padded tokens in a run",
            "At most workers.token_budget, but for one text that is longer.",
        ),
        Panel(
            "Padding",
            "Share of the tokens that the model ran for nothing.",
            "percentunit",
            (
                Query(
                    rate("chat_router_tokens_total", more='kind="padding"')
                    + f" / {rate('chat_router_tokens_total')}",
                    "padding",
                ),
            ),
        ),
        Panel(
            "Why runs closed",
            "tokens: the budget was used up; window: the window was full; ready: all was taken.",
            "ops",
            (Query(rate("chat_router_batches_total", "cause"), "{{cause}}"),),
            stacked=True,
        ),
    ),
)
STAGES = Row(
    "Stages",
    (
        Panel(
            "Time in a stage, p99",
            "Of one batch.",
            "s",
            (
                Query(
                    "histogram_quantile(0.99,"
                    f" {rate('chat_router_stage_duration_seconds_bucket', 'le, stage')})",
                    "{{stage}}",
                ),
            ),
        ),
        Panel(
            "Where the time goes",
            "Seconds of each stage in a second; what nears the number of its threads is the"
            " bottleneck.",
            "cores",
            (
                Query(rate("chat_router_stage_duration_seconds_sum", "stage"), "{{stage}}"),
                Query(rate("chat_router_transaction_duration_seconds_sum"), "publish"),
            ),
            stacked=True,
        ),
        Panel(
            "Where models run",
            "One line a model; provider must be what was requested.",
            "short",
            (
                Query(
                    "count by (task, name, version, requested, provider)"
                    " (chat_router_model_info{S})"
                ),
            ),
            "table",
        ),
    ),
)
