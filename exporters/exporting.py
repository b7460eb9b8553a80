"""From a finished run to checked graphs: every variant is held against the network.

A variant whose labels differ too often is refused, not shipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from consumer.inference.manifest import Variant
from exporters.parity import LEAST_AGREEMENT, Agreement, compare
from exporters.problems import SettingError
from exporters.run_folder import RunFolder
from exporters.variants import graph_bytes


@dataclass(frozen=True, slots=True)
class Exported:
    """A variant's file and how well it agrees with the network, by head."""

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
        return f"{self.variant}: {megabytes:.1f} MB; labels equal to the network's: {heads}"


def export(
    run: RunFolder, variants: Sequence[Variant], texts: Sequence[str], strict: bool = True
) -> list[Exported]:
    """The run's graphs. Raises `SettingError` if `strict` and a variant strays."""
    network = run.network()
    tokenizer = run.tokenizer(network.shape.max_tokens)
    found = []
    for variant in variants:
        content = graph_bytes(network, variant)
        one = Exported(variant, content, tuple(compare(network, content, tokenizer, texts)))
        least = LEAST_AGREEMENT[variant]
        if strict and one.least_share < least:
            rule = f"at least {least:.1%} of the labels are the network's"
            raise SettingError(variant, f"{one.least_share:.2%}", rule)
        found.append(one)
    return found
