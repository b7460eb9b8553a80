"""Checks a corpus as a whole (duplicates) and counts what it holds. Changes nothing."""

from collections import Counter
from collections.abc import Iterable

from rich.table import Table

from consumer.inference.canonical import canonicalise
from exporters.corpus_format import LabelledRow, Problem
from exporters.corpus_reader import Corpus
from exporters.labels import ENTITY_TYPES, INTENTS, LABELS
from exporters.rows import Row

_MAX_CHARS = 10_000


def problems_of(corpus: Corpus) -> list[Problem]:
    """Unreadable lines, and single messages that were written twice."""
    return [*corpus.problems, *_duplicates(corpus.rows)]


def _duplicates(rows: Iterable[LabelledRow]) -> list[Problem]:
    """Turns of conversations may repeat ("ok"); a message of its own must say something new."""
    first: dict[tuple[str, str], LabelledRow] = {}
    found = []
    for one in rows:
        before = first.setdefault((one.row.language, same_text_key(one.row.text)), one)
        if before is not one:
            rule = f"the text stands already in {before.file}:{before.line}"
            found.append(Problem(one.file, one.line, "duplicate", rule))
    return found


def same_text_key(text: str) -> str:
    """Equal for texts that differ in case, width and white space alone."""
    return " ".join(canonicalise(text, _MAX_CHARS).text.lower().split())


def stats_tables(corpus: Corpus) -> list[Table]:
    """Counts by language: labels crossed with category, entities, conversations by kind."""
    rows = corpus.every_row()
    tables = [_totals(corpus), _crossed(rows, "intent", INTENTS)]
    tables.append(_crossed(rows, "sentiment", LABELS["sentiment"]))
    tables += [_anger(rows), _entities(rows), _kinds(corpus)]
    return tables


def _languages(rows: Iterable[Row]) -> list[str]:
    return sorted({row.language for row in rows})


def _totals(corpus: Corpus) -> Table:
    table = Table("language", "messages", "customer turns", "situations", title="corpus")
    for language in _languages(corpus.every_row()):
        messages = [one.row for one in corpus.rows if one.row.language == language]
        turns = sum(one.row.language == language for one in corpus.turn_rows)
        situations = len({row.situation for row in messages})
        table.add_row(language, str(len(messages)), str(turns), str(situations))
    return table


def _crossed(rows: list[Row], field: str, values: Iterable[str]) -> Table:
    categories = LABELS["category"]
    languages = _languages(rows)
    table = Table(field, title=f"{field} by language and category")
    for language in languages:
        for category in categories:
            table.add_column(f"{language} {category}", justify="right")
    counts = Counter((row.language, row.category, getattr(row, field)) for row in rows)
    for value in values:
        cells = [counts[lang, cat, value] for lang in languages for cat in categories]
        table.add_row(value, *map(str, cells))
    return table


def _anger(rows: list[Row]) -> Table:
    levels = range(len(LABELS["anger"]) + 1)
    table = Table("language", *map(str, levels), title="anger level")
    counts = Counter((row.language, sum(row.anger or ())) for row in rows)
    for language in _languages(rows):
        table.add_row(language, *(str(counts[language, level]) for level in levels))
    return table


def _entities(rows: list[Row]) -> Table:
    languages = _languages(rows)
    table = Table("entity", *languages, title="entities")
    counts = Counter((row.language, span.type) for row in rows for span in row.spans or ())
    for name in ENTITY_TYPES:
        table.add_row(name, *(str(counts[language, name]) for language in languages))
    return table


def _kinds(corpus: Corpus) -> Table:
    counts = Counter((one.language, one.kind) for one in corpus.conversations)
    table = Table("language", "kind", "conversations", title="conversations")
    for (language, kind), count in sorted(counts.items()):
        table.add_row(language, kind, str(count))
    return table
