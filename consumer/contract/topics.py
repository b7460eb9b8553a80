"""The topics of the contract and their default names. Knows no partitions and no broker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """Names of the topics of the contract; all configurable."""

    messages: str = "chat.messages.v1"
    routing: str = "chat.routing.v1"
    escalations: str = "chat.escalations.v1"
    dead_letters: str = "chat.dead-letters.v1"
    feedback: str = "chat.feedback.v1"
    state: str = "chat.router-state.v1"
    incidents: str = "chat.incidents.v1"
    assist: str = "chat.assist.v1"
    shadow: str = "chat.routing.shadow.v1"
