"""Writes a bundle's model card: what it is for, what it was taught by, how well, and its limits."""

from collections.abc import Mapping, Sequence
from typing import Any

from exporters.judgement_tables import markdown_of, sheets
from exporters.judging import Judgement
from exporters.sources import SOURCES

_INTENDED = """\
Routing of customer-service chat in Chinese and English: what a message does (query, complaint,
suggestion), its subject, its sentiment, how angry it is, and the entities in it. Made for
short messages. It suggests and routes; it must not be the sole ground for a decision about a
person.
"""
_LIMITS = """\
- Starter weights: small, trained from scratch in minutes on one machine. Expect them to be wrong
  often enough that thresholds, business rules and people stay in charge.
- Figures on held-out own rows are of the same writers as the training rows, and the epoch was
  chosen and the temperatures fitted on them. Figures on public rows
  are of other domains and other labelling rules. Neither is your traffic: measure on your own.
- Irony, mixed languages, long messages (over 128 tokens) and sectors outside retail, travel,
  banking, telecoms and software are weak spots. Text is lower-cased: capitals do not count as
  shouting.
- Entities are found by form and context, not checked; numbers may be given the wrong type.
"""
_COMMERCIAL = """\
The corpora marked "research corpus, no stated licence" were used to fit the sentiment, intent,
anger and entity heads. For commercial use, retrain on your own data: `chat-models train` without
`--data`, or with a folder of your own rows (source `custom`).
"""


def model_card(
    name: str,
    version: str,
    record: Mapping[str, Any],
    judged: Judgement,
    checks: Sequence[str],
) -> str:
    """The card as Markdown. `record` is the run's own."""
    parts = [
        f"# Model card: {name} {version}\n",
        "## Intended use\n\n" + _INTENDED,
        "## Training\n\n" + _training(record),
        "## Data\n\n" + _data(record),
        "## Figures\n\n" + _figures(judged) + _verdict(judged),
        "## Export\n\n" + "".join(f"- {line}\n" for line in checks),
        "## Limits\n\n" + _LIMITS,
    ]
    return "\n".join(parts)


def _training(record: Mapping[str, Any]) -> str:
    if "checkpoints" in record:
        made = ", ".join(f"{head} from {name}" for head, name in record["checkpoints"].items())
        return f"Trained elsewhere: {made}. Heads that are not named always say the same.\n"
    stages = _stages(record)
    minutes = sum(one["training_s"] for one in stages) / 60
    seen = ", then ".join(str(one["rows_seen"]) for one in stages)
    return (
        f"One shared encoder with five heads, trained from scratch: {seen} rows seen in"
        f" {minutes:.0f} minutes on a two-core CPU; {record['own_rows']} own rows to learn from,"
        f" {record['held_out_rows']} held out by situation; {record['reread_rows']} public rows"
        f" that were read again and labelled anew; seed {record['seed']}. Where a public row lacks"
        " a label, models of the own rows and of those read again teach theirs.\n\n"
        f"The rows' hashes (`rows_sha256`): own {record['own_sha256']}, public"
        f" {record['public_sha256']}.\n" + _encoder(record)
    )


def _stages(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The records of the runs that this one started from, the first first."""
    start = record.get("start")
    return [*_stages(start), record] if start else [record]


def _encoder(record: Mapping[str, Any]) -> str:
    name = record.get("encoder")
    if not name:
        return ""
    return f"\nThe sentence encoder {name} taught it for English, and is no part of it.\n"


def _verdict(judged: Judgement) -> str:
    if not judged.losses:
        return ""
    return (
        f"\n`chat-models evaluate` refuses this bundle: a baseline wins {len(judged.losses)} times"
        " on a source that nobody learned from, as the last table says.\n"
    )


def _data(record: Mapping[str, Any]) -> str:
    lines = ["The project's own corpus (Apache-2.0), written for it, is in this repository."]
    if "checkpoints" in record:
        return "What the checkpoints' own cards say.\n"
    counts = record["public_sources"]
    if counts:
        lines += ["", "| source | repository | licence | rows |", "|---|---|---|---|"]
    for source, count in counts.items():
        about = SOURCES[source]
        lines.append(f"| {source} | {about.repository} | {about.licence} | {count} |")
    found = "\n".join(lines) + "\n"
    if any(SOURCES[source].group == "research" for source in counts):
        found += "\n" + _COMMERCIAL
    return found


def _figures(judged: Judgement) -> str:
    return (
        "Macro F1 (category, intent, sentiment), F1 of anger at or above a level, F1 of exact spans"
        " (`tags`: the tagger alone, `entities`: as the service tells them, with its patterns)."
        " `own` and `own-turns` are held-out situations of the own corpus: messages, and customers'"
        " turns; the other sources are development rows, some of sources that were never trained"
        " on. The baselines are trained on the same rows: TF-IDF with logistic regression (linear)"
        " and hashed n-grams (hashed).\n\n" + markdown_of(sheets(judged))
    )
