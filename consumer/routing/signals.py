"""What one customer turn says to each escalation policy: a score, and the evidence for it.

    anger           the turn's anger; where it is no complaint no more than the exit score, so that
                    it neither opens nor calms; turns are the angry ones
    human_request   1 for a phrase that asks for a person, else the probability of that intent
    vip             P(complaint), for the tiers that the policy names
    repeat_contact  P(complaint) or P(negative), the larger, from enough contacts on
    bot_loop        how alike two of the last three bot replies are; turns are unresolved ones
    sla_breach      1 while it is open, 0 once the customer thanks: only its timer opens it

Decides nothing; most turns say nothing to any policy, and that is told at the cost of looking.
"""

from msgspec import Struct

from consumer.contract.decision import Evidence
from consumer.records import Prediction, Turn
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
    tier: str
    contacts: int
    anger: float
    smoothed_anger: float
    angry_turns: int
    unresolved_turns: int
    bot_repeat: float
    is_thanks: bool
    asked: float
    phrase: str


class Signals:
    """Reads turns for the policies of one ruleset."""

    __slots__ = (
        "_asked_from",
        "_enter",
        "_find",
        "_intent",
        "_policies",
        "_repeat_from",
        "_vips",
    )

    def __init__(self, ruleset: Ruleset) -> None:
        policies = ruleset.policies
        self._policies = policies
        anger = policies.get(ANGER)
        self._enter = anger.enter if anger else UNREACHABLE
        human = policies.get(HUMAN_REQUEST)
        self._asked_from = human.enter if human else UNREACHABLE
        self._intent = human.intent if human else ""
        phrases = human.phrases if human else None
        self._find = _find_nothing if phrases is None else phrases.find
        vip = policies.get(VIP)
        self._vips = vip.vip_tiers if vip else frozenset()
        repeats = REPEAT_CONTACT in policies
        self._repeat_from = ruleset.repeat_contact_from if repeats else 2**53

    def of(
        self,
        turn: Turn,
        prediction: Prediction,
        before: Conversation,
        felt: tuple[float, float, int, int, bool],
    ) -> list[Signal] | None:
        """A signal for each open kind and each that may open, in the order of the policies.

        None where the turn can change nothing. `felt` holds anger, smoothed anger, angry turns,
        unresolved turns, and whether the customer thanks.
        """
        message = turn.message
        anger, customer = felt[0], message.customer
        phrase = self._find(message.text)
        if (
            phrase is None
            and not before.open
            and anger < self._enter
            and not before.bot_repeat
            and customer.tier not in self._vips
            and customer.contacts_7d < self._repeat_from
            and prediction.intent.get(self._intent, 0.0) < self._asked_from
        ):
            return None
        asked = prediction.intent.get(self._intent, 0.0) if phrase is None else CERTAIN
        said = Said(
            prediction,
            customer.tier,
            customer.contacts_7d,
            *felt[:4],
            before.bot_repeat,
            felt[4],
            asked,
            phrase or "",
        )
        kinds = {record.kind for record in before.open}
        signals = []
        for kind, policy in self._policies.items():
            signal = self._signal(policy, said)
            if kind in kinds or (kind != SLA_BREACH and policy.enters(signal.score, signal.turns)):
                signals.append(signal)
        return signals or None

    def _signal(self, policy: Policy, said: Said) -> Signal:
        kind = policy.kind
        if kind == ANGER:
            return _anger(policy, said)
        if kind == HUMAN_REQUEST:
            return _request(policy, said)
        if kind == VIP:
            return self._vip(policy, said)
        if kind == REPEAT_CONTACT:
            return self._repeat(policy, said)
        if kind == BOT_LOOP:
            return _loop(policy, said)
        score = 0.0 if said.is_thanks else CERTAIN
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


def _request(policy: Policy, said: Said) -> Signal:
    if said.phrase:
        evidence = Evidence("text.phrase", "contains", said.phrase, said.phrase)
    else:
        evidence = Evidence(f"intent.{policy.intent}", "gte", said.asked, policy.enter)
    return Signal(policy, said.asked, 0.0, 1, (evidence,))


def _loop(policy: Policy, said: Said) -> Signal:
    score, turns = (0.0 if said.is_thanks else said.bot_repeat), said.unresolved_turns
    evidence = (
        Evidence("conversation.bot_repeat", "gte", score, policy.enter),
        Evidence("conversation.unresolved_turns", "gte", float(turns), float(policy.enter_turns)),
    )
    return Signal(policy, score, score, turns, evidence)


def _find_nothing(_text: str) -> str | None:
    return None
