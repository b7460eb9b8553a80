"""`python -m tests.docs.contract_page docs/contract.md` makes what is generated in it anew.

The prose is written by hand; tables come from the AsyncAPI document, examples from a fixed
conversation through the real path with a model of fixed answers.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from consumer.contract.asyncapi import asyncapi_document
from consumer.contract.asyncapi_headers import HEADER_SCHEMAS
from consumer.contract.topics import Topics
from consumer.inference.stub import StubModel
from consumer.ports import OutRecord
from tests.contract.talk import TOPICS, Talk

WIDTH = 96
_PLACES = 4
# Longer arrays are shown to here.
_MOST_ITEMS = 2
_MARKED = re.compile(r"(<!-- generated: (?P<name>\S+) -->\n).*?(<!-- /generated -->)", re.DOTALL)

Headers = Mapping[str, str]


def with_generated(page: str) -> str:
    """The page with everything between its marks made anew."""
    parts = generated()
    return _MARKED.sub(lambda mark: f"{mark[1]}{parts[mark['name']]}{mark[3]}", page)


def generated() -> Mapping[str, str]:
    """Markdown by the name of its mark: two tables and one example for every event type."""
    talk = fixed_conversation()
    letter = next(one for one in talk.published if one.topic == TOPICS.dead_letters)
    decided = next(one for one in talk.published if one.topic == TOPICS.routing)
    tables = {
        "topics": _topics_table(),
        "headers": _headers_table("CloudEventHeaders", _headers_of(decided)),
        "dead-letter": _headers_table("DeadLetterHeaders", _headers_of(letter)),
    }
    return tables | {name: _example(body) for name, body in _bodies(talk).items()}


def fixed_conversation() -> Talk:
    """An impatient customer, an agent, a broken producer and what retention took."""
    talk = Talk(StubModel(), conversation="c-4711", deployment="shop")
    customer = {"id": "u-2188", "tier": "standard", "open_orders": 1, "contacts_7d": 0}
    talk.say(
        "where is order JD20260101888? call me on 13812345678",
        sender={"role": "customer", "id": "u-2188"},
        channel="app",
        customer=customer,
    )
    talk.wait(30)
    talk.say("this is a scam, I am furious about my order", channel="app", customer=customer)
    opened = _bodies(talk)["escalation.opened"]
    talk.wait(20)
    talk.tell("escalation.acknowledged", escalation_id=opened["escalation_id"])
    target = {"type": "queue", "id": "logistics_en"}
    talk.tell(
        "decision.overridden", decision_id=opened["decision_id"], intent="delivery", target=target
    )
    talk.wait(60)
    talk.say("thank you, I see my order on its way", channel="app", customer=customer)
    talk.wait(20)
    talk.say("all good now", channel="app", customer=customer)
    talk.tell("escalation.judged", escalation_id=opened["escalation_id"], verdict="right")
    talk.tell("conversation.closed")
    talk.send(b"<message>hello</message>")
    talk.lose()
    talk.stop()
    return talk


def _bodies(talk: Talk) -> dict[str, dict[str, Any]]:
    """The first event of every type, read or published."""
    bodies: dict[str, dict[str, Any]] = {}
    for name, value in talk.inputs:
        bodies.setdefault(name, json.loads(value))
    for record in talk.published:
        event_type = _headers_of(record).get("ce_type")
        if event_type is not None and record.value is not None:
            bodies.setdefault(event_type, json.loads(record.value))
    return bodies


def _headers_of(record: OutRecord) -> Headers:
    return {name: (value or b"").decode() for name, value in record.headers or ()}


def _example(body: dict[str, Any]) -> str:
    return f"```json\n{_laid_out(_cut(body))}\n```\n"


def _cut(value: Any) -> Any:
    """Arrays to their first items, numbers to four places."""
    if isinstance(value, dict):
        return {name: _cut(one) for name, one in value.items()}
    if isinstance(value, list):
        shown = [_cut(one) for one in value[:_MOST_ITEMS]]
        left = len(value) - len(shown)
        return [*shown, f"… {left} more"] if left else shown
    return round(value, _PLACES) if isinstance(value, float) else value


def _laid_out(value: Any, indent: str = "", used: int = 0) -> str:
    """JSON that breaks only what does not fit on its line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(indent) + used + len(flat) <= WIDTH:
        return flat
    inner = indent + "  "
    lines = ",\n".join(inner + line for line in _members(value, inner))
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{lines}\n{indent}{closing}"


def _members(value: dict[str, Any] | list[Any], indent: str) -> Iterator[str]:
    if isinstance(value, list):
        yield from (_laid_out(one, indent) for one in value)
        return
    for name, one in value.items():
        label = f"{json.dumps(name)}: "
        yield label + _laid_out(one, indent, len(label))


def _topics_table() -> str:
    document = asyncapi_document(Topics())
    messages = document["components"]["messages"]
    rows = ["| topic | key | events | what it carries |", "|---|---|---|---|"]
    for channel in document["channels"].values():
        names = list(channel["messages"])
        key = messages[names[0]]["bindings"]["kafka"]["key"]["description"]
        events = ", ".join(f"`{name}`" for name in names)
        rows.append(f"| `{channel['address']}` | {key} | {events} | {channel['description']} |")
    return "\n".join(rows) + "\n"


def _headers_table(schema: str, found: Headers) -> str:
    declared = HEADER_SCHEMAS[schema]
    rows = ["| header | example | meaning |", "|---|---|---|"]
    for name, field in declared["properties"].items():
        example = f"`{found[name]}`" if name in found else ""
        rows.append(f"| `{name}` | {example} | {field['description']} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_generated(path.read_text(encoding="utf-8")), encoding="utf-8")
