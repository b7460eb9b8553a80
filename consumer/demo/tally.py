"""What the demo has seen of the outputs, under read_committed. Draws nothing."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import msgspec

from consumer.contract.topics import Topics
from consumer.records import Record

_RECENT = 14


@dataclass
class Tally:
    """Counts, the latest decisions, and the escalations by id."""

    topics: Topics
    decisions: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_RECENT))
    escalations: dict[str, dict[str, Any]] = field(default_factory=dict)
    latencies_ms: list[float] = field(default_factory=list)
    dead_letters: int = 0

    @property
    def decided(self) -> int:
        """Decisions seen."""
        return self.decisions.total()

    @property
    def tagged(self) -> int:
        """Entities found, in the latest decisions and those before."""
        return self.changes["entities"]

    def see(self, record: Record) -> dict[str, Any] | None:
        """Takes in one output; the decision, where it is one."""
        if record.topic == self.topics.dead_letters:
            self.dead_letters += 1
            return None
        event: dict[str, Any] = msgspec.json.decode(record.value or b"{}")
        if record.topic == self.topics.routing:
            self.decisions[event["action"]] += 1
            self.languages[event["language"]["code"]] += 1
            self.changes["entities"] += len(event["entities"])
            self.latencies_ms.append(event["latency_ms"])
            self.recent.append(event)
            return event
        self.escalations[event["escalation_id"]] = event
        name = next((v for n, v in record.headers if n == "ce_type"), b"") or b""
        self.changes[name.decode().removeprefix("escalation.")] += 1
        return None
