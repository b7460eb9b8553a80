"""What travels between the stages, in the order of the journey. Values only, no behaviour.

Record -> Turn | FeedbackTurn | Rejected        (intake)
Turn   -> Understood | Rejected                 (inference)
Those  -> decisions, escalations, state         (routing)

They are msgspec structs because building one costs a tenth of a frozen dataclass.
"""

from typing import Literal

from msgspec import Struct

from consumer.contract.decision import Entity, LanguageGuess
from consumer.contract.message import Feedback, MessageReceived

Headers = tuple[tuple[str, bytes | None], ...]

RejectReason = Literal[
    "null_value",
    "empty",
    "size",
    "encoding",
    "parse",
    "depth",
    "schema",
    "type",
    "version",
    "no_conversation",
    "model_input",
    "model_output",
    "crash",
    "loop",
]


class Record(Struct, frozen=True, gc=False):
    """One Kafka record of an assigned partition. `epoch` counts the partition's assignments."""

    topic: str
    partition: int
    offset: int
    epoch: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Turn(Struct, frozen=True):
    """A readable message. `event_ms` is `sent_at`, clamped around the record's timestamp."""

    record: Record
    message: MessageReceived
    key: str
    event_ms: int


class FeedbackTurn(Struct, frozen=True):
    """A readable feedback event."""

    record: Record
    event: Feedback
    key: str
    event_ms: int


class Rejected(Struct, frozen=True):
    """An unusable record: one dead letter; and, if `key` can be told, one degraded decision.

    `error_class` names the kind of fault for the headers. It never holds text of the message.
    """

    record: Record
    reason: RejectReason
    stage: str
    error_class: str
    tenant_id: str | None = None
    conversation_id: str | None = None
    message_id: str | None = None
    event_ms: int = 0
    attempts: int = 1


class Span(Struct, frozen=True, gc=False):
    """A tagged stretch of the input text, in code points, end exclusive."""

    type: str
    start: int
    end: int
    confidence: float


class Prediction(Struct, frozen=True):
    """What the models say of one text: calibrated probabilities by label.

    `anger` is the expected level 0..3 divided by 3.
    """

    category: dict[str, float]
    intent: dict[str, float]
    sentiment: dict[str, float]
    anger: float
    spans: tuple[Span, ...]


class Understood(Struct, frozen=True):
    """A customer turn with all that routing needs. `flaws` are degraded reasons, e.g. truncated."""

    turn: Turn
    prediction: Prediction
    entities: tuple[Entity, ...]
    language: LanguageGuess
    flaws: tuple[str, ...] = ()


Outcome = Understood | Turn | FeedbackTurn | Rejected
