"""Checks a corpus as a whole: texts written twice, names used twice, halves. Changes nothing.

Counts are `corpus_counts.py`.
"""

from collections.abc import Iterator, Sequence

from exporters.corpus_format import Conversation, LabelledRow, Problem
from exporters.corpus_reader import LANGUAGES, Corpus
from exporters.similar_texts import MOST_SHARED, similar_pairs


def problems_of(corpus: Corpus) -> list[Problem]:
    """Unreadable lines, messages that are nearly another one, conversations of both halves."""
    found = [*corpus.problems]
    for language in LANGUAGES:
        found += _similar([one for one in corpus.rows if one.row.language == language])
    return [*found, *_reused_names(corpus.conversations)]


def _similar(rows: Sequence[LabelledRow]) -> Iterator[Problem]:
    """Turns of conversations may repeat ("ok"); a message of its own must say something new."""
    for later, before, shared in similar_pairs([one.row.text for one in rows]):
        one, other = rows[later], rows[before]
        rule = f"shares over {MOST_SHARED:.0%} of its trigrams with {other.file}:{other.line}"
        yield Problem(one.file, one.line, f"{shared:.0%}", rule)


def _reused_names(conversations: Sequence[Conversation]) -> Iterator[Problem]:
    """A name stands once a language, and in one half only, whatever its language.

    Rules and thresholds are tuned on one half and judged on the other.
    """
    first: dict[str, Conversation] = {}
    for one in conversations:
        before = first.setdefault(one.name, one)
        if before is one:
            continue
        place = f"{before.file}:{before.line}"
        if before.language == one.language:
            yield Problem(one.file, one.line, one.name, f"the name stands already in {place}")
        elif before.half != one.half:
            yield Problem(one.file, one.line, one.name, f"{place} is of the other half")
