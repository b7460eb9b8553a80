"""Turns probabilities into the guesses of a decision, with the rules' thresholds. Keeps no state.

Probabilities come rounded from inference; only what is computed here is rounded here.

Intent status, in this order:
    unsupported_language  the text is in a language the models do not read
    out_of_scope          the best intent is below `out_of_scope`
    ambiguous             it is below `suggest`, or its lead is below `ambiguity_margin`
    ok                    otherwise
A machine may answer alone only where the status is ok, the turn is not degraded, and both intent
and category reach their `automate`.
"""

from collections.abc import Mapping

from msgspec import Struct

from consumer.contract.decision import (
    AngerGuess,
    CategoryGuess,
    IntentCandidate,
    IntentGuess,
    SentimentGuess,
)
from consumer.contract.known_values import ANGER_LEVELS, CATEGORIES
from consumer.routing.decimals import four_decimals

MAX_ANGER_LEVEL = 3
_HALF = 0.5  # added before truncation: the level is the rounded expected level

# Of an unusable record nothing is known: zeros, which no confidence bound accepts.
UNREAD_CATEGORY = CategoryGuess("query", 0.0, dict.fromkeys(CATEGORIES, 0.0))
UNREAD_INTENT = IntentGuess("other", 0.0, 0.0, (), "out_of_scope")
UNREAD_UNSUPPORTED = IntentGuess("other", 0.0, 0.0, (), "unsupported_language")
UNREAD_SENTIMENT = SentimentGuess("neutral", 0.0, 0.0)
UNREAD_ANGER = AngerGuess(0.0, ANGER_LEVELS[0])


class LabelBounds(Struct, frozen=True, gc=False):
    """The two bounds of one label."""

    suggest: float
    automate: float


class IntentThresholds(Struct, frozen=True):
    """Bounds on the intent head; `labels` holds stricter or looser ones by intent."""

    suggest: float
    automate: float
    ambiguity_margin: float
    out_of_scope: float
    labels: dict[str, LabelBounds]

    def of(self, name: str) -> "LabelBounds | IntentThresholds":
        """What has the two bounds of this intent."""
        return self.labels.get(name, self)


class CategoryThresholds(Struct, frozen=True):
    """Bounds on the category head; `labels` holds stricter or looser ones by category."""

    suggest: float
    automate: float
    labels: dict[str, LabelBounds]

    def of(self, label: str) -> "LabelBounds | CategoryThresholds":
        """What has the two bounds of this category."""
        return self.labels.get(label, self)


def read_category(scores: dict[str, float]) -> CategoryGuess:
    """The likeliest category; zeros where nothing was predicted."""
    if not scores:
        return UNREAD_CATEGORY
    label, best = "", -1.0
    for name, score in scores.items():  # half the cost of max() with a key
        if score > best:
            label, best = name, score
    return CategoryGuess(label, best, scores)


def read_sentiment(scores: Mapping[str, float]) -> SentimentGuess:
    """The likeliest label; the score is P(positive) - P(negative)."""
    if not scores:
        return UNREAD_SENTIMENT
    negative, neutral, positive = scores["negative"], scores["neutral"], scores["positive"]
    score = four_decimals(positive - negative)
    if neutral >= negative and neutral >= positive:
        return SentimentGuess("neutral", score, neutral)
    if negative >= positive:
        return SentimentGuess("negative", score, negative)
    return SentimentGuess("positive", score, positive)


def read_anger(score: float) -> AngerGuess:
    """The score and the level it rounds to."""
    return AngerGuess(score, ANGER_LEVELS[int(score * MAX_ANGER_LEVEL + _HALF)])


def read_intent(
    scores: Mapping[str, float], bounds: IntentThresholds, unsupported: bool
) -> IntentGuess:
    """The likeliest intent, its status and the three best candidates."""
    first = second = third = ""
    best = next_best = last = -1.0
    for name, score in scores.items():  # one pass: a third of the cost of sorting
        if score <= last:
            continue
        if score > best:
            first, second, third = name, first, second
            best, next_best, last = score, best, next_best
        elif score > next_best:
            second, third = name, second
            next_best, last = score, next_best
        else:
            third, last = name, score
    if not first:
        return UNREAD_UNSUPPORTED if unsupported else UNREAD_INTENT
    margin = best - next_best if second else best
    candidates: tuple[IntentCandidate, ...]
    if third:
        candidates = (
            IntentCandidate(first, best),
            IntentCandidate(second, next_best),
            IntentCandidate(third, last),
        )
    elif second:
        candidates = (IntentCandidate(first, best), IntentCandidate(second, next_best))
    else:
        candidates = (IntentCandidate(first, best),)
    status = "unsupported_language" if unsupported else intent_status(best, margin, bounds, first)
    return IntentGuess(first, best, four_decimals(margin), candidates, status)


def intent_status(
    confidence: float, margin: float, bounds: IntentThresholds, name: str = ""
) -> str:
    """What the bounds say of the likeliest intent, `name`."""
    if confidence < bounds.out_of_scope:
        return "out_of_scope"
    if confidence < bounds.of(name).suggest or margin < bounds.ambiguity_margin:
        return "ambiguous"
    return "ok"


def is_answerable(
    intent: IntentGuess,
    category: CategoryGuess,
    intent_bounds: IntentThresholds,
    category_bounds: CategoryThresholds,
) -> bool:
    """Whether both heads are sure enough for an answer without a person."""
    if intent.status != "ok":
        return False
    if category.confidence < category_bounds.of(category.label).automate:
        return False
    return intent.confidence >= intent_bounds.of(intent.name).automate


class Reading(Struct, frozen=True, gc=False):
    """What was made of one turn.

    `readable` says whether it moves mood and escalations, `thanks` whether the customer thanks and
    means it.
    """

    category: CategoryGuess
    intent: IntentGuess
    sentiment: SentimentGuess
    anger: AngerGuess
    reasons: tuple[str, ...]
    readable: bool
    answerable: bool
    thanks: bool = False


# Rules see a label that no condition names, so that no content rule takes an unusable record.
_UNKNOWN_CATEGORY = CategoryGuess("unknown", 0.0, UNREAD_CATEGORY.scores)
_UNKNOWN_INTENT = IntentGuess("unknown", 0.0, 0.0, (), "unknown")


def unusable(reasons: tuple[str, ...]) -> Reading:
    """Of a record that nothing could be read of, for these reasons."""
    return Reading(
        _UNKNOWN_CATEGORY,
        _UNKNOWN_INTENT,
        UNREAD_SENTIMENT,
        UNREAD_ANGER,
        reasons,
        readable=False,
        answerable=False,
    )
