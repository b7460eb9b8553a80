"""The settings of a training run, with their defaults and bounds. Saved with every run."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from exporters.network import Shape
from exporters.optimizers import OptimiserName

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]


class TrainingSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How to train. Shares and rates are fractions; the bag and the layers are of the network."""

    epochs: Count = 40
    epoch_rows: Count = 5_000
    source_rows: Count = 5_000
    """Rows of a public source that a run looks at: more are seldom drawn twice."""
    own_share: Share = 0.5
    batch_rows: Count = 16
    batch_tokens: Count = 1_024
    train_tokens: Annotated[int, Meta(ge=8, le=128)] = 56
    """Training texts are cut to this: long reviews cost much and teach little more."""
    learning_rate: Annotated[float, Meta(gt=0, lt=1)] = 1.2e-3
    weight_decay: Annotated[float, Meta(ge=0, lt=1)] = 0.05
    class_weight_power: Share = 0.3
    """0 counts every row alike, 1 every label alike."""
    warm_up: Share = 0.05
    average: Share = 0.998
    """Decay a step of the averaged weights, which are what is kept."""
    patience_epochs: Count = 8
    minutes: Annotated[float, Meta(gt=0)] | None = None
    """The schedule ends after this time at the latest."""
    seed: int = 7
    threads: Count = 2
    vocabulary: Annotated[int, Meta(ge=64, le=16_384)] = 10_000
    layers: Annotated[int, Meta(ge=1, le=24)] = 2
    width: Annotated[int, Meta(ge=64, le=1024, multiple_of=64)] = 256
    feed_forward: Annotated[int, Meta(ge=64, le=4096)] = 512
    bag_buckets: Annotated[int, Meta(ge=1_024, le=1 << 20)] = 65_536
    encoder_texts: Annotated[int, Meta(ge=0)] = 15_000
    """Texts that a sentence encoder is asked about: own ones first."""
    optimiser: OptimiserName = "adamw"

    def shape(self, vocabulary: int) -> Shape:
        """The network of these settings over a vocabulary of this size."""
        return Shape(
            vocabulary=vocabulary,
            layers=self.layers,
            width=self.width,
            feed_forward=self.feed_forward,
            bag_buckets=self.bag_buckets,
        )


def changed(settings: TrainingSettings, changes: dict[str, object]) -> TrainingSettings:
    """Settings with changes, checked; raises `msgspec.ValidationError`."""
    merged = msgspec.to_builtins(settings) | changes
    return msgspec.convert(merged, TrainingSettings)
