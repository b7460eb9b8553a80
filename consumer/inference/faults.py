"""How inference says that something went wrong. A row's fault is a value; the rest are raised."""

from typing import Literal

from msgspec import Struct


class Unusable(Struct, frozen=True, gc=False):
    """In place of a prediction: this one text cannot be used. `error_class` holds no text."""

    reason: Literal["model_input", "model_output"]
    error_class: str


class ModelInputFault(Exception):  # noqa: N818 - a fault is the word of the design
    """A run failed because of its data: another batch may well succeed."""


class EnvironmentFault(Exception):  # noqa: N818
    """A run failed for want of memory or device: no message is to blame, stop or start again."""


class ProviderError(Exception):
    """The execution provider that was asked for is not the one that would run."""
