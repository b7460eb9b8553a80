"""Cool-downs after an escalation: at most one for each kind, with what it held back."""

from msgspec.structs import replace

from consumer.routing.conversation import CoolDown
from consumer.routing.escalation_policy import Policy

CoolDowns = tuple[CoolDown, ...]


def cool(cooling: CoolDowns, kind: str, at_ms: int, policy: Policy | None) -> CoolDowns:
    """Starts the cool-down of a kind that has just ended."""
    if policy is None or not policy.cool_down_ms:
        return cooling
    return (*without(cooling, kind), CoolDown(kind, at_ms + policy.cool_down_ms))


def suppress(cooling: CoolDowns, held: CoolDown) -> CoolDowns:
    """Counts an attempt that a cool-down held back; the next escalation tells the number."""
    return (*without(cooling, held.kind), replace(held, suppressed=held.suppressed + 1))


def cool_down_of(cooling: CoolDowns, kind: str) -> CoolDown | None:
    """The kind's cool-down, also one that is over and whose count has not been told."""
    return next((held for held in cooling if held.kind == kind), None)


def held_until(cooling: CoolDowns, kind: str) -> int:
    """When the kind's cool-down ends; 0 without one."""
    held = cool_down_of(cooling, kind)
    return held.ends_ms if held else 0


def without(cooling: CoolDowns, kind: str) -> CoolDowns:
    """All but that kind's."""
    return tuple(held for held in cooling if held.kind != kind)
