"""Other people's checkpoints: any Hugging Face sequence or token classifier becomes a head.

A folder is read as it is; a hub name is fetched by the library. Code in a checkpoint is never run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from consumer.inference.word_pieces import CLS, SEP, UNK
from exporters.labels import LABELS, MAX_ANGER, OUTPUTS, Head
from exporters.network import real_tokens
from exporters.problems import SettingError

Kind = Literal["sequence", "token"]
_ARCHITECTURES: dict[str, Kind] = {
    "ForSequenceClassification": "sequence",
    "ForTokenClassification": "token",
}
MAX_TOKENS = 512


class Classifier(nn.Module):
    """A checkpoint's model over ids [B,S] and lengths [B], as the service feeds its graphs."""

    def __init__(self, model: nn.Module, order: Sequence[int]) -> None:
        super().__init__()
        self.model = model
        self.order: Tensor
        self.register_buffer("order", torch.tensor(order), persistent=False)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits in the order of the labels: [B, labels], or [B, S, labels] of a tagger."""
        mask = real_tokens(ids, lengths)
        found = self.model(input_ids=ids.long(), attention_mask=mask.long())
        ordered: Tensor = found.logits.index_select(-1, self.order)
        return ordered


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A classifier, the head that it is to be, its labels and its tokenizer."""

    head: Head
    classifier: Classifier
    labels: tuple[str, ...]
    tokenizer_file: bytes
    max_tokens: int

    @property
    def output(self) -> str:
        """Name of the graph's output."""
        return OUTPUTS[self.head]


def read_checkpoint(name: str, head: Head) -> Checkpoint:
    """Reads a folder or hub name as a head; raises `SettingError`."""
    from transformers import AutoConfig, AutoTokenizer

    place = f"--checkpoint {head}"
    try:
        config = AutoConfig.from_pretrained(name)
        tokenizer = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise SettingError(place, name, _first_line(error)) from error
    kind = _kind(config, place, name)
    if kind != ("token" if head == "tags" else "sequence"):
        raise SettingError(place, name, "tags take a token classifier, other heads a sequence one")
    labels, order = _labels(head, config.id2label, place)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or any(backend.token_to_id(one) is None for one in (CLS, SEP, UNK)):
        raise SettingError(place, name, f"a fast tokenizer with {CLS}, {SEP} and {UNK}")
    return Checkpoint(
        head=head,
        classifier=Classifier(_model(name, kind, place), order).eval(),
        labels=labels,
        tokenizer_file=backend.to_str().encode(),
        max_tokens=min(MAX_TOKENS, _positions(config), int(tokenizer.model_max_length)),
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _kind(config: Any, place: str, name: str) -> Kind:
    for architecture in config.architectures or ():
        for ending, kind in _ARCHITECTURES.items():
            if architecture.endswith(ending):
                return kind
    raise SettingError(place, name, f"an architecture that ends in one of {[*_ARCHITECTURES]}")


def _model(name: str, kind: Kind, place: str) -> nn.Module:
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

    kinds = {
        "sequence": AutoModelForSequenceClassification,
        "token": AutoModelForTokenClassification,
    }
    try:
        model: nn.Module = kinds[kind].from_pretrained(
            name, dtype=torch.float32, attn_implementation="eager"
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise SettingError(
            place, name, f"weights that can be read: {_first_line(error)}"
        ) from error
    return model


def _positions(config: Any) -> int:
    return int(getattr(config, "max_position_embeddings", None) or MAX_TOKENS)


def _labels(head: Head, id2label: dict[int, str], place: str) -> tuple[tuple[str, ...], list[int]]:
    """The labels in our order and the places of the checkpoint's that they come from."""
    names = [str(id2label[at]) for at in sorted(id2label)]
    if head in ("intent", "tags"):  # the user's own subjects and entities will do
        return tuple(names), list(range(len(names)))
    if head == "anger":
        if len(names) != MAX_ANGER:
            raise SettingError(place, names, "three logits: anger of at least 1, 2 and 3")
        return LABELS[head], list(range(MAX_ANGER))
    lowered = [one.lower() for one in names]
    if sorted(lowered) != sorted(LABELS[head]):
        rule = f"the labels are {', '.join(LABELS[head])}: rename `id2label` in config.json"
        raise SettingError(place, ", ".join(names), rule)
    return LABELS[head], [lowered.index(one) for one in LABELS[head]]
