"""The folder of a training run: settings, tokenizer, checkpoint, the weights that are kept.

Writes each file whole or not at all, so that a run that is killed can resume.
"""

import json
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import nn

from consumer.inference.tokenizer import TextTokenizer, read_tokenizer
from exporters.network import Network
from exporters.problems import SettingError
from exporters.settings import TrainingSettings

SETTINGS_FILE = "settings.json"
TOKENIZER_FILE = "tokenizer.json"
CHECKPOINT_FILE = "checkpoint.pt"
WEIGHTS_FILE = "weights.pt"
RECORD_FILE = "record.json"
VECTORS_FILE = "vectors.npz"


def fill(network: nn.Module, weights: dict[str, Any], place: Path) -> None:
    """Gives a network its weights; raises `SettingError` if they are of another one."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        rule = "weights of the labels and sizes of now: train anew"
        raise SettingError("RUN", place, rule) from error


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file to write that takes its place when it is complete; what fails leaves no trace."""
    partial = path.with_name(f"{path.name}.part")
    try:
        yield partial
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise SettingError("RUN", path, f"a disk that takes it: {error}") from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of one run, and what is read from and written to them."""

    path: Path

    def write_settings(self, settings: TrainingSettings) -> None:
        """Saves the settings; makes the folder."""
        self.path.mkdir(parents=True, exist_ok=True)
        content = msgspec.json.format(msgspec.json.encode(settings))
        (self.path / SETTINGS_FILE).write_bytes(content + b"\n")

    def read_settings(self) -> TrainingSettings:
        """Settings of the run; raises `SettingError` if there is no run here."""
        file = self.path / SETTINGS_FILE
        if not file.exists():
            raise SettingError("RUN", self.path, "a folder that `chat-models train` wrote")
        return msgspec.json.decode(file.read_bytes(), type=TrainingSettings)

    def tokenizer(self, max_tokens: int) -> TextTokenizer:
        """The run's tokenizer, as the service will use it."""
        return read_tokenizer(self.path / TOKENIZER_FILE, max_tokens)

    @property
    def has_checkpoint(self) -> bool:
        """Whether an epoch was finished."""
        return (self.path / CHECKPOINT_FILE).exists()

    def network(self) -> Network:
        """The kept network, ready to be exported."""
        network = Network(self.read_settings().shape(len(self.vocabulary())))
        self.fill(network)
        return network.eval()

    def fill(self, network: Network) -> None:
        """Gives a network the kept weights."""
        if not (self.path / WEIGHTS_FILE).exists():
            raise SettingError("RUN", self.path, "the run has finished at least one epoch")
        fill(network, self.read_tensors(WEIGHTS_FILE), self.path / WEIGHTS_FILE)

    def check_shape(self, settings: TrainingSettings) -> None:
        """Raises `SettingError` where a run of these settings cannot start from this one."""
        mine, pieces = self.read_settings(), len(self.vocabulary())
        if mine.shape(pieces) != settings.shape(pieces):
            raise SettingError("--start", self.path, "a run with the same layers, width and bag")

    def vocabulary(self) -> dict[str, int]:
        """Ids of the pieces."""
        spec = json.loads((self.path / TOKENIZER_FILE).read_text(encoding="utf-8"))
        pieces: dict[str, int] = spec["model"]["vocab"]
        return pieces

    def write_tensors(self, name: str, content: dict[str, Any]) -> None:
        """Saves tensors and plain values under a name of the run, whole or not at all."""
        with _whole(self.path / name) as partial:
            torch.save(content, partial)

    def read_tensors(self, name: str) -> dict[str, Any]:
        """What `write_tensors` saved. Code in the file is not run."""
        try:
            content: dict[str, Any] = torch.load(self.path / name, weights_only=True)
        except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
            rule = "a checkpoint that can be read: remove it, and train anew"
            raise SettingError("RUN", self.path / name, rule) from error
        return content

    def write_record(self, record: dict[str, Any]) -> None:
        """Saves what the run tells of itself: figures, sources, time."""
        text = json.dumps(record, indent=1, ensure_ascii=False)
        with _whole(self.path / RECORD_FILE) as partial:
            partial.write_text(text + "\n", encoding="utf-8")

    def read_record(self) -> dict[str, Any]:
        """What the run told of itself; empty before its first epoch."""
        file = self.path / RECORD_FILE
        if not file.exists():
            return {}
        record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return record
