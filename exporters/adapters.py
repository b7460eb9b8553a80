"""Fine-tunes a large Hugging Face base in small parts, and merges those into a plain checkpoint.

LoRA (Hu et al. 2021) and AdaLoRA (Zhang et al. 2023), through `peft`. For heads of one label a
message; what it writes is what `chat-models bundle HEAD=FOLDER` reads.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal

import torch
from msgspec import Meta, Struct
from peft import AdaLoraConfig, LoraConfig, TaskType, get_peft_model
from rich.console import Console
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from exporters.labels import CHOICE_HEADS, LABELS
from exporters.problems import SettingError
from exporters.rows import Row

Method = Literal["lora", "adalora"]
MAX_TOKENS = 128
SCALE = 2
"""`lora_alpha` as a multiple of the rank."""


class AdapterSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How to fine-tune. `rank` is that of the added matrices."""

    method: Method = "lora"
    rank: Annotated[int, Meta(ge=1, le=256)] = 8
    epochs: Annotated[int, Meta(ge=1)] = 3
    batch_rows: Annotated[int, Meta(ge=1)] = 16
    learning_rate: Annotated[float, Meta(gt=0, lt=1)] = 2e-4
    seed: int = 7


def adapt(
    base: str,
    head: str,
    rows: Sequence[Row],
    settings: AdapterSettings,
    out: Path,
    console: Console,
) -> None:
    """Fine-tunes `base` to a head on rows that have its label; writes the merged checkpoint."""
    if head not in CHOICE_HEADS:
        raise SettingError("--head", head, f"one of {', '.join(CHOICE_HEADS)}")
    known = [row for row in rows if getattr(row, head) is not None]
    if not known:
        raise SettingError("--head", head, "rows with a label of this head")
    torch.manual_seed(settings.seed)
    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    steps = -(-len(known) // settings.batch_rows) * settings.epochs
    model: Any = get_peft_model(_base(base, LABELS[head]), _config(settings, steps))
    optimiser = torch.optim.AdamW(
        [one for one in model.parameters() if one.requires_grad], lr=settings.learning_rate
    )
    done = 0
    for epoch in range(1, settings.epochs + 1):
        total = 0.0
        for batch in _batches(known, settings, epoch):
            loss = _loss(model, tokenizer, batch, head)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            done += 1
            if settings.method == "adalora":
                model.base_model.update_and_allocate(done)
            total += float(loss.detach()) * len(batch)
        console.print(f"epoch {epoch}: loss {total / len(known):.3f}", highlight=False)
    model.merge_and_unload().save_pretrained(out)
    tokenizer.save_pretrained(out)


def _base(base: str, labels: Sequence[str]) -> Any:
    return AutoModelForSequenceClassification.from_pretrained(
        base,
        dtype=torch.float32,
        id2label=dict(enumerate(labels)),
        label2id={label: at for at, label in enumerate(labels)},
        ignore_mismatched_sizes=True,
    )


def _config(settings: AdapterSettings, steps: int) -> LoraConfig:
    shared: dict[str, Any] = {
        "task_type": TaskType.SEQ_CLS,
        "lora_alpha": SCALE * settings.rank,
        "target_modules": "all-linear",
    }
    if settings.method == "lora":
        return LoraConfig(r=settings.rank, **shared)
    # Starts wider, and gives up ranks from a tenth of the steps to the last third.
    return AdaLoraConfig(
        init_r=settings.rank + settings.rank // 2,
        target_r=settings.rank,
        tinit=steps // 10,
        tfinal=steps // 3,
        total_step=steps,
        **shared,
    )


def _batches(rows: Sequence[Row], settings: AdapterSettings, epoch: int) -> Iterator[list[Row]]:
    rng = Random(f"{settings.seed}:{epoch}")  # noqa: S311 - draws rows, keeps no secret
    order = rng.sample(list(rows), len(rows))
    for start in range(0, len(order), settings.batch_rows):
        yield order[start : start + settings.batch_rows]


def _loss(model: Any, tokenizer: Any, batch: Sequence[Row], head: str) -> torch.Tensor:
    inputs = tokenizer(
        [row.text for row in batch],
        padding=True,
        truncation=True,
        max_length=MAX_TOKENS,
        return_tensors="pt",
    )
    known: tuple[str, ...] = LABELS[head]  # type: ignore[index]
    wanted = torch.tensor([known.index(getattr(row, head)) for row in batch])
    loss: torch.Tensor = model(**inputs, labels=wanted).loss
    return loss
