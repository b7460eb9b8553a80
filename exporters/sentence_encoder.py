"""Vectors of texts from a pre-trained encoder in a local folder: a teacher, never shipped.

Any Hugging Face encoder will do; its last states are averaged over the tokens. Vectors are kept
in one file by the hash of their text, so that no text is written down and none is encoded twice.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from exporters.problems import SettingError

Vectors = NDArray[np.float16]
MAX_TOKENS = 64
BATCH_ROWS = 64
GROUPS_PER_SAVE = 50
"""An encoder is slow on a CPU: what it said is kept early."""


class SentenceEncoder:
    """An encoder of a folder with `config.json`, weights and tokenizer."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModel, AutoTokenizer

        if not (folder / "config.json").exists():
            raise SettingError("--encoder", folder, "a folder with config.json and weights")
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model = AutoModel.from_pretrained(
            folder, local_files_only=True, dtype=torch.float32
        ).eval()

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Vectors]]:
        """Places and unit vectors [places, width], in groups of like length."""
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for start in range(0, len(order), BATCH_ROWS):
            places = order[start : start + BATCH_ROWS]
            yield places, self._vectors([texts[at] for at in places])

    def word_vectors(self) -> dict[str, torch.Tensor]:
        """The vector of each piece of its vocabulary."""
        table = self._model.get_input_embeddings().weight.detach()
        return {piece: table[place] for piece, place in self._tokenizer.get_vocab().items()}

    def _vectors(self, texts: list[str]) -> Vectors:
        batch = self._tokenizer(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        with torch.inference_mode():
            states = self._model(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        means = (states.float() * mask).sum(1) / mask.sum(1)
        unit: torch.Tensor = torch.nn.functional.normalize(means, dim=1)
        found: Vectors = unit.numpy().astype(np.float16)
        return found


def vectors_of(texts: Sequence[str], most: int, encoder: Path, cache: Path) -> dict[str, Vectors]:
    """Vectors of the texts that the cache has, and of others until there are `most` of them."""
    known = _read(cache)
    names = {text: _key(text) for text in dict.fromkeys(texts)}
    missing = [text for text, name in names.items() if name not in known]
    wanted = missing[: max(0, most - (len(names) - len(missing)))]
    if wanted:
        groups = SentenceEncoder(encoder).encode(wanted)
        for number, (places, vectors) in enumerate(groups, start=1):
            known.update(zip([names[wanted[at]] for at in places], vectors, strict=True))
            if number % GROUPS_PER_SAVE == 0:
                _write(cache, known)
        _write(cache, known)
    return {text: known[name] for text, name in names.items() if name in known}


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(cache: Path) -> dict[str, Vectors]:
    if not cache.exists():
        return {}
    with np.load(cache) as saved:
        return dict(zip(saved["keys"].tolist(), saved["vectors"], strict=True))


def _write(cache: Path, known: dict[str, Vectors]) -> None:
    partial = cache.with_suffix(".part.npz")
    np.savez(partial, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
    partial.replace(cache)
