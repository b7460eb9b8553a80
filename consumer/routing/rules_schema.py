"""The shape of a rules file, as types. Closed: an unknown field is an error. Checks shape only."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct, field

from consumer.contract.known_values import TIERS

RULES_FORMAT = 1
DEFAULT_REPEAT_CONTACTS = 2  # contacts within 7 days, this one included
MAX_REMINDERS = 10

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Identifier = Annotated[str, Meta(min_length=1, max_length=128)]
Sentence = Annotated[str, Meta(min_length=1, max_length=300)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Seconds = Annotated[int, Meta(ge=1, le=7 * 24 * 3600)]
Severity = Annotated[int, Meta(ge=1, le=4)]
Priority = Annotated[int, Meta(ge=0, le=100)]
Count = Annotated[int, Meta(ge=1, le=100)]


class _Closed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """No field but the declared ones."""


class ConditionSpec(_Closed, frozen=True, kw_only=True, rename={"negated": "not"}):
    """Either `field`, `op`, `value`; or one of `all`, `any`, `not`."""

    field: str | None = None
    op: str | None = None
    value: str | float | bool | list[str] | None = None
    all: list["ConditionSpec"] | None = None
    any: list["ConditionSpec"] | None = None
    negated: "ConditionSpec | None" = None


class TargetSpec(_Closed, frozen=True, kw_only=True):
    """One of the four, and the skills that are asked for."""

    queue: Identifier | None = None
    flow: Identifier | None = None
    page: Identifier | None = None
    agent: Identifier | None = None
    skills: list[Identifier] = []


class FallbackSpec(_Closed, frozen=True, kw_only=True):
    """Where to go if nobody took it after `after_s` seconds."""

    after_s: Seconds
    target: TargetSpec
    drop_skills: list[Identifier] = []
    priority_delta: Annotated[int, Meta(ge=-100, le=100)] = 0


class ReasonSpec(_Closed, frozen=True, kw_only=True):
    """Why, for machines and for people."""

    code: Name
    en: Sentence
    zh: Sentence


class RouteBody(_Closed, frozen=True, kw_only=True):
    """What a route does, without its condition: the default has none."""

    action: str
    target: TargetSpec
    priority: Priority
    reason: ReasonSpec
    sla: str = "default"
    calendar: str | None = None
    out_of_hours: TargetSpec | None = None
    fallbacks: list[FallbackSpec] = []


class RouteSpec(RouteBody, frozen=True, kw_only=True):
    """One route."""

    id: Name
    when: ConditionSpec


class SlaSpec(_Closed, frozen=True, kw_only=True):
    """Seconds of the wall, from the message's event time."""

    first_response_s: Seconds
    resolution_s: Annotated[int, Meta(ge=1, le=365 * 24 * 3600)]


class CalendarSpec(_Closed, frozen=True, kw_only=True):
    """Weekly hours in a time zone; `special_dates` have hours of their own."""

    tz: str
    open: dict[str, str | list[str]]
    closed_dates: list[date] = []
    special_dates: dict[date, str | list[str]] = {}


class LanguagesSpec(_Closed, frozen=True, kw_only=True):
    """Languages with a queue of their own, and the one that stands in for all others."""

    supported: Annotated[list[Name], Meta(min_length=1, max_length=20)]
    fallback: Name


class LabelBoundsSpec(_Closed, frozen=True, kw_only=True):
    """Bounds of one label, where they differ from its head's."""

    suggest: Share | None = None
    automate: Share | None = None


class HeadThresholdsSpec(_Closed, frozen=True, kw_only=True):
    """Bounds on a head's confidence, and those of single labels."""

    suggest: Share
    automate: Share
    labels: dict[str, LabelBoundsSpec] = {}


class IntentThresholdsSpec(HeadThresholdsSpec, frozen=True, kw_only=True):
    """Bounds on the intent head."""

    ambiguity_margin: Share
    out_of_scope: Share


class ThresholdsSpec(_Closed, frozen=True, kw_only=True):
    """Bounds by head. Those of sentiment and anger are only names that conditions may use."""

    intent: IntentThresholdsSpec
    category: HeadThresholdsSpec
    sentiment: HeadThresholdsSpec | None = None
    anger: HeadThresholdsSpec | None = None


class EnterSpec(_Closed, frozen=True, kw_only=True):
    """Opens at this score for so many customer turns.

    Of anger, at most `gap` turns below it in a row may lie between two of them.
    """

    score: Share
    turns: Count = 1
    gap: Annotated[int, Meta(ge=0, le=10)] = 0


class FastSpec(_Closed, frozen=True, kw_only=True):
    """Opens at this score in one turn."""

    score: Share


class ExitSpec(_Closed, frozen=True, kw_only=True):
    """Ends after this many customer turns in a row below this score."""

    below: Share
    turns: Count


class SeverityStep(_Closed, frozen=True, kw_only=True):
    """`level` from `score` on."""

    score: Share
    level: Severity


class RecommendedSpec(_Closed, frozen=True, kw_only=True):
    """What whoever takes it should do."""

    action: str
    target: TargetSpec
    tone: str
    suppress_recommendations: bool


