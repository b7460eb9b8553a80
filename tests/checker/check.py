"""Runs every invariant over a history and makes the report. Reads no Kafka."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.checker import aftermath, outcomes, progress
from tests.checker.history import History
from tests.checker.oracle import Expected, expect
from tests.checker.policy import policies
from tests.checker.violation import Violation

SHOWN = 20

Invariant = Callable[[History, Expected], Iterator[Violation]]
INVARIANTS: tuple[Invariant, ...] = (
    outcomes.one_outcome_each,
    outcomes.nothing_from_nothing,
    outcomes.in_order,
    outcomes.right_numbers,
    aftermath.states_are_right,
    aftermath.states_lie_with_their_messages,
    aftermath.escalations_are_whole,
    aftermath.escalations_are_right,
    progress.offsets_only_grow,
    progress.readers_agree,
    progress.no_transaction_hangs,
    progress.it_catches_up,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What was read and what is wrong with it."""

    counts: Mapping[str, int | float]
    violations: tuple[Violation, ...]

    def __str__(self) -> str:
        width = max(map(len, self.counts))
        lines = [f"{name:<{width}}  {value:>8,}" for name, value in self.counts.items()]
        by_invariant = Counter(violation.invariant for violation in self.violations)
        lines += [f"{name}: {count} violations" for name, count in sorted(by_invariant.items())]
        lines += [f"  {violation}" for violation in self.violations[:SHOWN]]
        if not self.violations:
            lines.append("no violation")
        return "\n".join(lines)


def check(history: History, rules: Path, source: str, until_ms: int) -> Report:
    """Every invariant; `until_ms` is the time up to which timers must have fired."""
    expected = expect(history, policies(rules), source, until_ms)
    violations = tuple(
        violation for invariant in INVARIANTS for violation in invariant(history, expected)
    )
    return Report(_counts(history, expected), violations)


def _counts(history: History, expected: Expected) -> dict[str, int | float]:
    names = history.names
    counts: dict[str, int | float] = {
        "input records": len(history.of(names.messages)),
        "feedback records": len(history.of(names.feedback)),
        "conversations": len(expected.conversations),
        "decisions": len(history.of(names.routing)),
        "of these degraded": sum(one.degraded for one in expected.decisions.values()),
        "dead letters": len(history.of(names.dead_letters)),
        "escalation events": len(history.of(names.escalations)),
        "state records": len(history.of(names.state)),
        "offset samples": len(history.samples),
        "records seen live": sum(map(len, (history.live or {}).values())),
    }
    if history.caught_up_s is not None:
        counts["seconds to catch up"] = round(history.caught_up_s, 1)
    return counts
