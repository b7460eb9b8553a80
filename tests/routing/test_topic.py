"""The topic under discussion: decayed probabilities, and the bare turns that take its subject."""

import pytest

from consumer.contract.decision import AngerGuess, IntentCandidate, IntentGuess, SentimentGuess
from consumer.routing.bare_turns import is_bare, is_thanks
from consumer.routing.topic import NO_TOPIC, Topic, after_turn, subject_of, with_subject

CALM = AngerGuess(0.0, "none")
FURIOUS = AngerGuess(0.9, "severe")
NEUTRAL = SentimentGuess("neutral", 0.0, 0.9)
NEGATIVE = SentimentGuess("negative", -0.8, 0.9)


def intent(name: str, status: str = "ok", share: float = 0.9) -> IntentGuess:
    return IntentGuess(name, share, 0.3, (IntentCandidate(name, share),), status)


def after(*turns: IntentGuess) -> Topic:
    topic = NO_TOPIC
    for turn in turns:
        topic = after_turn(topic, turn)
    return topic


@pytest.mark.parametrize(
    ("text", "own", "anger", "bare"),
    [
        ("yes", intent("other"), CALM, True),
        ("好的。", intent("other"), CALM, True),
        ("SO-88213", intent("order", "ambiguous"), CALM, True),
        ("You are useless", intent("other"), FURIOUS, True),
        ("85 x 200", intent("other"), CALM, True),
        ("thanks a lot", intent("other"), CALM, True),
        ("谢谢", intent("other"), CALM, True),
        ("bye", intent("other"), CALM, False),
        ("yes", intent("refund_return"), CALM, False),
        ("I would like to know", intent("account", "ambiguous"), CALM, False),
        ("oui", intent("other", "unsupported_language"), CALM, False),
    ],
)
def test_a_turn_without_a_subject_of_its_own_is_bare(
    text: str, own: IntentGuess, anger: AngerGuess, bare: bool
) -> None:
    assert is_bare(text, own, anger, thanks=is_thanks(text, own, NEUTRAL, anger)) is bare


def test_a_bare_turn_takes_the_subject_and_says_so() -> None:
    guess = with_subject(intent("other"), after(intent("delivery")), 0.45)
    assert (guess.name, guess.confidence, guess.origin) == ("delivery", 0.45, "conversation")
    own = intent("other")
    assert with_subject(own, NO_TOPIC, 0.45) is own


def test_the_latest_clear_subject_leads_and_a_vague_one_does_not() -> None:
    assert subject_of(after(intent("delivery"), intent("payment"))) == "payment"
    vague = intent("payment", "ambiguous", 0.4)
    assert subject_of(after(intent("delivery"), vague)) == "delivery"
    assert subject_of(after(intent("delivery"), vague, vague)) == "payment"


@pytest.mark.parametrize("name", ["other", "contact_agent", "feedback"])
def test_small_talk_changes_nothing(name: str) -> None:
    topic = after(intent("delivery"))
    assert after_turn(topic, intent(name)) is topic


def test_a_bare_turn_does_not_strengthen_what_it_took() -> None:
    topic = after(intent("delivery"))
    assert after_turn(topic, with_subject(intent("other"), topic, 0.45)) is topic


def test_old_subjects_are_forgotten() -> None:
    topic = after(
        *[intent(name) for name in ("order", "delivery", "payment", "invoice", "account")]
    )
    assert list(topic) == ["account", "invoice", "payment", "delivery"]
    assert topic["account"] == 0.45


@pytest.mark.parametrize(
    ("text", "sentiment", "anger", "thanks"),
    [
        ("Thank you so much!", NEUTRAL, CALM, True),
        ("ok ta", NEUTRAL, CALM, True),
        ("好的谢谢", NEUTRAL, CALM, True),
        ("thanks for nothing", NEUTRAL, CALM, False),
        ("no thanks", NEUTRAL, CALM, False),
        ("thanks", NEGATIVE, CALM, False),
        ("thanks", NEUTRAL, FURIOUS, False),
        ("the table", NEUTRAL, CALM, False),
        ("thank you, but where is " + "it " * 40, NEUTRAL, CALM, False),
    ],
)
def test_thanks_are_meant_and_short(
    text: str, sentiment: SentimentGuess, anger: AngerGuess, thanks: bool
) -> None:
    assert is_thanks(text, intent("other"), sentiment, anger) is thanks
    assert not is_thanks(text, intent("delivery"), sentiment, anger)
