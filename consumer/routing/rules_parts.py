"""Turns the parts of a rules file that routes and escalations refer to into compiled ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TypeVar

from consumer.routing.calendars import Calendar, Week, parse_intervals, parse_week, parse_zone
from consumer.routing.knowledge import Knowledge, ProductRow, Terms
from consumer.routing.phrases import PhraseList, compile_pattern, phrase_list
from consumer.routing.readings import CategoryThresholds, IntentThresholds, LabelBounds
from consumer.routing.routes import SlaPolicy
from consumer.routing.rules_error import Mistakes, RuleMistakeError
from consumer.routing.rules_schema import (
    CalendarSpec,
    HeadThresholdsSpec,
    IntentThresholdsSpec,
    PhrasesSpec,
    RulesSpec,
    ThresholdsSpec,
)
from consumer.routing.vocabulary import Bound, Vocabulary
from consumer.routing.yaml_source import Path, Step

# The number of each head that a named bound is for.
BOUND_FIELDS = {
    "intent": "intent.confidence",
    "category": "category.confidence",
    "sentiment": "sentiment.confidence",
    "anger": "anger.score",
}
HEADS = tuple(BOUND_FIELDS)
WORDS = ("suggest", "automate")
MAX_TERMS = 20_000
DEFAULT_SLA = "default"
NEVER_OPEN: Week = ((),) * 7

_T = TypeVar("_T")


def compile_calendars(spec: RulesSpec, mistakes: Mistakes) -> dict[str, Calendar]:
    """Calendars by name. One that cannot be used still has its name, for those who refer to it."""
    compiled: dict[str, Calendar] = {}
    for name, item in spec.calendars.items():
        compiled[name] = Calendar(name, UTC, NEVER_OPEN)
        with mistakes.collected():
            compiled[name] = _calendar(name, item, ("calendars", name))
    return compiled


def _calendar(name: str, spec: CalendarSpec, path: Path) -> Calendar:
    try:
        zone = parse_zone(spec.tz)
    except ValueError as error:
        raise RuleMistakeError((*path, "tz"), str(error)) from None
    try:
        week = parse_week(spec.open)
    except ValueError as error:
        raise RuleMistakeError((*path, "open"), str(error)) from None
    special = {}
    for day, hours in spec.special_dates.items():
        try:
            special[day] = parse_intervals(hours)
        except ValueError as error:
            raise RuleMistakeError((*path, "special_dates", str(day)), str(error)) from None
        if day in spec.closed_dates:
            problem = f"{day} is among closed_dates too"
            raise RuleMistakeError((*path, "special_dates", str(day)), problem)
    return Calendar(name, zone, week, frozenset(spec.closed_dates), special)


def compile_sla(spec: RulesSpec, mistakes: Mistakes) -> dict[str, SlaPolicy]:
    """Policies by name."""
    compiled = {
        name: SlaPolicy(name, item.first_response_s, item.resolution_s)
        for name, item in spec.sla.items()
    }
    with mistakes.collected():
        if DEFAULT_SLA not in compiled:
            compiled[DEFAULT_SLA] = SlaPolicy(DEFAULT_SLA, 1, 1)  # once told is enough
            raise RuleMistakeError(("sla",), f"the policy {DEFAULT_SLA!r} is missing")
    return compiled


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The bounds of the heads that a machine's answer needs."""

    intent: IntentThresholds
    category: CategoryThresholds


def compile_thresholds(spec: ThresholdsSpec, mistakes: Mistakes) -> Thresholds:
    """Bounds by head and label."""
    for head in HEADS:
        head_spec = getattr(spec, head)
        if head_spec is not None:
            _check_head(head_spec, ("thresholds", head), mistakes)
    intent, category = spec.intent, spec.category
    return Thresholds(
        IntentThresholds(
            intent.suggest,
            intent.automate,
            intent.ambiguity_margin,
            intent.out_of_scope,
            _label_bounds(intent),
        ),
        CategoryThresholds(category.suggest, category.automate, _label_bounds(category)),
    )


def _check_head(spec: HeadThresholdsSpec, path: Path, mistakes: Mistakes) -> None:
    with mistakes.collected():
        if isinstance(spec, IntentThresholdsSpec):
            _check_rising(path, "out_of_scope", spec.out_of_scope, "suggest", spec.suggest)
        _check_rising(path, "suggest", spec.suggest, "automate", spec.automate)
    for name, bounds in _label_bounds(spec).items():
        with mistakes.collected():
            _check_rising(
                (*path, "labels", name), "suggest", bounds.suggest, "automate", bounds.automate
            )


