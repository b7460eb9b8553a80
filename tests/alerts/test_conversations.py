"""The written conversations as golden tests: with right labels, rules and machine do their part."""

from pathlib import Path

import pytest

from consumer.contract.known_values import ESCALATION_KINDS
from consumer.routing.rules import default_ruleset
from exporters.corpus_reader import LANGUAGES, read_corpus
from tests.alerts import scoring
from tests.alerts.halves import HALVES, UNTOUCHED, half_of
from tests.alerts.perfect_model import PerfectModel
from tests.alerts.playing import Played, play

GOAL = 0.8
TOLERANCE = 0.15
FEWEST = 5  # of a kind in a language: fewer say nothing
MODEL = PerfectModel()
SUBJECT_GOAL = 0.75
SUBJECT_OF_LATER_FILES = 0.7
"""Files from 30 on more often keep the first subject while a turn names another."""
FIRST_LATER_FILE = "conversations_30.txt"


@pytest.fixture(scope="module")
def played() -> list[Played]:
    return play(read_corpus().conversations, MODEL, default_ruleset())


@pytest.mark.parametrize("kind", ESCALATION_KINDS)
@pytest.mark.parametrize("half", HALVES)
def test_no_kind_is_below_its_goal_by_more_than_chance(
    played: list[Played], half: str, kind: str
) -> None:
    """The point values stand in `docs/alerts.md`; here a regression is caught, not luck."""
    for language in (*LANGUAGES, ""):
        mine = [
            one
            for one in played
            if half_of(one.conversation) == half and language in (one.conversation.language, "")
        ]
        found = scoring.score(mine, kind)
        for share in (found.precision, found.recall):
            assert share.interval[1] >= GOAL, (language, found)
            assert share.value >= GOAL - TOLERANCE or share.total < FEWEST, (language, found)


def test_fewer_false_alerts_than_the_best_single_message_threshold(played: list[Played]) -> None:
    mine = [one for one in played if half_of(one.conversation) == UNTOUCHED]
    recall = scoring.score(mine, scoring.ANGER).recall.value
    single = scoring.single_message(mine, recall)
    assert scoring.false_alerts(mine, scoring.ANGER) < single.false_conversations


def test_a_calm_conversation_alerts_nobody(played: list[Played]) -> None:
    calm = [one for one in played if one.conversation.opens is None]
    alerted = [one.conversation.name for one in calm if one.alerts]
    assert len(alerted) <= len(calm) * (1 - GOAL) / 4, alerted


def test_the_subject_under_discussion_is_mostly_the_written_one(played: list[Played]) -> None:
    first: list[Played] = []
    later: list[Played] = []
    for one in played:
        is_later = Path(one.conversation.file).name >= FIRST_LATER_FILE
        (later if is_later else first).append(one)
    assert scoring.subject(first).value >= SUBJECT_GOAL
    assert scoring.subject(later).value >= SUBJECT_OF_LATER_FILES
