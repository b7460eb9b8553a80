"""Counts what a corpus holds, beside the least that each label should have. Refuses nothing."""

from collections import Counter
from collections.abc import Iterable

from rich.table import Table

from exporters.corpus_format import HALVES, NO_ESCALATION
from exporters.corpus_reader import LANGUAGES, Corpus
from exporters.labels import ENTITY_TYPES, INTENTS, LABELS
from exporters.rows import Row

LEAST_TEXTS = 2_500
LEAST_OF_CATEGORY = 300
LEAST_OF_INTENT = 120
LEAST_ANGRY = 250
LEAST_OF_ENTITY = 40
LEAST_CONVERSATIONS = 60
LEAST_OF_KIND = 8
LEAST_TURN_SHARE = 0.5
LEAST_CALM_SHARE = 0.5
"""Of each language. Kinds are counted over both languages."""

ANGRY_LEVEL = 2


def count_tables(corpus: Corpus) -> list[Table]:
    """Counts by language: labels crossed with category, entities, conversations by kind."""
    rows = corpus.every_row()
    tables = [_crossed(rows, "intent", INTENTS)]
    tables.append(_crossed(rows, "sentiment", LABELS["sentiment"]))
    tables += [_anger(rows), _entities(rows), _kinds(corpus), minimums_table(corpus)]
    return tables


def minimums_table(corpus: Corpus) -> Table:
    """Each minimum, what there is in each language, and what is short of it."""
    table = Table("count", "least", *LANGUAGES, "short", title="minimums")
    for name, least, found in _minimums(corpus):
        short = ", ".join(
            language for language, each in zip(LANGUAGES, found, strict=True) if each < least
        )
        shown = [f"{each:.2f}" if least < 1 else f"{each:.0f}" for each in found]
        table.add_row(name, str(least), *shown, short)
    return table


Minimum = tuple[str, float, list[float]]


def _minimums(corpus: Corpus) -> list[Minimum]:
    by_language = {
        language: [row for row in corpus.every_row() if row.language == language]
        for language in LANGUAGES
    }
    found: list[Minimum] = [
        ("distinct texts", LEAST_TEXTS, [len({r.text for r in by_language[x]}) for x in LANGUAGES])
    ]
    for head, least in (("category", LEAST_OF_CATEGORY), ("intent", LEAST_OF_INTENT)):
        for label in LABELS[head]:  # type: ignore[index]
            counts = [sum(getattr(r, head) == label for r in by_language[x]) for x in LANGUAGES]
            found.append((f"{head} {label}", least, [*counts]))
    angry = [sum(sum(r.anger or ()) >= ANGRY_LEVEL for r in by_language[x]) for x in LANGUAGES]
    found.append((f"anger {ANGRY_LEVEL} and more", LEAST_ANGRY, [*angry]))
    for name in ENTITY_TYPES:
        spans = [
            sum(span.type == name for r in by_language[x] for span in r.spans or ())
            for x in LANGUAGES
        ]
        found.append((f"entity {name}", LEAST_OF_ENTITY, [*spans]))
    return [*found, *_conversation_minimums(corpus)]


def _conversation_minimums(corpus: Corpus) -> list[Minimum]:
    by_language = {
        language: [one for one in corpus.conversations if one.language == language]
        for language in LANGUAGES
    }
    turns = [
        _share(
            sum(one.row.language == language for one in corpus.turn_rows),
            sum(row.language == language for row in corpus.every_row()),
        )
        for language in LANGUAGES
    ]
    calm = [
        _share(sum(one.kind == NO_ESCALATION for one in by_language[x]), len(by_language[x]))
        for x in LANGUAGES
    ]
    found: list[Minimum] = [
        ("share of customer turns", LEAST_TURN_SHARE, [*turns]),
        ("conversations", LEAST_CONVERSATIONS, [len(by_language[x]) for x in LANGUAGES]),
        ("share without escalation", LEAST_CALM_SHARE, [*calm]),
    ]
    kinds = Counter(one.kind for one in corpus.conversations)
    return found + [
        (f"kind {kind}", LEAST_OF_KIND, [kinds[kind]] * len(LANGUAGES))
        for kind in sorted({*kinds} - {NO_ESCALATION})
    ]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _languages(rows: Iterable[Row]) -> list[str]:
    return sorted({row.language for row in rows})


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
    counts = Counter((one.language, one.kind, one.half) for one in corpus.conversations)
    table = Table("language", "kind", "half A", "half B", title="conversations")
    for language, kind in sorted({(one.language, one.kind) for one in corpus.conversations}):
        table.add_row(language, kind, *(str(counts[language, kind, half]) for half in HALVES))
    return table