def _check_rising(path: Path, low_name: str, low: float, high_name: str, high: float) -> None:
    if low >= high:
        raise RuleMistakeError(path, f"{low_name} {low} must be below {high_name} {high}")


def _label_bounds(spec: HeadThresholdsSpec) -> dict[str, LabelBounds]:
    return {
        name: LabelBounds(
            spec.suggest if item.suggest is None else item.suggest,
            spec.automate if item.automate is None else item.automate,
        )
        for name, item in spec.labels.items()
    }


def compile_bounds(spec: ThresholdsSpec) -> dict[tuple[str, str], Bound]:
    """The named bounds that conditions may compare with."""
    found: dict[tuple[str, str], Bound] = {}
    for head in HEADS:
        head_spec: HeadThresholdsSpec | None = getattr(spec, head)
        for word in WORDS if head_spec is not None else ():
            own = {
                name: value
                for name, item in head_spec.labels.items()  # type: ignore[union-attr]
                if (value := getattr(item, word)) is not None
            }
            found[BOUND_FIELDS[head], word] = Bound(head, getattr(head_spec, word), own)
    return found


def compile_knowledge(spec: RulesSpec, mistakes: Mistakes) -> Knowledge:
    """Phrases, dictionaries and the table of products."""
    lists: dict[str, PhraseList] = {}
    for name, by_language in spec.phrases.items():
        with mistakes.collected():
            lists[name] = compile_phrases(by_language, ("phrases", name))
    dictionaries: dict[str, Terms[str]] = {}
    for name, values in spec.dictionaries.items():
        with mistakes.collected():
            rows = [(value, terms) for value, terms in values.items()]
            dictionaries[name] = _terms(rows, ("dictionaries", name), list(values))
    products = None
    if spec.products:
        with mistakes.collected():
            table = [
                (ProductRow(row.brand, row.product or "", row.queue or ""), row.terms)
                for row in spec.products
            ]
            products = _terms(table, ("products",), list(range(len(table))))
    return Knowledge(lists, dictionaries, products)


def compile_phrases(by_language: Mapping[str, PhrasesSpec], path: Path) -> PhraseList:
    """One list of all languages.

    Raises:
        RuleMistakeError: a list without phrases, or a pattern that has no linear engine.
    """
    specs = by_language.values()
    if not any(spec.contains or spec.whole or spec.patterns for spec in specs):
        raise RuleMistakeError(path, "holds no phrase")
    for language, spec in by_language.items():
        for index, pattern in enumerate(spec.patterns):
            try:
                compile_pattern(pattern)
            except ValueError as error:
                raise RuleMistakeError(
                    (*path, language, "patterns", index), f"{pattern!r} is {error}"
                ) from None
    return phrase_list(
        [phrase for spec in specs for phrase in spec.contains],
        [phrase for spec in specs for phrase in spec.whole],
        [phrase for spec in specs for phrase in spec.unless],
        [pattern for spec in specs for pattern in spec.patterns],
    )


def _terms(rows: list[tuple[_T, list[str]]], path: Path, steps: Sequence[Step]) -> Terms[_T]:
    values: dict[str, _T] = {}
    for (value, terms), step in zip(rows, steps, strict=True):
        for index, term in enumerate(terms):
            key = term.lower().strip()
            at: Path = (*path, step, *(("terms",) if isinstance(step, int) else ()), index)
            if not key:
                raise RuleMistakeError(at, "an empty term")
            if key in values:
                raise RuleMistakeError(at, f"{term!r} is given twice")
            values[key] = value
    if not values:
        raise RuleMistakeError(path, "holds no term")
    if len(values) > MAX_TERMS:
        raise RuleMistakeError(path, f"holds {len(values)} terms; at most {MAX_TERMS}")
    return Terms(values)


def compile_vocabulary(spec: RulesSpec, calendars: Mapping[str, Calendar]) -> Vocabulary:
    """The names that conditions may use."""
    return Vocabulary(
        compile_bounds(spec.thresholds),
        calendars,
        tuple(spec.phrases),
        {name: tuple(values) for name, values in spec.dictionaries.items()},
        tuple(dict.fromkeys(row.brand for row in spec.products)),
        tuple(dict.fromkeys(row.product for row in spec.products if row.product)),
        tuple(dict.fromkeys(row.queue for row in spec.products if row.queue)),
    )
