"""What `chat-models pretrain`, `train` and `adapt` do, from their arguments to what they leave."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import msgspec
from rich.console import Console

from exporters.pretraining import Pretraining
from exporters.problems import SettingError
from exporters.public_rows import sample_by_source
from exporters.run_folder import SETTINGS_FILE, TOKENIZER_FILE, VECTORS_FILE, RunFolder
from exporters.sentence_encoder import SentenceEncoder
from exporters.settings import TrainingSettings, changed
from exporters.teachers import Encoder, Teaching, taught_by, vectors_taught
from exporters.training import Training, TrainingRows
from exporters.training_sources import Gathered, TrainingSources, gathered, some_of_each
from exporters.vocabulary import train_tokenizer

WATCHED_ROWS = 60
"""Development rows of each source and task that are measured every epoch."""

OWN_TEXT_COPIES = 4
"""How often own texts count when the vocabulary is made."""


def pretrain_run(
    path: Path, sources: TrainingSources, changes: Sequence[str], console: Console
) -> None:
    """Teaches a new run words; its weights are for other runs to start from."""
    folder = RunFolder(path)
    rows = gathered(sources, console)
    settings = _begin(folder, rows, None, changes)
    teaching, word_vectors = Teaching({}, {}, None), {}
    if sources.encoder is not None:
        console.print("asking the encoder")
        encoder = Encoder(sources.encoder, path / VECTORS_FILE, settings.encoder_texts)
        teaching = vectors_taught(rows.own, rows.public, encoder)
        word_vectors = SentenceEncoder(sources.encoder).word_vectors()
    Pretraining(rows.learned, teaching, settings, folder, console).train(word_vectors)


def train_run(
    path: Path, sources: TrainingSources, resume: bool, changes: Sequence[str], console: Console
) -> None:
    """Trains a new run, or goes on with one."""
    folder, found = RunFolder(path), gathered(sources, console)
    start = RunFolder(sources.start) if sources.start is not None else None
    settings = folder.read_settings() if resume else _begin(folder, found, start, changes)
    rows = TrainingRows(
        found.own,
        some_of_each(found.public, settings.source_rows),
        found.held_out,
        watched=sample_by_source(found.dev, WATCHED_ROWS),
        start=start,
    )
    if sources.teachers and rows.public:
        console.print("asking the teachers")
        encoder = None
        if sources.encoder is not None:
            encoder = Encoder(sources.encoder, path / VECTORS_FILE, settings.encoder_texts)
            place = sources.encoder.resolve()
            rows = replace(rows, encoder=f"{place.parent.name}/{place.name}")
        teaching = taught_by(rows.own, rows.public, encoder)
        rows = replace(rows, teaching=teaching)
    Training(rows, settings, folder, console).train(resume)


def _begin(
    folder: RunFolder, rows: Gathered, start: RunFolder | None, changes: Sequence[str]
) -> TrainingSettings:
    """Makes the folder of a new run; its words are those of the run that it starts from."""
    if (folder.path / SETTINGS_FILE).exists():
        raise SettingError("RUN", folder.path, "a new folder, or --resume")
    settings = changed(TrainingSettings(), _parsed(changes))
    if start is not None:
        start.check_shape(settings)
    folder.write_settings(settings)
    if start is not None:
        copyfile(start.path / TOKENIZER_FILE, folder.path / TOKENIZER_FILE)
        return settings
    public = some_of_each(rows.public, settings.source_rows)
    texts = [row.text for row in (*public, *(list(rows.own) * OWN_TEXT_COPIES))]
    train_tokenizer(texts, settings.vocabulary).save(str(folder.path / TOKENIZER_FILE))
    return settings


def adapt_base(
    base: str,
    out: Path,
    head: str,
    sources: TrainingSources,
    changes: Sequence[str],
    console: Console,
) -> None:
    """Fine-tunes somebody's encoder to a head on the rows that a run would learn from."""
    from exporters.adapters import AdapterSettings, adapt

    rows = gathered(sources, console)
    parsed = dict(change.partition("=")[::2] for change in changes)
    settings = msgspec.convert(parsed, AdapterSettings, strict=False)
    adapt(base, head, rows.learned, settings, out, console)


def _parsed(changes: Sequence[str]) -> dict[str, object]:
    """`name=value` pairs; numbers as numbers."""
    found: dict[str, object] = {}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in TrainingSettings.__struct_fields__:
            known = ", ".join(TrainingSettings.__struct_fields__)
            raise SettingError("--set", name, f"one of {known}")
        try:
            found[name] = float(value) if "." in value or "e" in value else int(value)
        except ValueError as error:
            raise SettingError(f"--set {name}", value, "a number") from error
    return found
