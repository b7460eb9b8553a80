"""What a model says when a text is changed: labels that stay, negations that turn them.

The texts are the held-out own ones, and pairs written for this in `checks/negations.txt`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from exporters.corpus_format import SENTIMENT_MARKS
from exporters.evaluation import Answer, top
from exporters.labels import CHOICE_HEADS
from exporters.perturbations import PERTURBATIONS
from exporters.problems import SettingError
from exporters.reliability import share_kept
from exporters.rows import Row

NEGATIONS_FILE = Path(__file__).parent / "checks" / "negations.txt"
Ask = Callable[[Sequence[str]], Sequence[Answer]]
_PARTS = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """Share of a head's labels that a change left alone, or of pairs that are right."""

    check: str
    language: str
    head: str
    share: float
    rows: int


@dataclass(frozen=True, slots=True)
class NegationPair:
    """Two texts of one language, each with its sentiment."""

    language: str
    sides: tuple[tuple[str, str], tuple[str, str]]


def label_kept(rows: Sequence[Row], ask: Ask, seed: int = 7) -> Iterator[Kept]:
    """For each change, language and head: the share of labels that stay."""
    for language in sorted({row.language for row in rows}):
        texts = [row.text for row in rows if row.language == language]
        before = ask(texts)
        for name, change in PERTURBATIONS.items():
            rng = Random(seed)  # noqa: S311 - changes texts, keeps no secret
            after = ask([change(text, rng) for text in texts])
            for head in CHOICE_HEADS:
                share = share_kept(_labels(before, head), _labels(after, head))
                yield Kept(name, language, head, share, len(texts))


def _labels(answers: Sequence[Answer], head: str) -> list[str]:
    return [top(getattr(answer.prediction, head)) for answer in answers]


def read_negations(path: Path = NEGATIONS_FILE) -> list[NegationPair]:
    """The pairs of the file; raises `SettingError` with its line."""
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != _PARTS or any(part[0] not in SENTIMENT_MARKS for part in parts[1:]):
            raise SettingError(f"{path}:{number}", "a line", "language | +text | -text")
        one, other = ((SENTIMENT_MARKS[part[0]], part[1:].strip()) for part in parts[1:])
        pairs.append(NegationPair(parts[0], (one, other)))
    return pairs


def negations_right(pairs: Sequence[NegationPair], ask: Ask) -> Iterator[Kept]:
    """Share of the pairs, by language, whose two sentiments are both right."""
    for language in sorted({pair.language for pair in pairs}):
        asked = [pair for pair in pairs if pair.language == language]
        answers = ask([text for pair in asked for _, text in pair.sides])
        found = _labels(answers, "sentiment")
        wanted = [label for pair in asked for label, _ in pair.sides]
        right = [one == other for one, other in zip(wanted, found, strict=True)]
        both = sum(one and other for one, other in zip(right[::2], right[1::2], strict=True))
        yield Kept("negation pairs", language, "sentiment", both / len(asked), len(asked))
