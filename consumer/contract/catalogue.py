"""Every event type of the contract: its name, its Python type, its schema's address."""

from dataclasses import dataclass

from msgspec import Struct

from consumer.contract.decision import RoutingDecided
from consumer.contract.escalation import EscalationOpened, EscalationResolved, EscalationUpdated
from consumer.contract.incident import InputLost, IntakeStopped
from consumer.contract.message import (
    ConversationClosed,
    DecisionOverridden,
    EscalationAcknowledged,
    EscalationJudged,
    MessageReceived,
)

SCHEMA_BASE = "https://chat-router.dev/schemas"
MAJOR_VERSION = 1


@dataclass(frozen=True, slots=True)
class EventType:
    """One row of the contract."""

    name: str
    payload: type[Struct]
    topic: str

    @property
    def schema_file(self) -> str:
        """File name of the committed schema."""
        return f"{self.name}.v{MAJOR_VERSION}.json"

    @property
    def dataschema(self) -> str:
        """`ce_dataschema`."""
        return f"{SCHEMA_BASE}/{self.schema_file}"


MESSAGE_RECEIVED = EventType("message.received", MessageReceived, "messages")
ROUTING_DECIDED = EventType("routing.decided", RoutingDecided, "routing")
ESCALATION_OPENED = EventType("escalation.opened", EscalationOpened, "escalations")
ESCALATION_UPDATED = EventType("escalation.updated", EscalationUpdated, "escalations")
ESCALATION_RESOLVED = EventType("escalation.resolved", EscalationResolved, "escalations")
DECISION_OVERRIDDEN = EventType("decision.overridden", DecisionOverridden, "feedback")
ESCALATION_ACKNOWLEDGED = EventType("escalation.acknowledged", EscalationAcknowledged, "feedback")
ESCALATION_JUDGED = EventType("escalation.judged", EscalationJudged, "feedback")
CONVERSATION_CLOSED = EventType("conversation.closed", ConversationClosed, "feedback")
INPUT_LOST = EventType("input.lost", InputLost, "incidents")
INTAKE_STOPPED = EventType("intake.stopped", IntakeStopped, "incidents")

EVENT_TYPES = (
    MESSAGE_RECEIVED,
    ROUTING_DECIDED,
    ESCALATION_OPENED,
    ESCALATION_UPDATED,
    ESCALATION_RESOLVED,
    DECISION_OVERRIDDEN,
    ESCALATION_ACKNOWLEDGED,
    ESCALATION_JUDGED,
    CONVERSATION_CLOSED,
    INPUT_LOST,
    INTAKE_STOPPED,
)
