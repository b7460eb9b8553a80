"""The enums of the contract, as known values of open strings. Holds no behaviour.

Consumers read an unknown value as `other` and schemas leave enums open, so each is an annotated
`str`: the known values stand in the schema as `x-known-values`, not as a closed `enum`.
"""

from typing import Annotated

from msgspec import Meta

SENDER_ROLES = ("customer", "agent", "bot", "system")
TIERS = ("standard", "vip", "svip")
CATEGORIES = ("query", "complaint", "suggestion")
SENTIMENTS = ("negative", "neutral", "positive")
ANGER_LEVELS = ("none", "mild", "high", "severe")
ESCALATION_KINDS = (
    "anger",
    "human_request",
    "bot_loop",
    "vip",
    "sla_breach",
    "repeat_contact",
)
RESOLUTIONS = ("de_escalated", "human_took_over", "conversation_closed", "expired", "manual")
DEGRADED_REASONS = (
    "unusable_record",
    "no_content",
    "truncated",
    "unsupported_language",
    "model_failure",
    "state_lost",
)


def _known(values: tuple[str, ...]) -> Meta:
    return Meta(extra_json_schema={"x-known-values": list(values)})


SenderRole = Annotated[str, _known(SENDER_ROLES)]
Tier = Annotated[str, _known(TIERS)]
Mode = Annotated[str, _known(("active", "shadow"))]
Category = Annotated[str, _known(CATEGORIES)]
IntentStatus = Annotated[str, _known(("ok", "ambiguous", "out_of_scope", "unsupported_language"))]
IntentFrom = Annotated[str, _known(("message", "conversation"))]
EntitySource = Annotated[str, _known(("model", "regex"))]
SentimentLabel = Annotated[str, _known(SENTIMENTS)]
AngerLevel = Annotated[str, _known(ANGER_LEVELS)]
Action = Annotated[str, _known(("answer", "route", "offer_human", "escalate"))]
TargetType = Annotated[str, _known(("queue", "flow", "page", "agent"))]
DegradedReason = Annotated[str, _known(DEGRADED_REASONS)]
EscalationKind = Annotated[str, _known(ESCALATION_KINDS)]
EscalationChangeName = Annotated[str, _known(("opened", "updated", "resolved", "none"))]
EscalationState = Annotated[str, _known(("open", "acknowledged", "resolved"))]
Resolution = Annotated[str, _known(RESOLUTIONS)]
Tone = Annotated[str, _known(("apologetic", "calm", "neutral"))]
Verdict = Annotated[str, _known(("right", "wrong"))]
LossCause = Annotated[str, _known(("retention", "unreadable", "dead_letter_overflow"))]
