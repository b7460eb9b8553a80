"""Canaries: what a customer writes turns up in no topic, no header, no log and no metric.

Dead letters hold the original bytes by contract; their headers do not.
"""

import io
import json
import logging
from collections.abc import Iterator, Sequence

import pytest
from msgspec.structs import replace
from prometheus_client.openmetrics.exposition import generate_latest

from consumer.contract.topics import Topics
from consumer.inference.model import Inferred
from consumer.inference.prepared import Prepared
from consumer.inference.understand import prepare, understand
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.pipeline.lane import Lane, LaneLimits
from consumer.pipeline.outputs import Outputs
from consumer.ports import Assignment, InputGap, OutRecord, Published
from consumer.records import Outcome, Prediction, Record, Span, Turn
from consumer.routing.in_force import Routers, RulesInForce
from consumer.routing.router import Router
from consumer.routing.rules import DEFAULT_RULES, Ruleset, parse_ruleset
from consumer.telemetry.logs import start_logging
from consumer.telemetry.prometheus import PrometheusObserver
from tests.routing.builders import SOURCE, START_MS
from tests.service.marked_model import MarkedModel

TOPICS = Topics()
WORDS = "quetzalcanary"
PHONE, EMAIL = "13800138000", "canary.bird@example.com"
CARD, IDENTITY = "4111111111111111", "11010519491231002X"
ADDRESS, PERSON, ORDER = "17 Canary Wharf Lane", "Canaria Birdsong", "JD20260101777"
ATTRIBUTE = "attribute-canary"
ALWAYS = (WORDS, PHONE, EMAIL, "canary.bird", CARD, IDENTITY, ADDRESS, ATTRIBUTE)
STRICT = (*ALWAYS, PERSON, "Birdsong", ORDER)
TEXT = (
    f"<anger=95> {WORDS} {PHONE} {EMAIL} {CARD} {IDENTITY} {ADDRESS} {PERSON} {ORDER} real person"
)
TAGGED = {"ADDRESS": ADDRESS, "PERSON": PERSON, "ORDER_ID": ORDER}

RULES = DEFAULT_RULES.read_text().replace(
    "routes:\n",
    """routes:
  - id: noted
    when: {field: attributes.note, op: exists, value: true}
    action: escalate
    target: {queue: "noted_{language}"}
    priority: 90
    reason: {code: noted, en: "Noted", zh: "已注明"}
""",
    1,
)
MASKING = RULES.replace("\nsla:\n", "\nprivacy: {mask: [PERSON, ORDER_ID]}\n\nsla:\n", 1)


class TaggingModel(MarkedModel):
    """Finds the canaries, as a good model would."""

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        found: list[Inferred] = []
        for prepared, one in zip(batch, super().infer(batch), strict=True):
            if isinstance(one, Prediction):
                one = replace(one, spans=_spans(prepared.text))
            found.append(one)
        return found


def _spans(text: str) -> tuple[Span, ...]:
    return tuple(
        Span(kind, text.index(value), text.index(value) + len(value), 0.99)
        for kind, value in TAGGED.items()
        if value in text
    )


def rules(text: str) -> Ruleset:
    return parse_ruleset(text.encode(), "privacy.yaml")


