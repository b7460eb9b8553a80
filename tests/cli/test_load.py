"""Synthetic traffic: repeatable, in the asked-for mix, and bad in every way it promises."""

from itertools import islice

import msgspec
import pytest

from consumer.contract.message import MessageReceived
from consumer.contract.topics import Topics
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.load.phrases import LANGUAGES, Language, phrases
from consumer.load.spoiled import KINDS
from consumer.load.traffic import LoadMessage, Traffic, TrafficPlan
from consumer.records import Record, Rejected

NOW_MS = 1_800_000_000_000


def some(plan: TrafficPlan, count: int = 400) -> list[LoadMessage]:
    return [draft.at(NOW_MS) for draft in islice(Traffic(plan).messages(), count)]


def test_the_same_seed_gives_the_same_messages() -> None:
    plan = TrafficPlan(seed=7, bad_share=0.1)
    assert some(plan) == some(plan)


def test_another_seed_gives_others() -> None:
    assert some(TrafficPlan(seed=1)) != some(TrafficPlan(seed=2))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_chinese_is_kept(share: float) -> None:
    found = some(TrafficPlan(zh_share=share), 2_000)
    assert sum(one.language == "zh" for one in found) / 2_000 == pytest.approx(share, abs=0.08)


def test_every_message_is_one_of_the_contract() -> None:
    for one in some(TrafficPlan()):
        message = msgspec.json.decode(one.value or b"", type=MessageReceived)
        assert one.key.decode() == f"{message.tenant_id}:{message.conversation_id}"
        assert "{" not in message.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_phrases_of_every_temper(language: Language) -> None:
    found = phrases(language)
    assert set(found) == {"calm", "annoyed", "furious", "content"}
    assert sum(map(len, found.values())) >= 60


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_bad_record_is_refused(kind: str) -> None:
    (good,) = some(TrafficPlan(), 1)
    bad = KINDS[kind](good.value or b"")
    topics = Topics()
    record = Record(topics.messages, 0, 0, 1, NOW_MS, good.key, bad.value, bad.headers)
    assert isinstance(Decoder(IntakeLimits(), topics).decode(record), Rejected)
