"""The training loop: one straight pass over epochs, resumable, keeping the best weights.

The figure that decides is the mean of the heads' scores on held-out own rows. Exports nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

import torch
from rich.console import Console
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from consumer.inference.tokenizer import TextTokenizer
from exporters.augment import augmented, mentions_of
from exporters.batches import Batch, draw_rows, hidden_at_random, packed
from exporters.bundle_tasks import tasks_of
from exporters.encoding import encode_rows
from exporters.evaluation import Score, predict, scores
from exporters.losses import class_weights_of, losses_of, taught_losses, total_of, vector_loss
from exporters.network import Network
from exporters.optimizers import MAX_GRADIENT, Optimisers
from exporters.progress import Reporter
from exporters.rows import Row, rows_sha256
from exporters.run_folder import CHECKPOINT_FILE, WEIGHTS_FILE, RunFolder, fill
from exporters.schedule import Schedule
from exporters.settings import TrainingSettings
from exporters.teachers import Teaching
from exporters.torch_model import run_network

DEV_ROWS, DEV_TOKENS = 64, 2_048
STEPS_PER_AVERAGE = 4
"""The averaged weights are moved every so many steps: it costs as much as a small step."""


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """What a run learns from and what it is measured by."""

    own: Sequence[Row]
    public: Sequence[Row]
    held_out: Sequence[Row]
    teaching: Teaching | None = None
    encoder: str = ""
    """Name of the sentence encoder that taught, for the record."""
    watched: Sequence[Row] = ()
    """Measured every epoch beside the held-out rows, and decides nothing."""
    start: RunFolder | None = None
    """A run whose weights this one starts from."""


class Training:
    """One run; `train` does all of it."""

    def __init__(
        self, rows: TrainingRows, settings: TrainingSettings, folder: RunFolder, console: Console
    ) -> None:
        torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self._rows, self._settings, self._folder = rows, settings, folder
        self._console = console
        self._mentions = mentions_of(rows.own)
        self._class_weights = class_weights_of(rows.own, settings.class_weight_power)
        self._tokenizer = folder.tokenizer(settings.train_tokens)
        self._full_tokenizer = folder.tokenizer(settings.shape(1).max_tokens)
        self.network = Network(settings.shape(self._tokenizer.vocab_size))
        if rows.start is not None:
            rows.start.fill(self.network)
        self._average = AveragedModel(
            self.network,
            multi_avg_fn=get_ema_multi_avg_fn(settings.average**STEPS_PER_AVERAGE),  # type: ignore[no-untyped-call]
        )
        self._vector_head = _vector_head(self.network, rows.teaching)
        taught = [self._vector_head] if self._vector_head is not None else []
        self._optimisers = Optimisers(
            nn.ModuleList([self.network, *taught]), settings.optimiser, settings.weight_decay
        )
        self._steps = 0
        self._sums: dict[str, float] = defaultdict(float)
        self._schedule = Schedule(settings)
        self._epoch, self._best, self._best_epoch = 0, -1.0, 0

    def train(self, resume: bool = False) -> dict[str, Any]:
        """Trains to the end of the schedule or of patience; returns the run's record."""
        if resume and self._folder.has_checkpoint:
            self._load()
        with Reporter(self._folder.path, self._console, self._schedule.rows_in_all) as reporter:
            while self._goes_on():
                self._train_epoch(reporter)
                self._finish_epoch(reporter)
        return self._folder.read_record()

    def _goes_on(self) -> bool:
        waited = self._epoch - self._best_epoch
        return self._schedule.progress < 1 and waited < self._settings.patience_epochs

    def _train_epoch(self, reporter: Reporter) -> None:
        settings = self._settings
        rng = Random(f"{settings.seed}:{self._epoch}")  # noqa: S311 - draws rows, keeps no secret
        drawn = draw_rows(
            self._rows.own,
            self._rows.public,
            settings.epoch_rows,
            settings.own_share,
            rng,
        )
        changed = [augmented(row, rng, self._mentions) for row in drawn]
        teaching = self._rows.teaching
        places = [teaching.place(row.text) for row in drawn] if teaching else ()
        examples = encode_rows(changed, self._tokenizer, places)
        self.network.train()
        self._sums = defaultdict(float)
        for batch in packed(examples, settings.batch_rows, settings.batch_tokens, rng):
            self._step(batch)
            self._schedule.rows_done += len(batch.ids)
            reporter.rows_done(self._schedule.rows_done)
            if self._schedule.progress >= 1:
                break

    def _step(self, batch: Batch) -> None:
        losses = self._losses(batch)
        for name, loss in losses.items():
            self._sums[name] += float(loss.detach()) * len(batch.ids)
        self._sums["rows"] += len(batch.ids)
        self._optimisers.step(total_of(losses), self._schedule.learning_rate, MAX_GRADIENT)
        self._steps += 1
        if self._steps % STEPS_PER_AVERAGE == 0:
            self._average.update_parameters(self.network)

    def _losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        states, pooled = self.network.read(hidden_at_random(batch.ids), batch.lengths)
        logits = self.network.answers(states, pooled)
        losses = losses_of(logits, batch, self._class_weights)
        teaching = self._rows.teaching
        if teaching is not None:
            losses |= taught_losses(logits, batch, teaching)
            if self._vector_head is not None and teaching.vectors is not None:
                losses["vector"] = vector_loss(self._vector_head(pooled), batch, teaching.vectors)
        return losses

    def _finish_epoch(self, reporter: Reporter) -> None:
        self._epoch += 1
        kept = self._average.module.eval()
        found = measure(kept, self._rows.held_out, self._full_tokenizer)
        watched = measure(kept, self._rows.watched, self._full_tokenizer)
        mean = mean_of(found)
        reporter.epoch(self._epoch, self._shown_losses(kept), [*found, *watched], mean)
        if mean > self._best:
            self._best, self._best_epoch = mean, self._epoch
            self._folder.write_tensors(WEIGHTS_FILE, dict(kept.state_dict()))
            self._folder.write_record(self._record(found))
        self._save()

    def _shown_losses(self, kept: nn.Module) -> dict[str, float]:
        """Mean loss of the epoch's rows by part, and of the held-out rows by head."""
        rows = max(1.0, self._sums.pop("rows", 1.0))
        shown = {f"train {name}": total / rows for name, total in self._sums.items()}
        held_out = encode_rows(self._rows.held_out, self._full_tokenizer)
        sums: dict[str, float] = defaultdict(float)
        with torch.inference_mode():
            for batch in packed(held_out, DEV_ROWS, DEV_TOKENS, Random(0)):  # noqa: S311
                for name, loss in losses_of(kept(batch.ids, batch.lengths), batch).items():
                    sums[f"dev {name}"] += float(loss) * len(batch.ids) / len(held_out)
        return shown | sums

    def _record(self, found: Sequence[Score]) -> dict[str, Any]:
        return {
            "epoch": self._epoch,
            "rows_seen": self._schedule.rows_done,
            "seed": self._settings.seed,
            "encoder": self._rows.encoder,
            "training_s": round(self._schedule.seconds),
            "own_rows": len(self._rows.own),
            "held_out_rows": len(self._rows.held_out),
            "own_sha256": rows_sha256(self._rows.own),
            "public_sources": _counts(self._rows.public),
            "public_sha256": rows_sha256(self._rows.public),
            "reread_rows": sum(row.reread for row in self._rows.public),
            "start": self._rows.start.read_record() if self._rows.start else None,
            "held_out": [asdict(one) for one in found],
        }

    def _save(self) -> None:
        self._folder.write_tensors(
            CHECKPOINT_FILE,
            {
                "network": self.network.state_dict(),
                "average": self._average.state_dict(),
                "optimisers": self._optimisers.state_dict(),
                "torch_random": torch.get_rng_state(),
                "epoch": self._epoch,
                "best": self._best,
                "best_epoch": self._best_epoch,
                "rows_done": self._schedule.rows_done,
                "seconds": self._schedule.seconds,
            },
        )

    def _load(self) -> None:
        saved = self._folder.read_tensors(CHECKPOINT_FILE)
        fill(self.network, saved["network"], self._folder.path / CHECKPOINT_FILE)
        self._average.load_state_dict(saved["average"])
        self._optimisers.load_state_dict(saved["optimisers"])
        torch.set_rng_state(saved["torch_random"])
        self._epoch, self._best = saved["epoch"], saved["best"]
        self._best_epoch = saved["best_epoch"]
        self._schedule = Schedule(self._settings, saved["rows_done"], saved["seconds"])


def measure(network: nn.Module, rows: Sequence[Row], tokenizer: TextTokenizer) -> list[Score]:
    """Scores of an uncalibrated network; temperatures do not change which label is first."""
    run = lambda batch: run_network(network, batch)  # noqa: E731
    return scores(rows, predict([row.text for row in rows], tokenizer, tasks_of(), run))


def mean_of(found: Sequence[Score]) -> float:
    """Mean of the heads' scores, each the mean over languages and sources."""
    values: dict[str, list[float]] = defaultdict(list)
    for one in found:
        values[one.head].append(one.value)
    return sum(sum(each) / len(each) for each in values.values()) / max(1, len(values))


def _vector_head(network: Network, teaching: Teaching | None) -> nn.Linear | None:
    """Guesses the teacher's vector; thrown away after the training."""
    if teaching is None or teaching.vectors is None:
        return None
    return nn.Linear(network.shape.pooled, teaching.vectors.shape[1])


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.source] += 1
    return dict(sorted(counts.items()))
