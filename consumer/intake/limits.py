"""What intake accepts. Bounds only; `consumer.intake.decode` applies them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """Bounds of one record, so that its cost in time and memory is bounded too."""

    max_value_bytes: int = 256 * 1024
    max_depth: int = 64
    max_attempts: int = 3
    # Beyond this not even the conversation of an oversized value is looked for.
    max_attribution_bytes: int = 1024 * 1024
