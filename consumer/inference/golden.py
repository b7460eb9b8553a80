"""Golden texts: what a bundle must answer on this machine before it may serve.

Each text runs alone: the activations of int8 graphs are scaled by what else is in the batch.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from consumer.inference.faults import Unusable
from consumer.inference.manifest import BundleError, Variant
from consumer.inference.model import BundleModel
from consumer.records import Prediction

TOLERANCE: dict[Variant, float] = {"cpu-int8": 0.02, "cpu-fp32": 1e-3, "cuda-fp16": 0.02}
"""Largest difference of a probability from its golden value."""

_FILE = "golden.json"


class GoldenOutputs(Struct, frozen=True, forbid_unknown_fields=True):
    """Probabilities in the order of the manifest's labels."""

    category: tuple[float, ...]
    intent: tuple[float, ...]
    sentiment: tuple[float, ...]
    anger: float


class Golden(Struct, frozen=True, forbid_unknown_fields=True):
    """A text with the ids and, for each variant, the outputs that it must have."""

    text: str
    ids: list[int]
    outputs: dict[str, GoldenOutputs]


def read_golden(raw: bytes) -> list[Golden]:
    """Golden rows of their file."""
    try:
        rows = msgspec.json.decode(raw, type=list[Golden])
    except msgspec.MsgspecError as error:
        raise BundleError(_FILE, "unreadable", str(error)) from error
    if not rows:
        raise BundleError(_FILE, 0, "at least one row")
    return rows


def golden_row(text: str, models: Mapping[Variant, BundleModel]) -> Golden:
    """What the variants answer now: the golden row of a bundle being made."""
    outputs: dict[str, GoldenOutputs] = {}
    ids: list[int] = []
    for variant, model in models.items():
        (prepared,) = model.prepare((text,))
        ids = prepared.ids
        (found,) = model.infer((prepared,))
        if isinstance(found, Unusable):
            raise BundleError(_FILE, variant, f"output: {found.error_class}")
        outputs[variant] = _outputs(found)
    return Golden(text, ids, outputs)


def check_golden(model: BundleModel, rows: Sequence[Golden], variant: Variant) -> None:
    """Raises `BundleError` at the first golden text whose ids or outputs differ."""
    for number, row in enumerate(rows):
        wanted = row.outputs.get(variant)
        if wanted is None:
            raise BundleError(_FILE, f"row {number}", f"outputs for {variant}")
        found = golden_row(row.text, {variant: model})
        if found.ids != row.ids:
            raise BundleError(_FILE, f"row {number}", "the tokenizer gives other ids")
        worst = _difference(found.outputs[variant], wanted)
        if not worst <= TOLERANCE[variant]:
            rule = f"{variant} is within {TOLERANCE[variant]} of the golden outputs"
            raise BundleError(_FILE, f"row {number} is {worst:.4f} off", rule)


def _outputs(found: Prediction) -> GoldenOutputs:
    return GoldenOutputs(
        category=tuple(found.category.values()),
        intent=tuple(found.intent.values()),
        sentiment=tuple(found.sentiment.values()),
        anger=found.anger,
    )


def _difference(found: GoldenOutputs, wanted: GoldenOutputs) -> float:
    pairs = [(found.anger, wanted.anger)]
    for name in ("category", "intent", "sentiment"):
        values, golden = getattr(found, name), getattr(wanted, name)
        if len(values) != len(golden):
            raise BundleError(_FILE, len(golden), f"{name}: one number for each label")
        pairs.extend(zip(values, golden, strict=True))
    return max(abs(one - other) for one, other in pairs)
