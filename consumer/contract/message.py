"""What the router reads: `message.received` and the feedback events. Wire types only.

Times are RFC 3339 strings on the wire; `consumer.intake` turns them into milliseconds.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

from consumer.contract.known_values import SenderRole, Tier, Verdict

MAX_CONVERSATION_BYTES = 256
MAX_MESSAGE_ID_CHARACTERS = 256
MAX_TENANT_CHARACTERS = 64
DEFAULT_TENANT = "default"

# In Python `$` also matches before a last line break; the lookahead shuts that door.
TENANT_PATTERN = r"^[A-Za-z0-9._-]{1,64}$(?!\n)"
# Ids travel in keys and headers, so no control characters.
_CONVERSATION_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f]*$(?!\n)"
# Both patterns, and the limit in bytes, are checked by `consumer.intake`: a search while decoding
# costs every message more than all its other fields, and schemas can only count characters.
TenantId = Annotated[str, Meta(extra_json_schema={"pattern": TENANT_PATTERN})]
ConversationId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_CONVERSATION_BYTES,
        extra_json_schema={"pattern": _CONVERSATION_PATTERN},
    ),
]
# What a JSON number can hold exactly in every language.
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Timestamp = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Sender(Struct, frozen=True, gc=False):
    """Who wrote the message; only customer turns are routed."""

    role: SenderRole = "customer"
    id: str | None = None


class Customer(Struct, frozen=True, gc=False):
    """What the shop knows of the customer. Ids are opaque."""

    id: str | None = None
    tier: Tier = "standard"
    open_orders: Count = 0
    contacts_7d: Count = 0


class Context(Struct, frozen=True, gc=False):
    """Where the customer was when writing."""

    page_url: str | None = None
    product_id: str | None = None
    order_id: str | None = None


class Attachment(Struct, frozen=True, gc=False):
    """A reference to something sent along; never its bytes."""

    type: str
    uri: str


_NO_SENDER = Sender()
_NO_CUSTOMER = Customer()
_NO_CONTEXT = Context()


class MessageReceived(Struct, frozen=True):
    """One chat message, as the channel received it."""

    message_id: Annotated[str, Meta(min_length=1, max_length=MAX_MESSAGE_ID_CHARACTERS)]
    conversation_id: ConversationId
    text: str
    sent_at: Timestamp
    tenant_id: TenantId = DEFAULT_TENANT
    sender: Sender = field(default=_NO_SENDER)
    channel: str = "other"
    language_hint: str | None = None
    customer: Customer = field(default=_NO_CUSTOMER)
    context: Context = field(default=_NO_CONTEXT)
    attachments: tuple[Attachment, ...] = ()
    attributes: dict[str, str] = {}


class _Feedback(Struct, frozen=True, kw_only=True):
    conversation_id: ConversationId
    tenant_id: TenantId = DEFAULT_TENANT
    at: Timestamp | None = None
    by: str | None = None


class OverrideTarget(Struct, frozen=True, gc=False):
    """Where a person sent the conversation instead."""

    type: str
    id: str


class DecisionOverridden(_Feedback, frozen=True, kw_only=True):
    """A person changed a decision."""

    decision_id: str
    target: OverrideTarget | None = None
    category: str | None = None
    intent: str | None = None


class EscalationAcknowledged(_Feedback, frozen=True, kw_only=True):
    """A person has seen the escalation."""

    escalation_id: str


class EscalationJudged(_Feedback, frozen=True, kw_only=True):
    """A person says whether the escalation was right."""

    escalation_id: str
    verdict: Verdict


class ConversationClosed(_Feedback, frozen=True, kw_only=True):
    """The conversation is over."""


Feedback = DecisionOverridden | EscalationAcknowledged | EscalationJudged | ConversationClosed
