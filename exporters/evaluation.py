"""Measures a model on labelled rows: a score for each head, language and source.

Any model that gives outputs for a padded batch will do. Fits nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consumer.inference.faults import Unusable
from consumer.inference.heads import Heads, Outputs
from consumer.inference.manifest import Tasks
from consumer.inference.model import padded
from consumer.inference.prepared import Prepared
from consumer.inference.tokenizer import TextTokenizer
from consumer.records import Prediction
from exporters.labels import CHOICE_HEADS, MAX_ANGER
from exporters.rows import UNKNOWN, Row, Span
from exporters.scoring import binary_f1, macro_f1, span_f1
from exporters.torch_model import by_length

Run = Callable[[Sequence[Prepared]], Outputs]

ANGRY = 0.5 / MAX_ANGER
"""Scores from here on round to level 1 or more."""

HIGH_ANGER = 1.5 / MAX_ANGER
"""Scores from here on round to level 2 or 3."""


@dataclass(frozen=True, slots=True)
class Score:
    """One figure: of which head, on which rows, over how many of them."""

    head: str
    language: str
    source: str
    value: float
    rows: int


def predict(
    rows: Sequence[Row], tokenizer: TextTokenizer, tasks: Tasks, run: Run
) -> list[Prediction]:
    """What the model says of each row, decoded by the service's own code."""
    prepared = tokenizer.encode_batch([row.text for row in rows])
    heads = Heads(tasks)
    found: list[Prediction] = [heads.nothing_known()] * len(rows)
    for group in by_length(prepared):
        batch = [prepared[at] for at in group]
        results = heads.predictions(batch, padded(batch)[1], run(batch))
        for at, result in zip(group, results, strict=True):
            if not isinstance(result, Unusable):
                found[at] = result
    return found


def scores(rows: Sequence[Row], predictions: Sequence[Prediction]) -> list[Score]:
    """Scores by head, language and source; heads that no row has a label for are left out."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        groups[row.language, row.source].append(at)
    found = []
    for (language, source), places in sorted(groups.items()):
        pairs = [(rows[at], predictions[at]) for at in places]
        for head, value, count in (*_choices(pairs), *_anger(pairs), *_tags(pairs)):
            found.append(Score(head, language, source, value, count))
    return found


def top(probabilities: dict[str, float]) -> str:
    """The likeliest label."""
    return max(probabilities, key=probabilities.__getitem__)


Pairs = list[tuple[Row, Prediction]]
Figures = list[tuple[str, float, int]]


def _choices(pairs: Pairs) -> Figures:
    figures: Figures = []
    for head in CHOICE_HEADS:
        known = [
            (getattr(row, head), top(getattr(prediction, head)))
            for row, prediction in pairs
            if getattr(row, head) is not None
        ]
        if known:
            wanted, found = zip(*known, strict=True)
            figures.append((head, macro_f1(wanted, found), len(known)))
    return figures


def _anger(pairs: Pairs) -> Figures:
    figures = []
    for name, level, bound in (("anger>=1", 0, ANGRY), ("anger>=2", 1, HIGH_ANGER)):
        known = [
            (row.anger[level] == 1, prediction.anger >= bound)
            for row, prediction in pairs
            if row.anger is not None and row.anger[level] != UNKNOWN
        ]
        if any(wanted for wanted, _ in known):
            wanted, found = zip(*known, strict=True)
            figures.append((name, binary_f1(wanted, found), len(known)))
    return figures


def _tags(pairs: Pairs) -> Figures:
    known = [(row, prediction) for row, prediction in pairs if row.spans is not None]
    if not known:
        return []
    types = known[0][0].marked_types
    wanted = [row.spans or () for row, _ in known]
    found = [
        [Span(span.start, span.end, span.type) for span in prediction.spans]
        for _, prediction in known
    ]
    return [("tags", span_f1(wanted, found, types), len(known))]
