"""What one customer turn says to each escalation policy: a score, and the evidence for it.

    anger           the turn's anger; where it is no complaint no more than the exit score, so that
                    it neither opens nor calms; turns are the angry ones
    human_request   1 for a phrase that asks for a person, else the probability of that intent
    vip             P(complaint), for the tiers that the policy names
    repeat_contact  P(complaint) or P(negative), the larger, from enough contacts on
    bot_loop        how alike two of the last three bot replies are; turns are unresolved ones
    sla_breach      1 while it is open, 0 once the customer thanks: only its timer opens it

Decides nothing; most turns say nothing to any policy, and that is told without a list.
"""

from msgspec import Struct

from consumer.contract.decision import Evidence
from consumer.records import Prediction
from consumer.routing.conversation import Conversation
from consumer.routing.escalation_opening import Signal
from consumer.routing.escalation_policy import (
    ANGER,
    BOT_LOOP,
    HUMAN_REQUEST,
    REPEAT_CONTACT,
    SLA_BREACH,
    UNREACHABLE,
    VIP,
    Policy,
)
from consumer.routing.rules import Ruleset

COMPLAINT = "complaint"
NEGATIVE = "negative"
CERTAIN = 1.0


class Said(Struct, frozen=True, gc=False):
    """One readable customer turn, as far as escalations read it."""

    prediction: Prediction
    text: str
    tier: str
    contacts: int
    anger: float
    smoothed_anger: float
    angry_turns: int
    unresolved_turns: int
    bot_repeat: float
    is_thanks: bool


class Signals:
    """Reads turns for the policies of one ruleset."""

    __slots__ = ("_anger", "_asked_from", "_find", "_human", "_policies", "_repeat_from", "_vips")

    def __init__(self, ruleset: Ruleset) -> None:
        policies = ruleset.policies
        self._policies = policies
        self._anger = policies.get(ANGER)
        self._human = policies.get(HUMAN_REQUEST)
        self._asked_from = self._human.enter if self._human else UNREACHABLE
        phrases = self._human.phrases if self._human else None
        self._find = _find_nothing if phrases is None else phrases.find
        vip = policies.get(VIP)
        self._vips = vip.vip_tiers if vip else frozenset()
        repeats = REPEAT_CONTACT in policies
        self._repeat_from = ruleset.repeat_contact_from if repeats else 2**53

    def of(self, said: Said, before: Conversation) -> list[Signal] | None:
        """One signal for each policy, in their order; None where the turn can change nothing."""
        phrase = self._find(said.text) or ""
        asked = CERTAIN if phrase else self._request(said)
        if (
            asked < self._asked_from
            and not before.open
            and not said.bot_repeat
            and said.tier not in self._vips
            and said.contacts < self._repeat_from
            and not self._is_angry(said)
        ):
            return None
        return [
            self._signal(policy, said, before, asked, phrase) for policy in self._policies.values()
        ]

    def _request(self, said: Said) -> float:
        return said.prediction.intent.get(self._human.intent, 0.0) if self._human else 0.0

    def _is_angry(self, said: Said) -> bool:
        policy = self._anger
        if policy is None or not policy.enters(said.anger, said.angry_turns):
            return False
        return said.prediction.category.get(COMPLAINT, 0.0) >= policy.complaint_from

    def _signal(
        self, policy: Policy, said: Said, before: Conversation, asked: float, phrase: str
    ) -> Signal:
        kind = policy.kind
        if kind == ANGER:
            return _anger(policy, said)
        if kind == HUMAN_REQUEST:
            return _request(policy, asked, phrase)
        if kind == VIP:
            return self._vip(policy, said)
        if kind == REPEAT_CONTACT:
            return self._repeat(policy, said)
        if kind == BOT_LOOP:
            return _loop(policy, said)
        is_open = any(record.kind == SLA_BREACH for record in before.open)
        score = CERTAIN if is_open and not said.is_thanks else 0.0
        return Signal(policy, score, score, 1, ())

    def _vip(self, policy: Policy, said: Said) -> Signal:
        is_vip = said.tier in policy.vip_tiers
        score = said.prediction.category.get(COMPLAINT, 0.0) if is_vip else 0.0
        evidence = (
            Evidence("customer.tier", "in", said.tier, ", ".join(sorted(policy.vip_tiers))),
            Evidence("category.complaint", "gte", score, policy.enter),
        )
        return Signal(policy, score, score, 1, evidence)

    def _repeat(self, policy: Policy, said: Said) -> Signal:
        prediction, score = said.prediction, 0.0
        complaint = prediction.category.get(COMPLAINT, 0.0)
        negative = prediction.sentiment.get(NEGATIVE, 0.0)
        if said.contacts >= self._repeat_from:
            score = max(complaint, negative)
        feature = "category.complaint" if complaint >= negative else "sentiment.negative"
        evidence = (
            Evidence("customer.contacts_7d", "gte", float(said.contacts), float(self._repeat_from)),
            Evidence(feature, "gte", score, policy.enter),
        )
        return Signal(policy, score, score, 1, evidence)


def _anger(policy: Policy, said: Said) -> Signal:
    complaint = said.prediction.category.get(COMPLAINT, 0.0)
    is_complaint = complaint >= policy.complaint_from
    score = said.anger if is_complaint else min(said.anger, policy.exit_below)
    turns, is_fast = said.angry_turns, score >= policy.fast
    evidence = [Evidence("anger.score", "gte", score, policy.fast if is_fast else policy.enter)]
    if not is_fast:
        evidence.append(
            Evidence("conversation.angry_turns", "gte", float(turns), float(policy.enter_turns))
        )
    if policy.complaint_from:
        evidence.append(Evidence("category.complaint", "gte", complaint, policy.complaint_from))
    return Signal(policy, score, said.smoothed_anger, turns, tuple(evidence))


def _request(policy: Policy, asked: float, phrase: str) -> Signal:
    if phrase:
        evidence = Evidence("text.phrase", "contains", phrase, phrase)
    else:
        evidence = Evidence(f"intent.{policy.intent}", "gte", asked, policy.enter)
    return Signal(policy, asked, 0.0, 1, (evidence,))


def _loop(policy: Policy, said: Said) -> Signal:
    score, turns = (0.0 if said.is_thanks else said.bot_repeat), said.unresolved_turns
    evidence = (
        Evidence("conversation.bot_repeat", "gte", score, policy.enter),
        Evidence("conversation.unresolved_turns", "gte", float(turns), float(policy.enter_turns)),
    )
    return Signal(policy, score, score, turns, evidence)


def _find_nothing(_text: str) -> str | None:
    return None