class SummarySpec(_Closed, frozen=True, kw_only=True):
    """One sentence for people."""

    en: Sentence
    zh: Sentence


class _EscalationSpec(_Closed, frozen=True, kw_only=True, tag_field="kind"):
    id: Name
    enter: EnterSpec
    exit: ExitSpec | None = None
    hold_s: Annotated[int, Meta(ge=0, le=24 * 3600)] = 0
    cool_down_s: Annotated[int, Meta(ge=0, le=7 * 24 * 3600)]
    ack_within_s: Seconds
    remind_every_s: Annotated[int, Meta(ge=60, le=7 * 24 * 3600)] | None = None
    remind_times: Annotated[int, Meta(ge=0, le=MAX_REMINDERS)] = 1
    expire_after_s: Seconds
    severity: Annotated[list[SeverityStep], Meta(min_length=1, max_length=10)]
    vip_delta: Annotated[int, Meta(ge=0, le=3)] = 0
    vip_tiers: list[str] = field(default_factory=lambda: list(TIERS[1:]))
    # Opens only while none of these kinds is open: somebody has been called already.
    yields_to: list[str] = []
    recommended: RecommendedSpec
    summary: SummarySpec


class AngerSpec(_EscalationSpec, frozen=True, kw_only=True, tag="anger"):
    """On `anger.score` of turns that may be complaints: anger at others is none."""

    fast: FastSpec | None = None
    complaint_from: Share = 0.0


class PhrasesSpec(_Closed, frozen=True, kw_only=True):
    """Words that plainly say something.

    `whole` must be the whole message; `patterns` are regular expressions without look-around;
    `unless` cancels a hit. A negation in front of a hit cancels it by itself.
    """

    contains: list[Identifier] = []
    whole: list[Identifier] = []
    patterns: list[Sentence] = []
    unless: list[Identifier] = []


class ProductSpec(_Closed, frozen=True, kw_only=True):
    """One row of the table of products: what it is called, and who looks after it."""

    brand: Identifier
    product: Identifier | None = None
    terms: Annotated[list[Identifier], Meta(min_length=1, max_length=200)]
    queue: Identifier | None = None


class InventorySpec(_Closed, frozen=True, kw_only=True):
    """What exists on the platform. A kind that is given admits no other target of that kind."""

    queues: list[Identifier] | None = None
    flows: list[Identifier] | None = None
    pages: list[Identifier] | None = None
    agents: list[Identifier] | None = None
    skills: list[Identifier] | None = None


class HumanRequestSpec(_EscalationSpec, frozen=True, kw_only=True, tag="human_request"):
    """On the probability of one intent, or on phrases by language."""

    intent: str = "contact_agent"
    phrases: dict[str, PhrasesSpec] = {}


class BotLoopSpec(_EscalationSpec, frozen=True, kw_only=True, tag="bot_loop"):
    """On how alike two of the last three bot replies are; turns are those without progress."""


class VipSpec(_EscalationSpec, frozen=True, kw_only=True, tag="vip"):
    """On the probability of a complaint by a customer of `vip_tiers`."""


class RepeatContactSpec(_EscalationSpec, frozen=True, kw_only=True, tag="repeat_contact"):
    """On displeasure (a complaint, a negative turn) from `repeat_contact_from` contacts on."""


class SlaBreachSpec(_EscalationSpec, frozen=True, kw_only=True, tag="sla_breach"):
    """Where no person has answered `grace_s` after a decision's first response was due."""

    enter: EnterSpec = EnterSpec(score=1.0)
    grace_s: Annotated[int, Meta(ge=0, le=7 * 24 * 3600)] = 0


class GuardsSpec(_Closed, frozen=True, kw_only=True):
    """Bounds on new escalations of one kind in one partition, in event time.

    Requests for a person and severity 4 always pass.
    """

    opens_per_minute: Annotated[int, Meta(ge=1, le=100_000)] = 60
    burst: Annotated[int, Meta(ge=1, le=100_000)] = 30


class PrivacySpec(_Closed, frozen=True, kw_only=True):
    """Entity types to mask beside those that always are (phone, e-mail, address, card, id)."""

    mask: list[Name] = []


EscalationSpec = (
    AngerSpec | HumanRequestSpec | BotLoopSpec | VipSpec | RepeatContactSpec | SlaBreachSpec
)


class RulesSpec(_Closed, frozen=True, kw_only=True):
    """A rules file."""

    format: int
    name: Name
    version: Name
    languages: LanguagesSpec
    thresholds: ThresholdsSpec
    repeat_contact_from: Count = DEFAULT_REPEAT_CONTACTS
    calendars: dict[str, CalendarSpec]
    sla: dict[str, SlaSpec]
    phrases: dict[Name, dict[str, PhrasesSpec]] = {}
    dictionaries: dict[Name, dict[str, list[Identifier]]] = {}
    products: list[ProductSpec] = []
    targets: InventorySpec = InventorySpec()
    escalations: list[EscalationSpec] = []
    guards: GuardsSpec = GuardsSpec()
    privacy: PrivacySpec = PrivacySpec()
    routes: list[RouteSpec]
    default: RouteBody
