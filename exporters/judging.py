"""Everything that is measured of a model on labelled rows, beside the baselines. Prints nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from exporters.baseline import Baselines, Kind
from exporters.evaluation import Answer, Score, scores, top
from exporters.labels import CHOICE_HEADS, LABELS
from exporters.reliability import calibration_error, coverage_at, outside_recall
from exporters.robustness import Ask, Kept, label_kept, negations_right, read_negations
from exporters.rows import OWN, OWN_TURNS, Row
from exporters.scoring import binary_f1

PRECISION = 0.95
IN_SCOPE_COVERAGE = 0.95
OUTSIDE_LABEL = "other"
MIN_ROWS = 30
"""Of fewer rows no trust is told: a bin would hold a row or two."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Calibration error, and coverage at 95 % precision, of a head on a source."""

    head: str
    language: str
    source: str
    error: float
    coverage: float
    rows: int


@dataclass(frozen=True, slots=True)
class ClassScore:
    """F1 of one label."""

    head: str
    language: str
    source: str
    label: str
    value: float
    rows: int


@dataclass(frozen=True, slots=True)
class Loss:
    """A baseline that is better on a source that nobody learned from."""

    score: Score
    kind: Kind
    baseline: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """All figures of a model. `outside` is the out-of-scope recall by language."""

    scores: Sequence[Score]
    baselines: Baselines
    classes: Sequence[ClassScore]
    trust: Sequence[Trust]
    outside: Mapping[str, float]
    robust: Sequence[Kept]
    losses: Sequence[Loss]


def judge(rows: Sequence[Row], ask: Ask, baselines: Baselines, learned: Sequence[Row]) -> Judgement:
    """Measures a model by what it answers; `learned` are the rows that it was fitted to."""
    answers = ask([row.text for row in rows])
    found = scores(rows, answers)
    own = [row for row in rows if row.source in (OWN, OWN_TURNS)]
    robust = [*label_kept(own, ask), *negations_right(read_negations(), ask)]
    return Judgement(
        scores=found,
        baselines=baselines,
        classes=list(_each_head(rows, answers, _classes)),
        trust=list(_each_head(rows, answers, _trust)),
        outside=_outside(rows, answers),
        robust=robust,
        losses=list(losses_of(found, baselines, learned)),
    )


def losses_of(
    found: Sequence[Score], baselines: Baselines, learned: Sequence[Row]
) -> Iterator[Loss]:
    """Baselines that win on a source without a learned row."""
    seen = {row.source for row in learned} | {OWN, OWN_TURNS}
    for kind, others in baselines.items():
        beside = {(one.head, one.language, one.source): one.value for one in others}
        for one in found:
            value = beside.get((one.head, one.language, one.source))
            if one.source not in seen and value is not None and value > one.value:
                yield Loss(one, kind, value)


Known = Sequence[tuple[str, dict[str, float]]]
Place = tuple[str, str, str]
"""Head, language, source."""

Figure = TypeVar("Figure")


def _each_head(
    rows: Sequence[Row],
    answers: Sequence[Answer],
    measure: Callable[[Place, Known], Iterator[Figure]],
) -> Iterator[Figure]:
    """The measure of every head, language and source."""
    for head in CHOICE_HEADS:
        groups: dict[Place, list[tuple[str, dict[str, float]]]] = defaultdict(list)
        for row, answer in zip(rows, answers, strict=True):
            label = getattr(row, head)
            if label is not None:
                chances = getattr(answer.prediction, head)
                groups[head, row.language, row.source].append((label, chances))
        for place, known in sorted(groups.items()):
            yield from measure(place, known)


def _trust(place: Place, known: Known) -> Iterator[Trust]:
    if len(known) < MIN_ROWS:
        return
    chances = np.array([max(each.values()) for _, each in known])
    right = np.array([top(each) == label for label, each in known])
    error = calibration_error(chances, right)
    yield Trust(*place, error, coverage_at(chances, right, PRECISION), len(known))


def _classes(place: Place, known: Known) -> Iterator[ClassScore]:
    wanted = [label for label, _ in known]
    found = [top(each) for _, each in known]
    for label in dict.fromkeys(LABELS[place[0]]):  # type: ignore[index]
        if label in wanted:
            value = binary_f1([one == label for one in wanted], [one == label for one in found])
            yield ClassScore(*place, label, value, wanted.count(label))


def _outside(rows: Sequence[Row], answers: Sequence[Answer]) -> dict[str, float]:
    """By language, of own rows: how many `other` ones fall under the bound of those in scope."""
    found = {}
    for language in sorted({row.language for row in rows}):
        inside: list[float] = []
        outside: list[float] = []
        for row, answer in zip(rows, answers, strict=True):
            if row.language == language and row.source in (OWN, OWN_TURNS) and row.intent:
                chances = answer.prediction.intent
                scope = max(value for label, value in chances.items() if label != OUTSIDE_LABEL)
                (outside if row.intent == OUTSIDE_LABEL else inside).append(scope)
        found[language] = outside_recall(np.array(inside), np.array(outside), IN_SCOPE_COVERAGE)
    return found
