"""The AsyncAPI 3.0 document: every topic of the contract, what it carries and under which key.

Made from the catalogue; payloads refer to the committed schemas. Writes no files.
"""

from typing import Any

import yaml

from consumer import __version__
from consumer.contract.asyncapi_headers import HEADER_SCHEMAS
from consumer.contract.catalogue import EVENT_TYPES, FEEDBACK, INCIDENTS, MESSAGES, EventType
from consumer.contract.cloudevents import BINARY_CONTENT_TYPE
from consumer.contract.topics import Topics

SCHEMA_FOLDER = "schemas"

_CONVERSATION_KEY = "`tenant_id:conversation_id` of the body; partitioned by murmur2."
_KEYS = {
    INCIDENTS: "`topic:partition` of the input that the event is about.",
    "dead_letters": "The key of the original record, untouched; it may be absent.",
}
_INPUT = (MESSAGES, FEEDBACK)
_READ = (*_INPUT, "state")
_PURPOSE = {
    "messages": "Chat messages. A record without `ce_*` headers is read as `message.received`; "
    "structured mode is accepted too.",
    "routing": "One decision for every customer turn that can be attributed.",
    "escalations": "The life of escalations, in one topic: a resolve never overtakes its open.",
    "dead_letters": "Unusable input: the original bytes, with the reason in headers.",
    "feedback": "What people say of decisions. As many partitions as `messages`.",
    "state": "Compacted changelog of conversation state, written and read by the router only. "
    "As many partitions as `messages`; its form is internal and may change.",
    "incidents": "What is never silent: lost input and stopped intake.",
    "assist": "Suggested replies and product recommendations, from a consumer of their own.",
    "shadow": "Decisions of shadow models or rules: `mode` is `shadow`.",
}
# What is no event of the catalogue: the kind of headers and the form of the value.
_OTHER_MESSAGES: dict[str, tuple[str, str | None, str, dict[str, Any]]] = {
    "dead_letters": ("dead-letter", "DeadLetterHeaders", "application/octet-stream", {}),
    "state": ("conversation-state", None, BINARY_CONTENT_TYPE, {"type": ["object", "null"]}),
    "assist": ("assist", "CloudEventHeaders", BINARY_CONTENT_TYPE, {"type": "object"}),
}
_SHADOWED = {"shadow": "routing"}

Document = dict[str, Any]


def asyncapi_document(topics: Topics) -> Document:
    """The document for these topic names."""
    names = list(_PURPOSE)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Chat Router",
            "version": __version__,
            "description": "CloudEvents 1.0 over Kafka, binary mode, JSON values. Consumers ignore "
            "unknown fields and read unknown enum values as `other`; inside a major version there "
            "are only additions.",
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": BINARY_CONTENT_TYPE,
        "channels": {name: _channel(name, getattr(topics, name)) for name in names},
        "operations": dict(_operation(name) for name in names),
        "components": {"messages": _messages(), "schemas": HEADER_SCHEMAS},
    }


def asyncapi_text() -> str:
    """The document as it is committed, with the default topic names."""
    return yaml.safe_dump(
        asyncapi_document(Topics()), sort_keys=False, allow_unicode=True, width=100
    )


def _channel(name: str, address: str) -> Document:
    references = {
        message: {"$ref": f"#/components/messages/{message}"} for message in _message_names(name)
    }
    return {
        "address": address,
        "description": _PURPOSE[name],
        "messages": references,
        "bindings": {"kafka": {"topic": address, "bindingVersion": "0.5.0"}},
    }


def _operation(name: str) -> tuple[str, Document]:
    """What the router does with a topic; the state it also writes, which is its own business."""
    action = "receive" if name in _READ else "send"
    return f"{action}_{name}", {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": f"{'Read' if action == 'receive' else 'Written'} by the router.",
    }


def _message_names(channel: str) -> list[str]:
    if channel in _OTHER_MESSAGES:
        return [_OTHER_MESSAGES[channel][0]]
    topic = _SHADOWED.get(channel, channel)
    return [event_type.name for event_type in EVENT_TYPES if event_type.topic == topic]


def _messages() -> Document:
    events = {event_type.name: _event_message(event_type) for event_type in EVENT_TYPES}
    others = {
        name: _message(name, headers, content_type, payload, _key_of(channel))
        for channel, (name, headers, content_type, payload) in _OTHER_MESSAGES.items()
    }
    return events | others


def _event_message(event_type: EventType) -> Document:
    payload = {"$ref": f"./{SCHEMA_FOLDER}/{event_type.schema_file}"}
    headers = "IncomingHeaders" if event_type.topic in _INPUT else "CloudEventHeaders"
    key = _key_of(event_type.topic)
    return _message(event_type.name, headers, BINARY_CONTENT_TYPE, payload, key)


def _message(
    name: str, headers: str | None, content_type: str, payload: Document, key: str
) -> Document:
    message: Document = {"name": name, "contentType": content_type}
    if headers is not None:
        message["headers"] = {"$ref": f"#/components/schemas/{headers}"}
    message["payload"] = payload
    message["bindings"] = {
        "kafka": {"key": {"type": "string", "description": key}, "bindingVersion": "0.5.0"}
    }
    return message


def _key_of(channel: str) -> str:
    return _KEYS.get(channel, _CONVERSATION_KEY)
