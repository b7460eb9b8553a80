"""Each bad input ends as a decision or a dead letter with its reason; neighbours untouched."""

import json
from pathlib import Path

import pytest

from consumer.app import offline_router
from consumer.clock import SystemClock
from consumer.contract.topics import Topics
from consumer.pipeline.offline import OfflineRouter
from consumer.ports import OutRecord
from consumer.records import Record
from consumer.settings.reading import load_settings
from tests.fakes.kafka_cluster import KafkaCluster
from tests.service.bad_inputs import BAD_INPUTS, BadInput, message
from tests.service.running import RunningService, wait_until

TOPICS = Topics()
RECORD_MS = 1_767_225_600_000


@pytest.fixture(scope="module")
def router() -> OfflineRouter:
    """The real stages with the bundled models, without Kafka."""
    return offline_router(load_settings(), TOPICS, SystemClock())


class Published:
    """What one record led to."""

    def __init__(self, records: list[OutRecord]) -> None:
        self.decisions = [json.loads(r.value or b"") for r in records if r.topic == TOPICS.routing]
        self.letters = [r for r in records if r.topic == TOPICS.dead_letters]


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=lambda bad: bad.name)
def test_bad_input_gets_its_stated_outcome(router: OfflineRouter, bad: BadInput) -> None:
    offset = 2 * BAD_INPUTS.index(bad)
    record = Record(TOPICS.messages, 0, offset, 1, RECORD_MS, bad.key, bad.value, bad.headers)
    published = Published(router.route(record))
    after = Record(TOPICS.messages, 0, offset + 1, 1, RECORD_MS, b"k", message("thanks"))
    assert len(Published(router.route(after)).decisions) == 1, "a neighbour suffered"
    if bad.reason is None:
        _assert_decided(published, bad)
    else:
        _assert_dead(published, bad)


def test_however_many_lines_are_bad_nothing_is_stopped_without_kafka(router: OfflineRouter) -> None:
    first = 2 * len(BAD_INPUTS)
    for offset in range(first, first + 60):
        record = Record(TOPICS.messages, 0, offset, 1, RECORD_MS, b"k", b"not json")
        topics = {out.topic for out in router.route(record)}
        assert TOPICS.dead_letters in topics
        assert TOPICS.incidents not in topics


def _assert_decided(published: Published, bad: BadInput) -> None:
    assert published.letters == []
    (decision,) = published.decisions
    assert tuple(sorted(decision["degraded_reasons"])) == tuple(sorted(bad.flaws))
    assert decision["degraded"] == bool(bad.flaws)
    found = {(entity["type"], entity["value"]): entity for entity in decision["entities"]}
    for kind, value in bad.entities:
        entity = found[(kind, value)]
        assert bad.text is not None
        assert bad.text[entity["start"] : entity["end"]] == value


def _assert_dead(published: Published, bad: BadInput) -> None:
    (letter,) = published.letters
    headers = dict(letter.headers or ())
    assert headers["x-chat-router-reason"] == (bad.reason or "").encode()
    assert letter.key == bad.key
    assert letter.value == bad.value or "x-chat-router-sha256" in headers
    readable = bad.key is not None or bad.reason != "no_conversation"
    assert len(published.decisions) == (1 if readable else 0)
    assert all(decision["degraded"] for decision in published.decisions)


@pytest.mark.kafka
def test_all_bad_inputs_between_good_ones_on_a_real_kafka(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    # What the broker itself refuses cannot arrive; everything else does.
    arriving = [bad for bad in BAD_INPUTS if len(bad.value or b"") < 1_000_000]
    with KafkaCluster(kafka_bootstrap, 1) as cluster:
        topics = cluster.topics
        for bad in arriving:
            cluster.produce(topics.messages, 0, bad.key, bad.value, bad.headers)
            cluster.produce(topics.messages, 0, b"default:good", message("ok", conversation_id="g"))
        with RunningService(cluster, tmp_path) as service:
            wait_until(lambda: _outcomes(cluster) == set(range(2 * len(arriving))), "all outcomes")
            assert service.stop() == 0
        log = service.log.read_text()
        assert "我的订单" not in log
        assert "where is" not in log


def _outcomes(cluster: KafkaCluster) -> set[int]:
    decided = {
        json.loads(value or b"")["source"]["offset"]
        for _, value in cluster.read(cluster.topics.routing)
    }
    letters = {
        int(dict(letter.headers() or ())["__connect.errors.offset"] or -1)
        for letter in cluster.messages(cluster.topics.dead_letters)
    }
    return decided | letters
