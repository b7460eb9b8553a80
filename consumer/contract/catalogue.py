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

MESSAGES = "messages"
ROUTING = "routing"
ESCALATIONS = "escalations"
FEEDBACK = "feedback"
INCIDENTS = "incidents"


@dataclass(frozen=True, slots=True)
class EventType:
    """One row of the contract. `topic` is a field of `Topics`."""

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


MESSAGE_RECEIVED = EventType("message.received", MessageReceived, MESSAGES)
ROUTING_DECIDED = EventType("routing.decided", RoutingDecided, ROUTING)
ESCALATION_OPENED = EventType("escalation.opened", EscalationOpened, ESCALATIONS)
ESCALATION_UPDATED = EventType("escalation.updated", EscalationUpdated, ESCALATIONS)
ESCALATION_RESOLVED = EventType("escalation.resolved", EscalationResolved, ESCALATIONS)
DECISION_OVERRIDDEN = EventType("decision.overridden", DecisionOverridden, FEEDBACK)
ESCALATION_ACKNOWLEDGED = EventType("escalation.acknowledged", EscalationAcknowledged, FEEDBACK)
ESCALATION_JUDGED = EventType("escalation.judged", EscalationJudged, FEEDBACK)
CONVERSATION_CLOSED = EventType("conversation.closed", ConversationClosed, FEEDBACK)
INPUT_LOST = EventType("input.lost", InputLost, INCIDENTS)
INTAKE_STOPPED = EventType("intake.stopped", IntakeStopped, INCIDENTS)

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
