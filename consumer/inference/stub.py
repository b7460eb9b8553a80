"""A model without a model: fixed answers by key word, for measuring and testing the rest.

Deterministic, costs about two microseconds a message, opens no file. Never for real traffic.
"""

from collections.abc import Mapping, Sequence

from consumer.contract.decision import ModelRef
from consumer.inference.canonical import canonicalise
from consumer.inference.manifest import Thresholds
from consumer.inference.model import Inferred
from consumer.inference.prepared import Offsets, Prepared
from consumer.inference.tokenizer import MAX_CHARS
from consumer.records import Prediction

_INTENTS = (
    "order",
    "delivery",
    "refund_return",
    "after_sales",
    "payment",
    "price_promo",
    "invoice",
    "account",
    "product_info",
    "contact_agent",
    "feedback",
    "other",
)
_SURE = 0.9
_KEYWORDS: tuple[tuple[str, str], ...] = (
    ("refund", "refund_return"),
    ("退", "refund_return"),
    ("agent", "contact_agent"),
    ("人工", "contact_agent"),
    ("deliver", "delivery"),
    ("快递", "delivery"),
    ("invoice", "invoice"),
    ("发票", "invoice"),
    ("order", "order"),
    ("订单", "order"),
)
_FURIOUS = ("furious", "scam", "投诉", "骗子")
_THRESHOLDS = Thresholds(suggest=0.4, automate=0.8, ambiguity_margin=0.1, out_of_scope=0.2)


def _spread(labels: tuple[str, ...], winner: str) -> dict[str, float]:
    rest = (1 - _SURE) / (len(labels) - 1)
    return {label: _SURE if label == winner else rest for label in labels}


def _prediction(intent: str, *, angry: bool) -> Prediction:
    return Prediction(
        category=_spread(("query", "complaint", "suggestion"), "complaint" if angry else "query"),
        intent=_spread(_INTENTS, intent),
        sentiment=_spread(("negative", "neutral", "positive"), "negative" if angry else "neutral"),
        anger=_SURE if angry else 0.0,
        spans=(),
    )


def _no_offsets() -> Offsets:
    return []


class StubModel:
    """Answers from a table."""

    provider = "stub"
    languages = ("zh", "en")
    intents = _INTENTS
    refs = (ModelRef(task="all", name="stub", version="0", sha256="0" * 64),)
    thresholds: Mapping[str, Thresholds] = {"category": _THRESHOLDS, "intent": _THRESHOLDS}

    def __init__(self) -> None:
        self._calm = {intent: _prediction(intent, angry=False) for intent in _INTENTS}
        self._angry = {intent: _prediction(intent, angry=True) for intent in _INTENTS}

    def prepare(self, texts: Sequence[str]) -> list[Prepared]:
        """Lengths as a tokenizer might give them, without ids."""
        prepared = []
        for text in texts:
            form = canonicalise(text, MAX_CHARS)
            flaws: tuple[str, ...] = ("truncated",) if form.truncated else ()
            if not form.text or form.text.isspace():
                flaws = (*flaws, "no_content")
            length = len(form.text) // 2 + 2
            prepared.append(Prepared(text, form, [], length, _no_offsets, flaws))
        return prepared

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        """The table's answers."""
        return [self._answer(prepared.canonical.text) for prepared in batch]

    def _answer(self, text: str) -> Prediction:
        table = self._calm
        for word in _FURIOUS:
            if word in text:
                table = self._angry
                break
        for word, intent in _KEYWORDS:
            if word in text:
                return table[intent]
        return table["other"]
