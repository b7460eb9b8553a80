"""Whatever arrives, intake answers and the dead letter fits."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from consumer.contract.dead_letter import dead_letter
from consumer.intake.nesting import is_deeper
from consumer.records import FeedbackTurn, Headers, Rejected, Turn
from tests.intake.samples import TOPICS, body, decode

MAX_BYTES = 4096

names = st.sampled_from(
    ["ce_type", "ce_specversion", "ce_dataschema", "content-type", "x-chat-router-attempts"]
)
known_values = st.sampled_from(
    [b"message.received", b"application/cloudevents+json", b"conversation.closed", b"4", b"1.0"]
)
headers = st.lists(
    st.tuples(names | st.text(max_size=20), st.none() | known_values | st.binary(max_size=40)),
    max_size=12,
).map(tuple)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)
fields = st.sampled_from(["message_id", "conversation_id", "text", "sent_at", "tenant_id", "data"])
bodies = st.dictionaries(fields | st.text(max_size=5), json_values, max_size=8)
damaged = st.tuples(st.integers(0, len(body())), st.binary(max_size=6)).map(
    lambda cut: body()[: cut[0]] + cut[1] + body()[cut[0] :]
)
values = (
    st.none()
    | st.binary(max_size=200)
    | bodies.map(lambda one: json.dumps(one).encode())
    | damaged
    | bodies.map(lambda changes: json.dumps(json.loads(body()) | changes).encode())
)


@given(
    value=values,
    headers=headers,
    key=st.none() | st.binary(max_size=40),
    topic=st.sampled_from([TOPICS.messages, TOPICS.feedback]),
    timestamp_ms=st.integers(-(2**63), 2**63 - 1),
)
@example(b'{"text":"\\ud800', (), None, TOPICS.messages, -1)
def test_every_record_has_an_answer_and_every_refusal_a_dead_letter(
    value: bytes | None, headers: Headers, key: bytes | None, topic: str, timestamp_ms: int
) -> None:
    outcome = decode(value, headers, key, topic, timestamp_ms)
    assert isinstance(outcome, Turn | FeedbackTurn | Rejected)
    if not isinstance(outcome, Rejected):
        outcome.key.encode()
        return
    assert (outcome.tenant_id is None) == (outcome.conversation_id is None)
    letter = dead_letter(outcome, None, MAX_BYTES)
    assert letter.value is None or len(letter.value) <= MAX_BYTES


@given(json_values, st.integers(0, 6))
def test_depth_is_counted_as_a_parser_would(value: object, limit: int) -> None:
    def depth(node: object) -> int:
        children = node.values() if isinstance(node, dict) else node
        if not isinstance(node, dict | list):
            return 0
        return 1 + max(map(depth, children), default=0)  # type: ignore[call-overload]

    assert is_deeper(json.dumps(value).encode(), limit) == (depth(value) > limit)
