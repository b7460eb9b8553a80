"""Are the alerts right? Counts, with Wilson's intervals. Knows no rules and no models.

An alert is right where its conversation is written for its kind and it opened inside the window;
one that a timer opens lies between two customer turns, of which one must be inside. The corpus
names one kind for a conversation: a second kind in a conversation that is written for another is
neither right nor wrong by it. Such alerts are counted apart (`beside`), and precision is given both
ways: strict, where they are wrong, and without them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exporters.corpus_format import NO_ESCALATION
from tests.alerts.playing import Alert, Played

ANGER = "anger"
Z_95 = 1.96


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        """1 where there was nothing to get wrong."""
        return self.hits / self.total if self.total else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval, 95 %."""
        if not self.total:
            return 0.0, 1.0
        n, p = self.total, self.value
        middle = p + Z_95**2 / (2 * n)
        spread = Z_95 * math.sqrt(p * (1 - p) / n + Z_95**2 / (4 * n * n))
        scale = 1 + Z_95**2 / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@dataclass(frozen=True, slots=True)
class Score:
    """Of one kind: right alerts of all alerts, and of all that were wanted."""

    precision: Share
    strict: Share
    recall: Share

    @property
    def beside(self) -> int:
        """Alerts in conversations that are written for another kind."""
        return self.strict.total - self.precision.total


def score(played: Sequence[Played], kind: str) -> Score:
    """Precision and recall of one kind."""
    alerts = [(one, alert) for one in played for alert in one.alerts if alert.kind == kind]
    right = sum(_is_right(one, kind, alert) for one, alert in alerts)
    judged = sum(one.conversation.kind in (kind, NO_ESCALATION) for one, _ in alerts)
    wanted = [one for one in played if one.conversation.kind == kind]
    met = sum(any(a.kind == kind and _is_right(one, kind, a) for a in one.alerts) for one in wanted)
    return Score(Share(right, judged), Share(right, len(alerts)), Share(met, len(wanted)))


@dataclass(frozen=True, slots=True)
class SingleMessage:
    """The best threshold on one message's anger: what it would have cost to find as much."""

    threshold: float
    recall: Share
    false_alerts: int
    false_conversations: int


def single_message(played: Sequence[Played], recall: float) -> SingleMessage:
    """The highest threshold that finds at least that share of the angry conversations.

    A conversation is found if any message in its window is at or over the threshold. False alerts
    are messages over it outside a window; the lenient count takes each conversation once.
    """
    levels = sorted({turn.anger for one in played for turn in one.turns}, reverse=True)
    for threshold in levels:
        found = _at(played, threshold)
        if found.recall.value >= recall:
            return found
    return _at(played, 0.0)


def false_alerts(played: Iterable[Played], kind: str) -> int:
    """Alerts of a kind that are not right."""
    return sum(
        not _is_right(one, kind, alert)
        for one in played
        for alert in one.alerts
        if alert.kind == kind
    )


def subject(played: Iterable[Played]) -> Share:
    """Customer turns whose decided subject is the one written for the conversation."""
    turns = [turn.subject_is_right for one in played for turn in one.turns]
    return Share(sum(turns), len(turns))


def _at(played: Sequence[Played], threshold: float) -> SingleMessage:
    wanted = met = alerts = conversations = 0
    for one in played:
        over = [n for n, turn in enumerate(one.turns, 1) if turn.anger >= threshold]
        right = [n for n in over if _is_right(one, ANGER, Alert(ANGER, n))]
        if one.conversation.kind == ANGER:
            wanted += 1
            met += bool(right)
        alerts += len(over) - len(right)
        conversations += bool(over) and not right
    return SingleMessage(threshold, Share(met, wanted), alerts, conversations)


def _is_right(one: Played, kind: str, alert: Alert) -> bool:
    opens = one.conversation.opens
    return one.conversation.kind == kind and opens is not None and alert.is_inside(*opens)
