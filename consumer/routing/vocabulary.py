"""The names that conditions may use beside the fields that always exist. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consumer.routing.calendars import Calendar


@dataclass(frozen=True, slots=True)
class Bound:
    """A threshold by name: `base`, but for the labels that have one of their own.

    `head` is "intent" where the label is `intent.name`, "category" where it is `category.label`,
    and so on.
    """

    head: str
    base: float
    by_label: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a rules file names. `bounds` are keyed by field and word ("suggest", "automate")."""

    bounds: Mapping[tuple[str, str], Bound] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    phrases: tuple[str, ...] = ()
    dictionaries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    brands: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    product_queues: tuple[str, ...] = ()


NO_NAMES = Vocabulary()
