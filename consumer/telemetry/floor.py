"""What supervisors look at: subjects, overrides, and the mood of conversations that are active.

Counted on the kafka thread only, collected on any: plain dicts, because a lock for every message
would cost more than all else here. Bounded: unknown labels count as `other`, and of conversations
at most `MAX_ACTIVE` are remembered, those heard from last.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from msgspec import Struct
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from consumer.contract.decision import RoutingDecided
from consumer.contract.known_values import CATEGORIES
from consumer.telemetry.catalogue import (
    ACTIVE,
    CUSTOMER_TURNS,
    INTENTS,
    MAX_INTENTS,
    NEGATIVE,
    NEUTRAL,
    OVERRIDES,
    POSITIVE,
)
from consumer.telemetry.metric import OTHER, Metric

ACTIVE_MS = 15 * 60_000
MAX_ACTIVE = 50_000
BAD_MOOD, GOOD_MOOD = -0.3, 0.3
MOODS = (NEGATIVE, NEUTRAL, POSITIVE)

Counts = dict[tuple[str, ...], int]

Raw = tuple[str, str, str, str]


class _Cell:
    """What decisions with the same known labels have in common; `active` counts by mood."""

    __slots__ = ("active", "category", "channel", "intent", "language", "turns")

    def __init__(self, category: str, intent: str, language: str, channel: str) -> None:
        self.category, self.intent = category, intent
        self.language, self.channel = language, channel
        self.turns = 0
        self.active = [0, 0, 0]


class _Heard(Struct, frozen=True, gc=False):
    """A conversation's last customer turn: where it counts, with what mood, and when it was."""

    cell: _Cell
    mood: int
    partition: int
    at_ms: int


class Floor(Collector):
    """All counts by language and channel."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._channels = frozenset(channels)
        self._languages: frozenset[str] = frozenset()
        self._intents: frozenset[str] = frozenset()
        self._cells: dict[Raw, _Cell] = {}
        self._heard: dict[str, _Heard] = {}
        self._overrides: dict[str, int] = {}

    def know(self, languages: Iterable[str], intents: Iterable[str]) -> None:
        """Labels that a bundle brings: their series are there from now on, earlier ones stay."""
        self._languages |= set(languages)
        fresh = [one for one in intents if one not in self._intents and one != OTHER]
        self._intents |= set(fresh[: MAX_INTENTS - len(self._intents)])

    def decided(self, key: str, decision: RoutingDecided, channel: str, now_ms: int) -> None:
        """One customer turn of the conversation `key`."""
        raw = (
            decision.category.label,
            decision.intent.name,
            decision.language.code,
            channel,
        )
        cell = self._cells.get(raw) or self._cell(raw)
        cell.turns += 1
        heard = self._heard.pop(key, None)
        if heard is not None:
            heard.cell.active[heard.mood] -= 1
        value = decision.conversation.mood
        mood = 0 if value < BAD_MOOD else 2 if value > GOOD_MOOD else 1
        self._heard[key] = _Heard(cell, mood, decision.source.partition, now_ms)
        cell.active[mood] += 1

    def overridden(self, intent: str) -> None:
        """A person changed a decision of this intent."""
        intent = intent if intent in self._intents else OTHER
        self._overrides[intent] = self._overrides.get(intent, 0) + 1

    def forget(self, key: str) -> None:
        """The conversation is over."""
        heard = self._heard.pop(key, None)
        if heard is not None:
            heard.cell.active[heard.mood] -= 1

    def give_up(self, partition: int) -> None:
        """Another instance counts these conversations now."""
        for key in [key for key, heard in self._heard.items() if heard.partition == partition]:
            self.forget(key)

    def age(self, now_ms: int) -> None:
        """Forgets those that fell silent, or are too many; the oldest stand first."""
        while self._heard:
            key, heard = next(iter(self._heard.items()))
            if heard.at_ms + ACTIVE_MS > now_ms and len(self._heard) <= MAX_ACTIVE:
                return
            self.forget(key)

    def _cell(self, raw: Raw) -> _Cell:
        """The cell of the known labels; found at once the next time, if all were known."""
        category, intent, language, channel = raw
        known = (
            category if category in CATEGORIES else OTHER,
            intent if intent in self._intents else OTHER,
            language if language in self._languages else OTHER,
            channel if channel in self._channels else OTHER,
        )
        cell = self._cells.get(known)
        if cell is None:
            cell = self._cells[known] = _Cell(*known)
        return cell

    def collect(self) -> Iterator[Family]:
        """All four families, also where nothing was counted yet."""
        languages, channels = {*self._languages, OTHER}, {*self._channels, OTHER}
        talk = list(product(languages, channels))
        turns = _zeros((*CATEGORIES, OTHER), talk)
        subjects = _zeros((*self._intents, OTHER), talk)
        active = _zeros(MOODS, talk)
        for cell in list(self._cells.values()):
            at = (cell.language, cell.channel)
            turns[(cell.category, *at)] += cell.turns
            subjects[(cell.intent, *at)] += cell.turns
            for mood, count in zip(MOODS, cell.active, strict=True):
                active[(mood, *at)] += count
        overrides: Counts = {(one,): 0 for one in (*self._intents, OTHER)}
        overrides |= {(intent,): count for intent, count in self._overrides.copy().items()}
        yield _family(CUSTOMER_TURNS, turns)
        yield _family(INTENTS, subjects)
        yield _family(OVERRIDES, overrides)
        yield _family(ACTIVE, active)


def _zeros(firsts: Iterable[str], talk: Sequence[tuple[str, ...]]) -> Counts:
    return {(first, *at): 0 for first in firsts for at in talk}


def _family(metric: Metric, counts: Counts) -> Family:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.full_name, metric.help, labels=metric.label_names)
    for values, count in sorted(counts.items()):
        family.add_metric(values, count)
    return family
