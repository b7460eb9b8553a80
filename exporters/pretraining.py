"""Teaches the encoder words before labels: it guesses hidden tokens (BERT, Devlin et al. 2019).

Where a sentence encoder is at hand, it starts from that one's word vectors and learns its sentence
vectors too. Needs texts only; labels come after, with `chat-models train --start`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random

import torch
from rich.console import Console
from torch import Tensor, nn
from torch.nn import functional

from exporters.batches import MASK_ID, Batch, hidden_at_random, packed
from exporters.encoding import encode_rows
from exporters.losses import total_of, vector_loss
from exporters.network import Network
from exporters.optimizers import MAX_GRADIENT, Optimisers
from exporters.progress import Reporter
from exporters.rows import Row
from exporters.run_folder import WEIGHTS_FILE, RunFolder
from exporters.schedule import Schedule
from exporters.settings import TrainingSettings
from exporters.teachers import Teaching

WORD_VECTOR_DEVIATION = 0.05


class WordHead(nn.Module):
    """Logits of the vocabulary for single tokens; thrown away after the pre-training."""

    def __init__(self, width: int, vocabulary: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, vocabulary)

    def forward(self, states: Tensor) -> Tensor:
        """[tokens, width] to [tokens, vocabulary]."""
        logits: Tensor = self.out(self.norm(functional.gelu(self.hidden(states))))
        return logits


class Pretraining:
    """One run over texts; `train` does all of it and leaves weights to start from."""

    def __init__(
        self,
        rows: Sequence[Row],
        teaching: Teaching,
        settings: TrainingSettings,
        folder: RunFolder,
        console: Console,
    ) -> None:
        torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self._rows, self._teaching = rows, teaching
        self._settings, self._folder, self._console = settings, folder, console
        self._tokenizer = folder.tokenizer(settings.train_tokens)
        shape = settings.shape(self._tokenizer.vocab_size)
        self.network = Network(shape)
        self._words = WordHead(shape.width, shape.vocabulary)
        modules: list[nn.Module] = [self.network, self._words]
        self._vectors: nn.Linear | None = None
        if teaching.vectors is not None:
            self._vectors = nn.Linear(shape.pooled, teaching.vectors.shape[1])
            modules.append(self._vectors)
        self._optimisers = Optimisers(
            nn.ModuleList(modules), settings.optimiser, settings.weight_decay
        )
        self._schedule = Schedule(settings)

    def train(self, word_vectors: Mapping[str, Tensor]) -> None:
        """Trains to the end of the schedule; the weights are saved after every epoch."""
        start_from(self.network, self._folder.vocabulary(), word_vectors)
        self.network.train()
        with Reporter(self._folder.path, self._console, self._schedule.rows_in_all) as reporter:
            epoch = 0
            while self._schedule.progress < 1:
                losses = self._epoch(Random(f"{self._settings.seed}:{epoch}"), reporter)  # noqa: S311
                epoch += 1
                reporter.losses(epoch, losses)
                self._folder.write_tensors(WEIGHTS_FILE, dict(self.network.state_dict()))
                self._folder.write_record(self._record(losses))

    def _record(self, losses: Mapping[str, float]) -> dict[str, object]:
        return {
            "rows_seen": self._schedule.rows_done,
            "training_s": round(self._schedule.seconds),
            "texts": len(self._rows),
            "losses": {name: round(value, 3) for name, value in losses.items()},
        }

    def _epoch(self, rng: Random, reporter: Reporter) -> dict[str, float]:
        settings = self._settings
        drawn = rng.sample(self._rows, min(settings.epoch_rows, len(self._rows)))
        places = [self._teaching.place(row.text) for row in drawn]
        examples = encode_rows(drawn, self._tokenizer, places)
        sums: dict[str, float] = defaultdict(float)
        for batch in packed(examples, settings.batch_rows, settings.batch_tokens, rng):
            losses = self._losses(batch)
            self._optimisers.step(total_of(losses), self._schedule.learning_rate, MAX_GRADIENT)
            for name, loss in losses.items():
                sums[name] += float(loss.detach()) * len(batch.ids) / len(examples)
            self._schedule.rows_done += len(batch.ids)
            reporter.rows_done(self._schedule.rows_done)
            if self._schedule.progress >= 1:
                break
        return sums

    def _losses(self, batch: Batch) -> dict[str, Tensor]:
        hidden = hidden_at_random(batch.ids)
        states, pooled = self.network.read(hidden, batch.lengths)
        asked = (hidden == MASK_ID) & (batch.ids != MASK_ID)
        losses = {}
        if asked.any():
            losses["words"] = functional.cross_entropy(self._words(states[asked]), batch.ids[asked])
        if self._vectors is not None and self._teaching.vectors is not None:
            losses["vector"] = vector_loss(self._vectors(pooled), batch, self._teaching.vectors)
        return losses


def start_from(
    network: Network, vocabulary: Mapping[str, int], word_vectors: Mapping[str, Tensor]
) -> None:
    """Gives tokens that another encoder knows its vectors, on the axes that tell most of them."""
    places = [
        (place, word_vectors[piece]) for piece, place in vocabulary.items() if piece in word_vectors
    ]
    if not places:
        return
    found = torch.stack([vector for _, vector in places]).float()
    centred = found - found.mean(0)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[: network.shape.width]
    kept = centred @ axes.T
    with torch.no_grad():
        rows = torch.tensor([place for place, _ in places])
        network.tokens.weight[rows, : kept.shape[1]] = kept / kept.std() * WORD_VECTOR_DEVIATION
