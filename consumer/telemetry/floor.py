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
    OTHER,
    OVERRIDES,
    POSITIVE,
)
from consumer.telemetry.metric import Metric

ACTIVE_MS = 15 * 60_000
MAX_ACTIVE = 50_000
BAD_MOOD, GOOD_MOOD = -0.3, 0.3

Counts = dict[tuple[str, ...], int]


class _Heard(Struct, frozen=True, gc=False):
    """A conversation's last customer turn: where it is counted, when that was, and its subject."""

    cell: tuple[str, str, str]
    partition: int
    at_ms: int
    intent: str


class Floor(Collector):
    """All counts by language and channel."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._channels = frozenset(channels)
        self._languages: frozenset[str] = frozenset()
        self._intents: frozenset[str] = frozenset()
        self._heard: dict[str, _Heard] = {}
        self._turns: Counts = {}
        self._subjects: Counts = {}
        self._overrides: Counts = {}
        self._active: Counts = {}
        self.know((), ())

    def know(self, languages: Iterable[str], intents: Iterable[str]) -> None:
        """Labels that a bundle brings: their series are there from now on, earlier ones stay."""
        self._languages |= set(languages)
        fresh = [one for one in intents if one not in self._intents and one != OTHER]
        self._intents |= set(fresh[: MAX_INTENTS - len(self._intents)])
        talk = [(*self._languages, OTHER), (*self._channels, OTHER)]
        subjects = (*self._intents, OTHER)
        for counts, labels in (
            (self._turns, [(*CATEGORIES, OTHER), *talk]),
            (self._subjects, [subjects, *talk]),
            (self._overrides, [subjects]),
            (self._active, [(NEGATIVE, NEUTRAL, POSITIVE), *talk]),
        ):
            for values in product(*labels):
                counts.setdefault(values, 0)

    def decided(self, key: str, decision: RoutingDecided, channel: str, now_ms: int) -> None:
        """One customer turn of the conversation `key`."""
        channel = channel if channel in self._channels else OTHER
        code = decision.language.code
        language = code if code in self._languages else OTHER
        label = decision.category.label
        category = label if label in CATEGORIES else OTHER
        intent = decision.intent.name if decision.intent.name in self._intents else OTHER
        self._turns[(category, language, channel)] += 1
        self._subjects[(intent, language, channel)] += 1
        self.forget(key)
        cell = (_mood(decision.conversation.mood), language, channel)
        self._heard[key] = _Heard(cell, decision.source.partition, now_ms, intent)
        self._active[cell] += 1

    def overridden(self, key: str) -> None:
        """A person changed what was decided on this conversation."""
        heard = self._heard.get(key)
        self._overrides[(heard.intent if heard else OTHER,)] += 1

    def forget(self, key: str) -> None:
        """The conversation is over."""
        heard = self._heard.pop(key, None)
        if heard is not None:
            self._active[heard.cell] -= 1

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

    def collect(self) -> Iterator[Family]:
        """All four families."""
        for metric, counts in (
            (CUSTOMER_TURNS, self._turns),
            (INTENTS, self._subjects),
            (OVERRIDES, self._overrides),
            (ACTIVE, self._active),
        ):
            yield _family(metric, counts)


def _mood(mood: float) -> str:
    if mood < BAD_MOOD:
        return NEGATIVE
    return POSITIVE if mood > GOOD_MOOD else NEUTRAL


def _family(metric: Metric, counts: Counts) -> Family:
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.full_name, metric.help, labels=metric.label_names)
    for values, count in sorted(counts.copy().items()):
        family.add_metric(values, count)
    return family