class Run:
    """One lane with two tenants; `strict` masks more."""

    def __init__(self) -> None:
        self.log = io.StringIO()
        start_logging("json", "debug", self.log)
        self.model = TaggingModel()
        own = Router(rules(MASKING), self.model.refs, SOURCE)
        self.routers = RulesInForce(
            Routers(Router(rules(RULES), self.model.refs, SOURCE), {"strict": own})
        )
        self.decoder = Decoder(IntakeLimits(), TOPICS)
        self.observer = PrometheusObserver(TOPICS)
        self.lane = Lane(
            Assignment(0, 1, {TOPICS.messages: 0, TOPICS.feedback: 0}),
            TOPICS,
            self.routers,
            Outputs(TOPICS, SOURCE, 1_000_000),
            LaneLimits(),
        )
        self.published: list[OutRecord] = []
        self.offset = 0

    def says(self, tenant: str, text: str = TEXT, role: str = "customer") -> None:
        body = {
            "message_id": f"m-{self.offset}",
            "conversation_id": "c-1",
            "tenant_id": tenant,
            "text": text,
            "sent_at": "2026-01-01T00:00:00Z",
            "sender": {"role": role, "id": WORDS},
            "context": {"page_url": f"https://shop.example/{WORDS}"},
            "attachments": [{"type": "image", "uri": f"https://shop.example/{WORDS}.png"}],
            "attributes": {"note": ATTRIBUTE},
        }
        self.reads(json.dumps(body).encode(), f"{tenant}:c-1".encode())

    def reads(self, value: bytes, key: bytes) -> None:
        at_ms = START_MS + self.offset * 1000
        record = Record(TOPICS.messages, 0, self.offset, 1, at_ms, key, value)
        self.offset += 1
        outcome: Outcome = self.decoder.decode(record)
        if isinstance(outcome, Turn) and outcome.message.sender.role == "customer":
            outcome = understand(self.model, prepare(self.model, [outcome]))[0]
        self.lane.expect(record)
        self.lane.settle(record, outcome)
        self.commits(at_ms)

    def commits(self, at_ms: int) -> None:
        self.lane.advance(at_ms, 100)
        work = self.lane.work
        records, _ = self.lane.take()
        self.lane.committed()
        self.observer.published(Published.COMMITTED, 0.01, [work], at_ms)
        self.published += records

    def plays(self, tenant: str) -> None:
        self.says(tenant)
        for role in ("bot", "bot", "agent", "system"):
            self.says(tenant, role=role)
        self.says(tenant, f"{TEXT} <anger=60>")
        for bad in ("<poison>", "<nan>"):
            self.says(tenant, f"{bad} {TEXT}")
        self.reads(b'{"text": "' + TEXT.encode(), f"{tenant}:c-1".encode())
        self.lane.lose(InputGap(TOPICS.messages, 0, self.offset, self.offset + 1, "retention"))
        self.offset += 1
        self.commits(START_MS)
        self.lane.idle(START_MS + 10**8)
        self.commits(START_MS + 10**8)


@pytest.fixture
def run() -> Iterator[Run]:
    logger = logging.getLogger("consumer")
    before = (logger.handlers[:], logger.level, logger.propagate)
    yield Run()
    logger.handlers[:], logger.level, logger.propagate = before


def told(run: Run) -> Iterator[tuple[str, str]]:
    """Where, and what can be read there."""
    for record in run.published:
        yield f"{record.topic} key", (record.key or b"").decode()
        for name, value in record.headers or ():
            yield f"{record.topic} header {name}", (value or b"").decode()
        if record.topic != TOPICS.dead_letters:
            yield f"{record.topic} value", (record.value or b"").decode()
    yield "logs", run.log.getvalue()
    page = generate_latest(run.observer.registry)  # type: ignore[no-untyped-call]
    yield "metrics", page.decode()


@pytest.mark.parametrize(("tenant", "canaries"), [("shop1", ALWAYS), ("strict", STRICT)])
def test_no_canary_is_told_anywhere(run: Run, tenant: str, canaries: tuple[str, ...]) -> None:
    run.plays(tenant)
    topics = {record.topic for record in run.published}
    assert topics == {
        TOPICS.routing, TOPICS.escalations, TOPICS.state, TOPICS.dead_letters, TOPICS.incidents,
    }  # fmt: skip
    found = [(where, canary) for where, text in told(run) for canary in canaries if canary in text]
    assert found == []


def test_what_is_masked_differs_between_tenants(run: Run) -> None:
    for tenant in ("shop1", "strict"):
        run.says(tenant)
    bodies = [json.loads(r.value or b"") for r in run.published if r.topic == TOPICS.routing]
    values = [{one["type"]: one["value"] for one in body["entities"]} for body in bodies]
    assert [one["ORDER_ID"] for one in values] == [ORDER, "*********1777"]
    assert [one["PERSON"] for one in values] == [PERSON, "***"]
    assert all(one["ADDRESS"] == "***" for one in values)


def test_a_reason_names_an_attribute_and_not_what_it_holds(run: Run) -> None:
    run.says("shop1", "hello")
    body = next(json.loads(r.value or b"") for r in run.published if r.topic == TOPICS.routing)
    assert body["reason"]["rule_id"] == "noted"
    assert body["reason"]["evidence"][0]["feature"] == "attributes.note"
    assert body["reason"]["evidence"][0]["value"] == "***"
