"""The state of one conversation and its compact record in the changelog. Decides nothing.

The record is a JSON array: fields are only ever added at the end, so an older reader ignores what
it does not know and a newer one fills in defaults. `version` rises only when that is not enough.
"""

import msgspec
from msgspec import Struct

from consumer.contract.decision import Entity, ReasonText
from consumer.contract.escalation import EscalationCustomer, Recommended, Trigger
from consumer.routing.bot_replies import Replies
from consumer.routing.topic import NO_TOPIC, Topic

STATE_VERSION = 2
NO_OFFSET = -1
NO_TIMER = 0
STATE_OPEN = "open"
STATE_ACKNOWLEDGED = "acknowledged"


class StateVersionError(Exception):
    """A state record that this build cannot read: stop, do not guess."""


class Point(Struct, frozen=True, array_like=True, gc=False):
    """One customer turn on the curve."""

    message_id: str
    at_ms: int
    sentiment: float
    anger: float


class CoolDown(Struct, frozen=True, array_like=True, gc=False):
    """No new escalation of `kind` before `ends_ms`; `suppressed` counts those held back."""

    kind: str
    ends_ms: int
    suppressed: int = 0


class OpenRecord(Struct, frozen=True, array_like=True, gc=False):
    """An open escalation, with all that its later events need.

    `message_id` and `decision_id` are those of the last customer turn it saw, `score` is that
    turn's score. `person` says whether an agent has written since it opened, `answered` whether
    since the last turn at or over the enter score, which was at `hot_ms`. `calm_due_ms` is when
    it ends if nobody gets angry again.
    """

    escalation_id: str
    kind: str
    seq: int
    state: str
    severity: int
    opened_ms: int
    ack_due_ms: int
    remind_ms: int
    reminders_left: int
    expires_ms: int
    hot_ms: int
    calm_due_ms: int
    calm_turns: int
    person: bool
    answered: bool
    score: float
    peak: float
    suppressed: int
    message_id: str
    decision_id: str
    trigger: Trigger
    category: str
    intent: str
    entities: tuple[Entity, ...]
    customer: EscalationCustomer
    recommended: Recommended
    summary: ReasonText


class Waiting(Struct, frozen=True, array_like=True, gc=False):
    """A customer turn that waits for an answer, and whom an alert about it would be about.

    `for_person`: the bot's answer does not end it.
    """

    due_ms: int
    for_person: bool
    since_ms: int
    topic: str
    partition: int
    offset: int
    message_id: str
    customer: EscalationCustomer
    language: str
    category: str
    intent: str


class Conversation(Struct, frozen=True, array_like=True, gc=False):
    """What is known of a conversation. `seq` rises by one with every applied record or timer run.

    `mood` and `anger` are weighted averages over customer turns that last moved at `mood_ms`;
    `last_event_ms` is the largest event time applied, `topic` the decayed intent probabilities.
    `unanswered` counts customer turns since anybody answered,
    `replies` are sketches of the last bot replies, `bot_repeat` how alike two of them are.
    -1 is "no offset yet".
    """

    version: int = STATE_VERSION
    seq: int = 0
    messages_offset: int = NO_OFFSET
    feedback_offset: int = NO_OFFSET
    last_event_ms: int = 0
    turns: int = 0
    customer_turns: int = 0
    mood: float = 0.0
    mood_begin: float = 0.0
    anger: float = 0.0
    anger_peak: float = 0.0
    negative_streak: int = 0
    angry_turns: int = 0
    unresolved_turns: int = 0
    since_angry: int = 0
    mood_ms: int = 0
    topic: Topic = NO_TOPIC
    open: tuple[OpenRecord, ...] = ()
    cooling: tuple[CoolDown, ...] = ()
    series: tuple[Point, ...] = ()
    unanswered: int = 0
    bot_repeat: float = 0.0
    replies: Replies = ()
    waiting: Waiting | None = None


NEW_CONVERSATION = Conversation()


class _Versioned(Struct, array_like=True):
    version: int


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Conversation).decode
_DECODE_VERSION = msgspec.json.Decoder(_Versioned).decode


def encode(state: Conversation) -> bytes:
    """The changelog record of this state."""
    return _ENCODE(state)


def decode(record: bytes) -> Conversation:
    """The state of a changelog record.

    Raises:
        StateVersionError: written by another version, or damaged.
    """
    try:
        state = _DECODE(record)
    except msgspec.DecodeError:
        raise StateVersionError(_unreadable(record)) from None
    if state.version != STATE_VERSION:
        raise StateVersionError(_unreadable(record))
    return state


def _unreadable(record: bytes) -> str:
    try:
        found = str(_DECODE_VERSION(record).version)
    except msgspec.DecodeError:
        found = "none that can be told"
    return f"state record of version {found}; this build reads version {STATE_VERSION}"


def next_due_ms(state: Conversation) -> int | None:
    """When this conversation's next timer is due, in event time; None without one."""
    waiting = state.waiting
    if not state.open:
        return None if waiting is None else waiting.due_ms
    first = min(due_ms(record) for record in state.open)
    return first if waiting is None or first < waiting.due_ms else waiting.due_ms


def due_ms(record: OpenRecord) -> int:
    """When this escalation's next timer is due: a reminder, its calm end or its expiry."""
    due = record.expires_ms
    if record.remind_ms != NO_TIMER and record.remind_ms < due:
        due = record.remind_ms
    if record.calm_due_ms != NO_TIMER and record.calm_due_ms <= due:
        due = record.calm_due_ms
    return due
