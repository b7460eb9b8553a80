"""Builds the record of a new escalation: why, for whom, what to do. Decides nothing."""

from msgspec import Struct

from consumer.contract.decision import Entity, Evidence, ReasonText
from consumer.contract.escalation import EscalationCustomer, Recommended, Trigger
from consumer.contract.identity import escalation_id
from consumer.routing.conversation import NO_TIMER, STATE_OPEN, OpenRecord
from consumer.routing.escalation_policy import Policy, Summary

MAX_ENTITIES = 8
FIRST_SEQ = 1


class Signal(Struct, frozen=True):
    """What one customer turn says to one policy.

    `turns` counts customer turns in a row at or over the enter score, `smoothed` is the weighted
    score, `evidence` what made it so, with what it was held against.
    """

    policy: Policy
    score: float
    smoothed: float
    turns: int
    evidence: tuple[Evidence, ...]


class Scene(Struct, frozen=True):
    """The customer turn around the signals. `language` is one of the ruleset's."""

    at_ms: int
    conversation_key: str
    topic: str
    partition: int
    offset: int
    message_id: str
    decision_id: str
    customer: EscalationCustomer
    language: str
    category: str
    intent: str
    entities: tuple[Entity, ...]

    @property
    def tier(self) -> str:
        """Of the customer."""
        return self.customer.tier


def open_record(signal: Signal, scene: Scene, suppressed: int) -> OpenRecord:
    """The escalation that this turn opens."""
    policy, at_ms = signal.policy, scene.at_ms
    dedup_key = f"{scene.conversation_key}:{policy.kind}"
    severity = severity_on_opening(signal, scene)
    ack_due_ms = at_ms + policy.ack_ms
    # By position: by keyword it costs twice as much.
    return OpenRecord(
        escalation_id(dedup_key, scene.topic, scene.partition, scene.offset),
        policy.kind,
        FIRST_SEQ,
        STATE_OPEN,
        severity,
        at_ms,
        ack_due_ms,
        ack_due_ms if policy.remind_times else NO_TIMER,
        policy.remind_times,
        at_ms + policy.expire_ms,
        at_ms,  # hot
        NO_TIMER,  # no calm end yet
        0,  # calm turns so far
        False,  # no person has written,
        False,  # nor answered
        signal.score,
        signal.score,
        suppressed,
        scene.message_id,
        scene.decision_id,
        _trigger(signal),
        scene.category,
        scene.intent,
        scene.entities[:MAX_ENTITIES],
        scene.customer,
        Recommended(
            policy.action,
            policy.targets[scene.language],
            policy.tone,
            policy.suppress_recommendations,
        ),
        summary_of(signal, scene, severity, signal.score),
    )


def severity_on_opening(signal: Signal, scene: Scene) -> int:
    """With what severity it would open."""
    return signal.policy.severity_of(signal.score, scene.tier)


def summary_of(signal: Signal, scene: Scene, severity: int, peak: float) -> ReasonText:
    """The sentence for people."""
    summary = Summary(
        signal.score,
        signal.turns,
        severity,
        peak,
        scene.category,
        scene.intent,
        scene.tier,
        scene.language,
    )
    return signal.policy.summary.render(summary)


def _trigger(signal: Signal) -> Trigger:
    policy = signal.policy
    return Trigger(
        policy.id,
        signal.score,
        policy.enter,
        policy.exit_below,
        signal.turns,
        signal.evidence,
    )
