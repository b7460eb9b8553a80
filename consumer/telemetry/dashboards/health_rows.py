"""Rows of the operations dashboard from the commit on: what came of it, and on what it runs."""

from consumer.telemetry.dashboards.parts import Panel, Query, Row
from consumer.telemetry.dashboards.queries import quantile_panel, rate

# By the job's name, as the alerts: of an instance that is down only its job is known.
_UP = 'up{job="chat-router", namespace=~"$namespace"}'

TRANSACTIONS = Row(
    "Loop and transactions",
    (
        Panel(
            "Age of the last loop turn",
            "Told by the metrics' own thread, so it grows while the loop hangs.",
            "s",
            (
                Query(
                    "time() - (max by (instance) (chat_router_last_loop_timestamp_seconds{S}) > 0)",
                    "{{instance}}",
                ),
            ),
        ),
        Panel(
            "Age of the last commit",
            "Also grows while there is nothing to do.",
            "s",
            (
                Query(
                    "time() - (max by (instance) (chat_router_last_commit_timestamp_seconds{S})"
                    " > 0)",
                    "{{instance}}",
                ),
            ),
        ),
        quantile_panel(
            "chat_router_transaction_duration_seconds",
            "s",
            "Transactions took",
            "About 10 ms on a healthy cluster.",
        ),
        Panel(
            "Transactions",
            "Uncertain ones cost a new producer; the committed offsets tell what became of them.",
            "ops",
            (
                Query(rate("chat_router_transactions_total", "outcome"), "{{outcome}}"),
                Query(rate("chat_router_uncertain_transactions_total"), "uncertain"),
            ),
        ),
    ),
)
ERRORS = Row(
    "Errors and dead letters",
    (
        Panel(
            "Dead letters by reason",
            "`chat-router dlq list` shows them.",
            "ops",
            (Query(rate("chat_router_records_rejected_total", "reason"), "{{reason}}"),),
            stacked=True,
        ),
        Panel(
            "Share of dead letters",
            "Of the records read in five minutes; the alert is at 5 %.",
            "percentunit",
            (
                Query(
                    "sum(rate(chat_router_records_rejected_total{S}[5m]))"
                    " / sum(rate(chat_router_records_consumed_total{S}[5m]))",
                    "dead letters",
                ),
            ),
        ),
        Panel(
            "Degraded decisions",
            "Decisions that stand on less than the whole: why.",
            "ops",
            (Query(rate("chat_router_degraded_decisions_total", "reason"), "{{reason}}"),),
            stacked=True,
        ),
        Panel(
            "Circuit and losses",
            "Both must be zero.",
            "short",
            (
                Query("max(chat_router_circuit_open{S})", "circuit open"),
                Query("sum(chat_router_lost_records_total{S})", "records lost"),
            ),
        ),
    ),
)
DECISIONS = Row(
    "Decisions and escalations",
    (
        Panel(
            "Decisions by action",
            "A sudden change after a rollout is the new rules' or the new model's.",
            "ops",
            (Query(rate("chat_router_decisions_total", "action"), "{{action}}"),),
            stacked=True,
        ),
        Panel(
            "Escalation events",
            "By change.",
            "ops",
            (Query(rate("chat_router_escalations_total", "change"), "{{change}}"),),
        ),
        Panel(
            "Escalations past their due time",
            "Nobody acknowledged them in time.",
            "short",
            (Query("sum by (kind) (chat_router_overdue_escalations{S})", "{{kind}}"),),
            stacked=True,
        ),
        Panel(
            "Overridden decisions by intent",
            "Share of the turns of an intent whose decision a person changed, last six hours.",
            "percentunit",
            (
                Query(
                    "sum by (intent) (rate(chat_router_overrides_total{S}[6h]))"
                    " / (sum by (intent) (rate(chat_router_intents_total{S}[6h])) > 0)",
                    "{{intent}}",
                ),
            ),
        ),
    ),
)
PODS = Row(
    "Pods",
    (
        Panel(
            "Up",
            "Instances that answer a scrape, of those that Prometheus knows.",
            "short",
            (Query(f"sum({_UP})", "answer"), Query(f"count({_UP})", "known")),
        ),
        Panel(
            "CPU",
            "Cores used.",
            "cores",
            (
                Query(
                    "sum by (instance) (rate(process_cpu_seconds_total{S}[$__rate_interval])"
                    " and on (instance, job) chat_router_build_info{S})",
                    "{{instance}}",
                ),
            ),
        ),
        Panel(
            "Memory",
            "Resident.",
            "bytes",
            (
                Query(
                    "sum by (instance) (process_resident_memory_bytes{S}"
                    " and on (instance, job) chat_router_build_info{S})",
                    "{{instance}}",
                ),
            ),
        ),
        Panel(
            "Conversations held",
            "Bounded by state.max_conversations for each partition.",
            "short",
            (Query("sum by (instance) (chat_router_conversations{S})", "{{instance}}"),),
            stacked=True,
        ),
        Panel(
            "Versions",
            "More than one only during a rollout.",
            "short",
            (Query("count by (version, deployment) (chat_router_build_info{S})"),),
            "table",
        ),
        Panel(
            "Rules in force",
            "More than one only while changed files are being taken over.",
            "short",
            (Query("count by (name, version) (chat_router_ruleset_info{S})"),),
            "table",
        ),
        Panel(
            "Changed rules files",
            "A refused file changed nothing: the old rules decide on.",
            "short",
            (
                Query(
                    "sum by (outcome) (increase(chat_router_rules_reloads_total{S}[1h]))",
                    "{{outcome}}",
                ),
            ),
        ),
    ),
)
