"""A measured run, and how it is shown."""

from dataclasses import dataclass

from rich.table import Table

_MICRO = 1e6


@dataclass(frozen=True, slots=True)
class Figure:
    """So many messages in so much wall and process CPU time."""

    name: str
    messages: int
    wall_s: float
    cpu_s: float
    rss_mb: float = 0.0

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.wall_s

    @property
    def cpu_us(self) -> float:
        """Process CPU of one message, microseconds."""
        return self.cpu_s / self.messages * _MICRO


@dataclass(frozen=True, slots=True)
class Latency:
    """Broker timestamp to visible under read_committed, at a share of full load."""

    load: float
    rate: float
    p50_ms: float
    p99_ms: float


def throughput_table(figures: list[Figure]) -> Table:
    """One row a figure."""
    table = Table(title="Throughput")
    for name in ("run", "messages", "msg/s", "CPU µs a message", "RSS MB"):
        table.add_column(name, justify="left" if name == "run" else "right")
    for one in figures:
        table.add_row(
            one.name,
            f"{one.messages:,}",
            f"{one.rate:,.0f}",
            f"{one.cpu_us:.1f}",
            f"{one.rss_mb:.0f}" if one.rss_mb else "",
        )
    return table


def latency_table(latencies: list[Latency]) -> Table:
    """One row a load."""
    table = Table(title="Latency, broker timestamp to visible under read_committed")
    for name in ("load", "msg/s", "p50 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for one in latencies:
        table.add_row(
            f"{one.load:.0%}", f"{one.rate:,.0f}", f"{one.p50_ms:.0f}", f"{one.p99_ms:.0f}"
        )
    return table
