"""What each alert must say, and must not, to given series: a table for promtool. Runs nothing.

Series are promtool's: `0+60x10` is 0, 60, ... at each minute. Evaluation begins at time 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

JOB = {"namespace": "shop", "job": "chat-router"}
POD = JOB | {"instance": "router-0"}
LATENCY = "chat_router_message_latency_seconds"


@dataclass(frozen=True)
class Firing:
    """One alert that fires: its labels but for severity, and its description."""

    labels: Mapping[str, str]
    description: str


@dataclass(frozen=True)
class Case:
    """`alert` at minute `at_m`, on these series."""

    name: str
    alert: str
    at_m: int
    series: Mapping[str, str]
    fires: Sequence[Firing] = field(default_factory=tuple)


def of(metric: str, labels: Mapping[str, str] = POD, **more: str) -> str:
    """`up{job="chat-router"}`."""
    pairs = ", ".join(f'{name}="{value}"' for name, value in {**labels, **more}.items())
    return f"{metric}{{{pairs}}}"


def latency(fast: str, total: str) -> dict[str, str]:
    return {of(f"{LATENCY}_bucket", le="0.25"): fast, of(f"{LATENCY}_count"): total}


def slow(share: str, long: str, short: str, until: str) -> Firing:
    return Firing(
        JOB | {"long": long, "short": short},
        f"{share} of chat-router's messages in the last {long} were slow;"
        f" the month's budget would be used up {until}.",
    )


def stalled(loop: str, **series: str) -> dict[str, str]:
    """All that the loop tells is frozen; `time()` goes on."""
    return {
        of("chat_router_last_loop_timestamp_seconds"): loop,
        of("chat_router_unread_records", topic="in"): "0x30",
        of("chat_router_inflight_messages"): "0x30",
        of("chat_router_last_commit_timestamp_seconds"): "1x30",
        of("up"): "1x30",
        **latency("500x30", "500x30"),
        **series,
    }


CIRCUIT = Firing(
    POD,
    "router-0 has halted a partition: too many records, or a whole batch, cannot be used.",
)
BURN = "ChatRouterLatencyBudgetBurn"
CASES = (
    Case(
        "a fifth is slow: the month's budget is gone in two days",
        BURN,
        5,
        latency("0+80x5", "0+100x5"),
        [slow("20%", "1h", "5m", "in two days")],
    ),
    Case(
        "8 % are slow for half an hour",
        BURN,
        20,
        latency("0+92x20", "0+100x20"),
        [slow("8%", "6h", "30m", "in five days")],
    ),
    Case(
        "4 % are slow for more than an hour",
        BURN,
        90,
        latency("0+96x90", "0+100x90"),
        [slow("4%", "1d", "2h", "in ten days")],
    ),
    Case(
        "2 % are slow for hours",
        BURN,
        200,
        latency("0+98x200", "0+100x200"),
        [slow("2%", "3d", "6h", "before the month is over")],
    ),
    Case("half a percent is within the goal", BURN, 300, latency("0+199x300", "0+200x300")),
    Case(
        "after ten good minutes the page is over, and the ticket stays",
        BURN,
        75,
        latency("0+80x60 4900+100x20", "0+100x81"),
        [
            slow("16%", "6h", "30m", "in five days"),
            slow("16%", "1d", "2h", "in ten days"),
        ],
    ),
    Case("three slow messages in a night wake nobody", BURN, 60, latency("0x60", "0x30 3x30")),
    Case("a stalled loop observes nothing: NaN is silent", BURN, 20, stalled("0x30")),
    Case(
        "a stalled loop, though its lag is frozen at 0",
        "ChatRouterStalled",
        10,
        stalled("240x30"),
        [Firing(POD, "router-0 has not turned its loop for 6m 0s.")],
    ),
    Case("a loop that turns", "ChatRouterStalled", 10, stalled("0+60x30")),
    Case("a loop that has not begun", "ChatRouterStalled", 10, stalled("0x30")),
    Case(
        "messages in flight, and the last commit is old",
        "ChatRouterNotCommitting",
        10,
        {
            of("chat_router_last_commit_timestamp_seconds"): "240x10",
            of("chat_router_inflight_messages"): "0x4 7x6",
            of("chat_router_unread_records", topic="in"): "0x10",
        },
        [Firing(POD, "router-0 has messages and its last commit was 6m 0s ago.")],
    ),
    Case(
        "unread records, and it has never committed",
        "ChatRouterNotCommitting",
        10,
        {
            of("chat_router_last_commit_timestamp_seconds"): "0x10",
            of("chat_router_inflight_messages"): "0x10",
            of("chat_router_unread_records", topic="in"): "5x10",
            of("process_start_time_seconds"): "60x10",
            of("process_start_time_seconds", job="another"): "1x10",
        },
        [Firing(POD, "router-0 has messages and its last commit was 9m 0s ago.")],
    ),
    Case(
        "nothing to do all night",
        "ChatRouterNotCommitting",
        10,
        {
            of("chat_router_last_commit_timestamp_seconds"): "1x10",
            of("chat_router_inflight_messages"): "0x10",
            of("chat_router_unread_records", topic="in"): "0x10",
        },
    ),
    Case(
        "an instance that cannot be scraped",
        "ChatRouterInstanceDown",
        5,
        {of("up"): "1 0x9", of("up", instance="router-1"): "1x9"},
        [
            Firing(
                POD,
                "Prometheus cannot scrape router-0; its partitions move to others after the session"
                " time-out.",
            )
        ],
    ),
    Case("an instance that answers", "ChatRouterInstanceDown", 5, {of("up"): "1x9"}),
    Case("another job's trouble", "ChatRouterInstanceDown", 5, {of("up", job="other"): "0x9"}),
    Case(
        "all instances are down",
        "ChatRouterAbsent",
        5,
        {of("up"): "0x9"},
        [Firing({}, "No instance of Chat Router answers: nothing is routed.")],
    ),
    Case(
        "no instance was ever found",
        "ChatRouterAbsent",
        5,
        {of("up", job="other"): "1x9"},
        [Firing({}, "No instance of Chat Router answers: nothing is routed.")],
    ),
    Case(
        "one of two instances is enough",
        "ChatRouterAbsent",
        5,
        {of("up"): "0x9", of("up", instance="router-1"): "1x9"},
    ),
    Case(
        "a tenth of the records cannot be used",
        "ChatRouterDeadLettersHigh",
        10,
        {
            of("chat_router_records_rejected_total", reason="parse"): "0+50x10",
            of("chat_router_records_rejected_total", reason="size"): "0+10x10",
            of("chat_router_records_consumed_total"): "0+600x10",
        },
        [Firing(JOB, "10% of chat-router's records could not be used.")],
    ),
    Case(
        "one bad record in a hundred",
        "ChatRouterDeadLettersHigh",
        10,
        {
            of("chat_router_records_rejected_total", reason="parse"): "0+6x10",
            of("chat_router_records_consumed_total"): "0+600x10",
        },
    ),
    Case(
        "no traffic at all",
        "ChatRouterDeadLettersHigh",
        10,
        {
            of("chat_router_records_rejected_total", reason="parse"): "0x10",
            of("chat_router_records_consumed_total"): "0x10",
        },
    ),
    Case(
        "an open circuit",
        "ChatRouterCircuitOpen",
        5,
        {of("chat_router_circuit_open"): "0 1x5"},
        [CIRCUIT],
    ),
    Case(
        "a partition that halts again at every try",
        "ChatRouterCircuitOpen",
        10,
        {of("chat_router_circuit_open"): "0 1 0 1 0 1 0 1 0 1 0"},
        [CIRCUIT],
    ),
    Case("a closed circuit", "ChatRouterCircuitOpen", 5, {of("chat_router_circuit_open"): "0x5"}),
    Case(
        "retention took records while it was running",
        "ChatRouterInputLost",
        120,
        {
            of("chat_router_lost_records_total"): "0x110 60x20",
            of("process_start_time_seconds"): "0x130",
        },
        [
            Firing(
                JOB,
                "60 records of chat-router were gone, or given up as unreadable, before they were"
                " read.",
            )
        ],
    ),
    Case(
        "records were gone at its start",
        "ChatRouterInputLost",
        130,
        {
            of("chat_router_lost_records_total"): "_x120 7x20",
            of("process_start_time_seconds"): "_x120 7200x20",
        },
        [
            Firing(
                JOB,
                "7 records of chat-router were gone, or given up as unreadable, before they were"
                " read.",
            )
        ],
    ),
    Case(
        "an old loss",
        "ChatRouterInputLost",
        200,
        {
            of("chat_router_lost_records_total"): "0x10 60x200",
            of("process_start_time_seconds"): "0x210",
        },
    ),
    Case(
        "every partition moves each minute",
        "ChatRouterRebalanceLoop",
        20,
        {
            of("chat_router_partition_moves_total", event="revoked"): "0+4x20",
            of("chat_router_assigned_partitions"): "4x20",
        },
        [Firing(JOB, "Partitions of chat-router were given up 40 times in ten minutes.")],
    ),
    Case(
        "a deploy moves each partition twice",
        "ChatRouterRebalanceLoop",
        20,
        {
            of("chat_router_partition_moves_total", event="revoked"): "0x10 4 8x9",
            of("chat_router_assigned_partitions"): "4x20",
        },
    ),
    Case(
        "a takeover that began half a minute ago",
        "ChatRouterRestoreSlow",
        5,
        {of("chat_router_restore_started_timestamp_seconds"): "0x3 270x5"},
        [Firing(POD, "router-0 has been reading the state of one partition for 30s.")],
    ),
    Case(
        "no takeover",
        "ChatRouterRestoreSlow",
        5,
        {of("chat_router_restore_started_timestamp_seconds"): "0x5"},
    ),
    Case(
        "CUDA was asked for and the CPU runs",
        "ChatRouterCpuFallback",
        10,
        {
            of(
                "chat_router_model_info",
                requested="cuda",
                provider="CPUExecutionProvider",
                task=task,
            ): "1x10"
            for task in ("intent", "category")
        },
        [
            Firing(
                JOB,
                "2 model(s) of chat-router run on the CPU although others run, or should run, on a"
                " GPU.",
            )
        ],
    ),
    Case(
        "half of the fleet runs on the CPU",
        "ChatRouterCpuFallback",
        10,
        {
            of("chat_router_model_info", requested="cpu", provider="CPUExecutionProvider"): "1x10",
            of(
                "chat_router_model_info",
                requested="cuda",
                provider="CUDAExecutionProvider",
                instance="router-1",
            ): "1x10",
        },
        [
            Firing(
                JOB,
                "1 model(s) of chat-router run on the CPU although others run, or should run, on a"
                " GPU.",
            )
        ],
    ),
    Case(
        "a fleet that is meant to run on the CPU",
        "ChatRouterCpuFallback",
        10,
        {of("chat_router_model_info", requested="cpu", provider="CPUExecutionProvider"): "1x10"},
    ),
    Case(
        "six angry customers wait too long",
        "ChatRouterEscalationsOverdue",
        10,
        {
            of("chat_router_overdue_escalations", kind="anger"): "0x5 4x5",
            of("chat_router_overdue_escalations", kind="anger", instance="router-1"): "0x5 2x5",
            of("chat_router_overdue_escalations", kind="vip"): "1x10",
        },
        [
            Firing(
                JOB | {"kind": "anger"},
                "6 escalations (anger) are past the time by which somebody should have seen them.",
            )
        ],
    ),
    Case(
        "a few wait",
        "ChatRouterEscalationsOverdue",
        10,
        {of("chat_router_overdue_escalations", kind="anger"): "3x10"},
    ),
    Case(
        "a third of the decisions on one intent is changed",
        "ChatRouterOverrideRateHigh",
        60,
        {
            of("chat_router_overrides_total", intent="order"): "0+1x60",
            of("chat_router_intents_total", intent="order", language="zh"): "0+2x60",
            of("chat_router_intents_total", intent="order", language="en"): "0+1x60",
            of("chat_router_overrides_total", intent="payment"): "0x60",
            of("chat_router_intents_total", intent="payment", language="en"): "0+1x60",
        },
        [
            Firing(
                JOB | {"intent": "order"},
                "33.33% of the decisions on order were changed by people in six hours.",
            )
        ],
    ),
    Case(
        "four changed decisions are no trend",
        "ChatRouterOverrideRateHigh",
        60,
        {
            of("chat_router_overrides_total", intent="order"): "0x56 1 2 3 4",
            of("chat_router_intents_total", intent="order", language="zh"): "0x52 1 2 3 4 5 6 7 8",
        },
    ),
)
