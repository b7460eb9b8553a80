"""Rules for tests: the default ones, with the times that the test wants."""

import re
from pathlib import Path

DEFAULT = Path(__file__).parents[2] / "consumer" / "routing" / "default_rules.yaml"
LATER_THAN_ANY_TEST_S = 86_400


def rules_without_timers(folder: Path) -> Path:
    """No timer comes due within a test: what happens depends on the input alone."""
    return _written(folder, remind_times=0, expire_after_s=LATER_THAN_ANY_TEST_S)


def rules_with_one_reminder(folder: Path, after_s: int) -> Path:
    """Every escalation is reminded of once, so many seconds after it opened."""
    return _written(
        folder, ack_within_s=after_s, remind_times=1, expire_after_s=LATER_THAN_ANY_TEST_S
    )


def _written(folder: Path, **numbers: int) -> Path:
    text = DEFAULT.read_text()
    for name, number in numbers.items():
        text, count = re.subn(rf"(?m)^    {name}: \d+$", f"    {name}: {number}", text)
        assert count, name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rules.yaml"
    path.write_text(text)
    return path
