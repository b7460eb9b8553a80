"""Invariants 1 to 4: every input has its one outcome, in order, with the right numbers."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.checker.history import Coordinates, Entry, History
from tests.checker.oracle import Decided, Expected
from tests.checker.violation import Violation

TOLERANCE = 1e-9
# The key of what a partition remembers beside its conversations: a tenant is never empty.
NOTES = ":partition"


def decisions(history: History) -> list[tuple[Coordinates, dict[str, Any], Entry]]:
    """All decisions with the coordinates of their input, in topic order."""
    found = []
    for entry in history.of(history.names.routing):
        body = json.loads(entry.value or b"{}")
        source = body["source"]
        found.append(((source["topic"], source["partition"], source["offset"]), body, entry))
    return found


def dead_letters(history: History) -> list[tuple[Coordinates, str]]:
    """All dead letters: coordinates of the input, and reason."""
    return [
        (
            (
                entry.header("__connect.errors.topic"),
                int(entry.header("__connect.errors.partition")),
                int(entry.header("__connect.errors.offset")),
            ),
            entry.header("x-chat-router-reason"),
        )
        for entry in history.of(history.names.dead_letters)
    ]


def one_outcome_each(history: History, expected: Expected) -> Iterator[Violation]:
    """I1: a decision for each customer turn, a dead letter for each unusable record; one each."""
    decided = Counter(at for at, _, _ in decisions(history))
    for at in expected.decisions:
        if decided[at] != 1:
            yield Violation("I1", f"{decided[at]} decisions", at)
    letters = defaultdict(list)
    for at, reason in dead_letters(history):
        letters[at].append(reason)
    for at, reason in expected.dead.items():
        if len(letters[at]) != 1:
            yield Violation("I1", f"{len(letters[at])} dead letters", at)
        elif letters[at] != [reason]:
            yield Violation("I1", f"dead letter says {letters[at][0]}, not {reason}", at)


def nothing_from_nothing(history: History, expected: Expected) -> Iterator[Violation]:
    """I2: no output without its input."""
    for at, _, _ in decisions(history):
        if at not in expected.decisions:
            yield Violation("I2", "a decision without a customer turn", at)
    for at, _reason in dead_letters(history):
        if at not in expected.dead:
            yield Violation("I2", "a dead letter of a usable record", at)
    for topic in (history.names.state, history.names.escalations):
        for entry in history.of(topic):
            key = (entry.key or b"").decode()
            if key not in expected.conversations and key != NOTES:
                yield Violation("I2", "a conversation that no input names", entry.at)


def in_order(history: History, _expected: Expected) -> Iterator[Violation]:
    """I3: a conversation's decisions come in the order of its messages."""
    last: dict[bytes | None, Coordinates] = {}
    for at, _, entry in decisions(history):
        before = last.get(entry.key)
        if before is not None and before[:2] == at[:2] and before[2] >= at[2]:
            yield Violation("I3", f"decided after offset {before[2]}", at)
        last[entry.key] = at


def right_numbers(history: History, expected: Expected) -> Iterator[Violation]:
    """I4: turns, sequence, mood and anger of each decision are those of the oracle."""
    for at, body, entry in decisions(history):
        wanted = expected.decisions.get(at)
        if wanted is None:
            continue
        for name, found, right in _compared(body, entry, wanted):
            if not _same(found, right):
                yield Violation("I4", f"{name} is {found}, not {right}", at)


def _compared(
    body: dict[str, Any], entry: Entry, wanted: Decided
) -> Iterator[tuple[str, object, object]]:
    now, prior, curve = body["conversation"], body["prior"], wanted.curve
    seq, turns, customer_turns = wanted.prior
    yield "ce_id", entry.header("ce_id"), wanted.decision_id
    yield "decision_id", body["decision_id"], wanted.decision_id
    yield "degraded", body["degraded"], wanted.degraded
    yield "prior.state_seq", prior["state_seq"], seq
    yield "prior.turns", prior["turns"], turns
    yield "prior.customer_turns", prior["customer_turns"], customer_turns
    yield "turns", now["turns"], wanted.turns
    for name in ("customer_turns", "mood", "mood_begin", "anger_peak", "negative_streak"):
        yield name, now[name], getattr(curve, name)
    if wanted.said.kind == "customer":
        yield "message_id", body["message_id"], wanted.said.message_id
        yield "anger", body["anger"]["score"], wanted.said.anger
        yield "sentiment", body["sentiment"]["score"], wanted.said.sentiment


def _same(found: object, right: object) -> bool:
    if isinstance(right, float) and isinstance(found, int | float):
        return abs(found - right) < TOLERANCE
    return found == right
