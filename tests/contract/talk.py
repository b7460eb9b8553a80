"""A conversation through the real path of one partition, for all that it publishes."""

import json

from consumer.contract.catalogue import MESSAGE_RECEIVED
from consumer.contract.clock import format_ms
from consumer.contract.topics import Topics
from consumer.inference.model import Model
from consumer.inference.understand import prepare, understand
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.outputs import Outputs
from consumer.ports import Assignment, InputGap, OutRecord, Unreadable
from consumer.records import Outcome, Record, Turn
from consumer.routing.router import Router
from consumer.routing.rules import DEFAULT_RULES, load_ruleset

TOPICS = Topics()
START_MS = 1_767_225_600_000
LATENCY_MS = 12
_CUSTOMER = "customer"
_MAX_BYTES = 1_000_000


class Talk:
    """Drives one lane and keeps what it has read (type and value) and all that it publishes.

    Time stands still but for `wait`.
    """

    def __init__(self, model: Model, conversation: str = "c1", deployment: str = "test") -> None:
        source = f"/chat-router/{deployment}"
        self.lane = Lane(
            Assignment(0, 1, {TOPICS.messages: 0, TOPICS.feedback: 0}),
            TOPICS,
            Router(load_ruleset(DEFAULT_RULES), model.refs, source),
            Outputs(TOPICS, source, _MAX_BYTES),
            LaneLimits(),
        )
        self.published: list[OutRecord] = []
        self.inputs: list[tuple[str, bytes]] = []
        self._model = model
        self._conversation = conversation
        self._decoder = Decoder(IntakeLimits(), TOPICS)
        self._next = {TOPICS.messages: 0, TOPICS.feedback: 0}
        self._now_ms = START_MS

    def wait(self, seconds: int) -> None:
        self._now_ms += seconds * 1_000

    def say(self, text: str, **more: object) -> None:
        """One message, the customer's unless it says otherwise."""
        fields = {"text": text, "message_id": f"m-{self._next[TOPICS.messages] + 1}"}
        at = {"sent_at": format_ms(self._now_ms)}
        self._read(TOPICS.messages, MESSAGE_RECEIVED.name, {**fields, **at, **more})

    def tell(self, kind: str, **fields: object) -> None:
        """One piece of feedback."""
        at = {"at": format_ms(self._now_ms), "by": "agent-7"}
        self._read(TOPICS.feedback, kind, {**at, **fields})

    def send(self, value: bytes) -> None:
        """A record of the input topic as it is, without headers."""
        self._settle(TOPICS.messages, value, ())

    def lose(self) -> None:
        """Retention took ten records."""
        start = self._next[TOPICS.messages]
        self._next[TOPICS.messages] = start + 10
        self.lane.lose(InputGap(TOPICS.messages, 0, start, start + 10, "retention"))
        self._advance()

    def stop(self) -> None:
        """The next batch cannot be read."""
        offset = self._next[TOPICS.messages]
        self.lane.block(Unreadable(TOPICS.messages, 0, offset))
        self._advance()

    def _read(self, topic: str, kind: str, fields: dict[str, object]) -> None:
        body = {"conversation_id": self._conversation, **fields}
        value = json.dumps(body, ensure_ascii=False).encode()
        headers = (
            ("ce_specversion", b"1.0"),
            ("ce_type", kind.encode()),
            ("ce_id", b"1"),
            ("ce_source", b"/x"),
        )
        self.inputs.append((kind, value))
        self._settle(topic, value, headers)

    def _settle(
        self, topic: str, value: bytes, headers: tuple[tuple[str, bytes | None], ...]
    ) -> None:
        offset = self._next[topic]
        self._next[topic] = offset + 1
        key = f"default:{self._conversation}".encode()
        record = Record(topic, 0, offset, 1, self._now_ms, key, value, headers)
        self.lane.expect(record)
        self.lane.settle(record, self._outcome(record))
        self._advance()

    def _outcome(self, record: Record) -> Outcome:
        outcome = self._decoder.decode(record)
        if isinstance(outcome, Turn) and outcome.message.sender.role == _CUSTOMER:
            return understand(self._model, prepare(self._model, [outcome]))[0]
        return outcome

    def _advance(self) -> None:
        self.lane.advance(self._now_ms + LATENCY_MS, limit=10)
        records, _ = self.lane.take()
        self.published += records
        self.lane.committed()
