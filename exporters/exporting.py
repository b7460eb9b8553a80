"""From a finished run to checked graphs: every variant is held against the network.

A variant whose labels differ too often is refused, not shipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from consumer.inference.manifest import Variant
from exporters.model_source import ModelSource
from exporters.parity import LEAST_AGREEMENT, Agreement, compare
from exporters.problems import SettingError


@dataclass(frozen=True, slots=True)
class Exported:
    """A variant's file and how well it agrees with the network, by head."""

    graph: str
    variant: Variant
    content: bytes
    agreements: tuple[Agreement, ...]

    @property
    def least_share(self) -> float:
        """Share of equal labels of the worst head."""
        return min(one.share for one in self.agreements)

    def line(self) -> str:
        """One line for the terminal and the model card."""
        heads = ", ".join(f"{one.head} {one.share:.2%}" for one in self.agreements)
        megabytes = len(self.content) / 1e6
        return (
            f"{self.graph} {self.variant}: {megabytes:.1f} MB;"
            f" labels equal to the network's: {heads}"
        )


def export(
    source: ModelSource, variants: Sequence[Variant], texts: Sequence[str], strict: bool = True
) -> list[Exported]:
    """The source's graphs. Raises `SettingError` if `strict` and a variant strays."""
    tokenizer = source.tokenizer
    found = []
    for graph in source.graphs:
        for variant in variants:
            content = graph.content(variant)
            agreements = tuple(compare(graph, content, tokenizer, texts))
            one = Exported(graph.name, variant, content, agreements)
            if strict:
                _check(one)
            found.append(one)
    return found


def _check(one: Exported) -> None:
    least = LEAST_AGREEMENT[one.variant]
    if one.least_share < least:
        rule = f"at least {least:.1%} of the labels are the network's"
        raise SettingError(f"{one.graph} {one.variant}", f"{one.least_share:.2%}", rule)
