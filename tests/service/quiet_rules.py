"""Rules for tests: the default ones, with the times that the test wants."""

import re
from pathlib import Path

DEFAULT = Path(__file__).parents[2] / "consumer" / "routing" / "default_rules.yaml"
LATER_THAN_ANY_TEST_S = 86_400
# Calm ends at once, and nobody waits too long for an answer.
NO_WAITS = {"hold_s": 0, "grace_s": LATER_THAN_ANY_TEST_S}
# The checker follows conversations, not partitions: no rate guard in its way.
GUARDS = r"(?m)^guards: .*$"
NO_GUARD = "guards: {opens_per_minute: 100000, burst: 100000}"


def rules_without_timers(folder: Path) -> Path:
    """No timer comes due within a test: what happens depends on the input alone."""
    return _written(folder, remind_times=0, expire_after_s=LATER_THAN_ANY_TEST_S, **NO_WAITS)


def rules_with_one_reminder(folder: Path, after_s: int) -> Path:
    """Every escalation is reminded of once, so many seconds after it opened."""
    return _written(
        folder,
        ack_within_s=after_s,
        remind_times=1,
        expire_after_s=LATER_THAN_ANY_TEST_S,
        **NO_WAITS,
    )


def _written(folder: Path, **numbers: int) -> Path:
    text = DEFAULT.read_text()
    for name, number in numbers.items():
        text, count = re.subn(rf"(?m)^    {name}: \d+$", f"    {name}: {number}", text)
        assert count, name
    text, count = re.subn(GUARDS, NO_GUARD, text)
    assert count == 1
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rules.yaml"
    path.write_text(text)
    return path
