"""Turns what routing said into records to publish. The only place that serialises events."""

import msgspec

from consumer.contract.catalogue import (
    ESCALATION_OPENED,
    ESCALATION_RESOLVED,
    ESCALATION_UPDATED,
    INPUT_LOST,
    INTAKE_STOPPED,
    ROUTING_DECIDED,
)
from consumer.contract.clock import format_ms
from consumer.contract.cloudevents import Envelope
from consumer.contract.dead_letter import dead_letter
from consumer.contract.identity import escalation_event_id, event_id
from consumer.contract.incident import InputLost, IntakeStopped
from consumer.contract.topics import Topics
from consumer.pipeline.partition_notes import NOTES_KEY, PartitionNotes
from consumer.pipeline.partition_notes import encode as encode_notes
from consumer.ports import InputGap, OutRecord, TopicPartition
from consumer.records import Record, Rejected
from consumer.routing.conversation import Conversation, encode
from consumer.routing.router import Routed

_TRACE_HEADER = "traceparent"


class Outputs:
    """Records of the contract, ready for one transaction."""

    def __init__(self, topics: Topics, source: str, max_bytes: int) -> None:
        self._topics = topics
        self._source = source
        self._max_bytes = max_bytes
        self._encoder = msgspec.json.Encoder()
        self._decided = Envelope(source, ROUTING_DECIDED)
        self._lost = Envelope(source, INPUT_LOST)
        self._stopped = Envelope(source, INTAKE_STOPPED)
        self._escalations = {
            event_type.name: Envelope(source, event_type)
            for event_type in (ESCALATION_OPENED, ESCALATION_UPDATED, ESCALATION_RESOLVED)
        }

    def routed(self, key: str, routed: Routed, record: Record | None) -> list[OutRecord]:
        """The decision, then the escalation changes, of one input record or (None) of a timer."""
        raw_key = key.encode()
        trace = _trace_of(record) if record is not None and record.headers else None
        decision, records, cause = routed.decision, [], _coordinates(record)
        if decision is not None:
            headers = self._decided.headers(
                decision.decision_id, key, decision.decided_at, cause, trace
            )
            value = self._encoder.encode(decision)
            records.append(OutRecord(self._topics.routing, raw_key, value, headers))
            cause = decision.decision_id
        for name, event in routed.escalations:
            identity = escalation_event_id(name, event.escalation_id, event.seq)
            headers = self._escalations[name].headers(identity, key, event.updated_at, cause, trace)
            value = self._encoder.encode(event)
            records.append(OutRecord(self._topics.escalations, raw_key, value, headers))
        return records

    def dead(self, rejected: Rejected, decision_id: str | None) -> OutRecord:
        """The original bytes with the reason beside them."""
        letter = dead_letter(rejected, decision_id, self._max_bytes)
        return OutRecord(self._topics.dead_letters, letter.key, letter.value, letter.headers)

    def state(self, partition: int, key: str, state: Conversation | None) -> OutRecord:
        """The changelog record of a conversation; a tombstone where it is forgotten."""
        value = None if state is None else encode(state)
        return OutRecord(self._topics.state, key.encode(), value, None, partition)

    def notes(self, partition: int, notes: PartitionNotes) -> OutRecord:
        """The changelog record of what a partition remembers beside its conversations."""
        return OutRecord(self._topics.state, NOTES_KEY, encode_notes(notes), None, partition)

    def lost(self, gap: InputGap, now_ms: int) -> OutRecord:
        """`input.lost`, in the transaction that moves the offset past the gap."""
        event = InputLost(
            topic=gap.topic,
            partition=gap.partition,
            from_offset=gap.start,
            to_offset=gap.end,
            cause=gap.cause,
        )
        return self._incident(self._lost, (gap.topic, gap.partition), gap.start, now_ms, event)

    def stopped(self, at: TopicPartition, offset: int, cause: str, now_ms: int) -> OutRecord:
        """`intake.stopped`: `offset` is the first that will not be read for now."""
        event = IntakeStopped(topic=at[0], partition=at[1], offset=offset, cause=cause)
        return self._incident(self._stopped, at, offset, now_ms, event)

    def _incident(
        self,
        envelope: Envelope,
        at: TopicPartition,
        offset: int,
        now_ms: int,
        event: InputLost | IntakeStopped,
    ) -> OutRecord:
        topic, partition = at
        key = f"{topic}:{partition}"
        identity = event_id(envelope.name, self._source, topic, partition, offset)
        headers = envelope.headers(identity, key, format_ms(now_ms), f"{key}:{offset}", None)
        return OutRecord(self._topics.incidents, key.encode(), self._encoder.encode(event), headers)


def _coordinates(record: Record | None) -> str:
    return "timer" if record is None else f"{record.topic}/{record.partition}/{record.offset}"


def _trace_of(record: Record) -> bytes | None:
    return next((value for name, value in record.headers if name == _TRACE_HEADER), None)
