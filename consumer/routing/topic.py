"""The topic under discussion, as decayed intent probabilities. No text is kept.

A turn that names a subject halves what was known and adds half of its own probabilities: the
latest clear subject leads, and a vague turn does not displace a clear one. The topic is kept with
its likeliest intent, the subject, first. Bare turns and small talk change nothing.

A bare turn ("yes", a number, thanks, an insult) takes the subject where its own words name none.
Its confidence is then the `suggest` bound: sure enough to route, never enough to answer without a
person.
"""

from consumer.contract.decision import IntentGuess
from consumer.routing.decimals import four_decimals

UNSPECIFIC_INTENTS = frozenset(("other", "contact_agent", "feedback"))
LEAST_SHARE = 0.05  # what is less is forgotten: a state has a few intents, not all
TWO = 2
FROM_CONVERSATION = "conversation"

Topic = dict[str, float]
NO_TOPIC: Topic = {}


def subject_of(topic: Topic) -> str:
    """The likeliest intent, or nothing."""
    for name in topic:
        return name
    return ""


def names_a_subject(intent: IntentGuess) -> bool:
    """Whether the turn's own words say clearly what it is about."""
    return (
        intent.status == "ok"
        and intent.name not in UNSPECIFIC_INTENTS
        and intent.origin != FROM_CONVERSATION
    )


def after_turn(topic: Topic, intent: IntentGuess) -> Topic:
    """The topic after a turn that could be read."""
    if intent.name in UNSPECIFIC_INTENTS or intent.origin == FROM_CONVERSATION:
        return topic
    candidates = intent.candidates
    is_sure = len(candidates) < TWO or candidates[1].confidence < LEAST_SHARE
    if is_sure and len(topic) < TWO and (not topic or intent.name in topic):
        known = topic.get(intent.name, 0.0)  # most turns: sure, and about what it was about
        share = four_decimals((known + intent.confidence) / 2)
        return topic if share == known else {intent.name: share}
    moved = {name: share / 2 for name, share in topic.items()}
    for candidate in candidates:
        name, share = candidate.name, candidate.confidence
        if share >= LEAST_SHARE and name not in UNSPECIFIC_INTENTS:
            moved[name] = moved.get(name, 0.0) + share / 2
    kept = [(four_decimals(share), name) for name, share in moved.items() if share >= LEAST_SHARE]
    if len(kept) > 1:
        kept.sort(reverse=True)
    return {name: share for share, name in kept}


def told(intent: str) -> Topic:
    """The topic after a person has said what it is about."""
    return {intent: 1.0}


def with_subject(intent: IntentGuess, topic: Topic, confidence: float) -> IntentGuess:
    """The intent of a bare turn: the subject under discussion, where there is one."""
    subject = subject_of(topic)
    if not subject:
        return intent
    return IntentGuess(subject, confidence, 0.0, intent.candidates, "ok", FROM_CONVERSATION)
