"""The labels of the five heads, in the order of the models' outputs. Holds no behaviour."""

from typing import Literal

from consumer.contract.known_values import CATEGORIES, SENTIMENTS
from consumer.inference.manifest import ANGER_LABELS, OUTSIDE

INTENTS = (
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
ENTITY_TYPES = (
    "ORDER_ID",
    "TRACKING_ID",
    "INVOICE_ID",
    "ACCOUNT_ID",
    "PRODUCT",
    "BRAND",
    "MODEL",
    "QUANTITY",
    "AMOUNT",
    "DATE",
    "TIME",
    "ADDRESS",
    "PERSON",
    "PHONE",
    "EMAIL",
    "ORG",
)
TAGS = (OUTSIDE, *(f"{part}-{name}" for name in ENTITY_TYPES for part in "BI"))
MAX_ANGER = len(ANGER_LABELS)

Head = Literal["category", "intent", "sentiment", "anger", "tags"]
CHOICE_HEADS: tuple[Literal["category", "intent", "sentiment"], ...] = (
    "category",
    "intent",
    "sentiment",
)
"""Heads that choose one label of a message."""

LABELS: dict[Head, tuple[str, ...]] = {
    "category": CATEGORIES,
    "intent": INTENTS,
    "sentiment": SENTIMENTS,
    "anger": ANGER_LABELS,
    "tags": TAGS,
}
OUTPUTS: dict[Head, str] = {
    "category": "category_logits",
    "intent": "intent_logits",
    "sentiment": "sentiment_logits",
    "anger": "anger_logits",
    "tags": "tag_logits",
}
