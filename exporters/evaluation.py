"""Measures a model on labelled rows: a score for each head, language and source.

Any model that gives outputs for a padded batch will do. Fits nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from consumer.inference.entities import to_entities
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
    accuracy: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of a text: the model's prediction, and the entities that the service tells."""

    prediction: Prediction
    entities: tuple[Span, ...] = ()


def predict(texts: Sequence[str], tokenizer: TextTokenizer, tasks: Tasks, run: Run) -> list[Answer]:
    """What the model says of each text, decoded by the service's own code."""
    prepared = tokenizer.encode_batch(texts)
    heads = Heads(tasks)
    found = [Answer(heads.nothing_known())] * len(texts)
    for group in by_length(prepared):
        batch = [prepared[at] for at in group]
        results = heads.predictions(batch, padded(batch)[1], run(batch))
        for at, result in zip(group, results, strict=True):
            if not isinstance(result, Unusable):
                found[at] = Answer(result, _entities(prepared[at], result))
    return found


def _entities(prepared: Prepared, prediction: Prediction) -> tuple[Span, ...]:
    """The tagger's spans and the patterns', merged as the service merges them."""
    return tuple(
        Span(one.start, one.end, one.type) for one in to_entities(prepared, prediction.spans)
    )


def scores(rows: Sequence[Row], answers: Sequence[Answer]) -> list[Score]:
    """Scores by head, language and source; heads that no row has a label for are left out."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        groups[row.language, row.source].append(at)
    found = []
    for (language, source), places in sorted(groups.items()):
        pairs = [(rows[at], answers[at]) for at in places]
        for head, value, count, right in (*_choices(pairs), *_anger(pairs), *_tags(pairs)):
            found.append(Score(head, language, source, value, count, right / count))
    return found


def top(probabilities: dict[str, float]) -> str:
    """The likeliest label."""
    return max(probabilities, key=probabilities.__getitem__)


Pairs = list[tuple[Row, Answer]]
Figures = list[tuple[str, float, int, int]]
"""Head, score, rows, rows that are right."""


def _choices(pairs: Pairs) -> Figures:
    figures: Figures = []
    for head in CHOICE_HEADS:
        known = [
            (getattr(row, head), top(getattr(answer.prediction, head)))
            for row, answer in pairs
            if getattr(row, head) is not None
        ]
        if known:
            wanted, found = zip(*known, strict=True)
            figures.append((head, macro_f1(wanted, found), len(known), _right(known)))
    return figures


def _anger(pairs: Pairs) -> Figures:
    figures: Figures = []
    for name, level, bound in (("anger>=1", 0, ANGRY), ("anger>=2", 1, HIGH_ANGER)):
        known = [
            (row.anger[level] == 1, answer.prediction.anger >= bound)
            for row, answer in pairs
            if row.anger is not None and row.anger[level] != UNKNOWN
        ]
        if any(wanted for wanted, _ in known):
            wanted, found = zip(*known, strict=True)
            figures.append((name, binary_f1(wanted, found), len(known), _right(known)))
    return figures


def _tags(pairs: Pairs) -> Figures:
    """`tags` is the tagger alone, `entities` what the service makes of it and its patterns."""
    known = [(row, answer) for row, answer in pairs if row.spans is not None]
    if not known:
        return []
    types = known[0][0].marked_types
    wanted = [row.spans or () for row, _ in known]
    told = {
        "tags": [
            tuple(Span(span.start, span.end, span.type) for span in answer.prediction.spans)
            for _, answer in known
        ],
        "entities": [answer.entities for _, answer in known],
    }
    figures: Figures = []
    for name, found in told.items():
        right = _right([(set(one), set(two)) for one, two in zip(wanted, found, strict=True)])
        figures.append((name, span_f1(wanted, found, types), len(known), right))
    return figures


def _right(pairs: Sequence[tuple[object, object]]) -> int:
    return sum(wanted == found for wanted, found in pairs)
