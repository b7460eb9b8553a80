"""What `publish` answers to each error that a broker may give, and that it always answers."""

from collections.abc import Iterator
from itertools import count

import pytest
from confluent_kafka import KafkaError

from consumer.contract.topics import Topics
from consumer.exit_codes import ExitCode
from consumer.kafka.at_least_once import AcknowledgedPublisher
from consumer.kafka.changelog import Changelog
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.intake import Intake
from consumer.kafka.transactions import TransactionalPublisher
from consumer.ports import OutRecord, Publication, Published, StreamStopped, pass_by
from tests.fakes.kafka_cluster import RealClock
from tests.fakes.mock_kafka import MockKafka
from tests.stream.test_stream_contract import Owner, poll_until

PLAIN_COMMIT, FETCH_OFFSETS = 8, 9
PRODUCE, ADD_PARTITIONS, ADD_OFFSETS, END_TXN, COMMIT_OFFSETS = 0, 24, 25, 26, 28
TOPICS = Topics()
OFFSETS = {(TOPICS.messages, 0): 1}
PUBLICATION = Publication([OutRecord(TOPICS.routing, b"k", b"v")], OFFSETS)

HIDDEN = Published.COMMITTED
AGAIN = Published.NOT_COMMITTED
# The client retries these itself; the publisher never hears of them.
HIDDEN_RETRIES = {
    PRODUCE: ("NOT_ENOUGH_REPLICAS", "REQUEST_TIMED_OUT", "NOT_LEADER_FOR_PARTITION",
              "_TRANSPORT", "DUPLICATE_SEQUENCE_NUMBER"),
    ADD_PARTITIONS: ("CONCURRENT_TRANSACTIONS", "NOT_COORDINATOR"),
    ADD_OFFSETS: ("CONCURRENT_TRANSACTIONS", "NOT_COORDINATOR"),
    COMMIT_OFFSETS: ("NOT_COORDINATOR", "COORDINATOR_LOAD_IN_PROGRESS", "CONCURRENT_TRANSACTIONS",
                     "_TRANSPORT"),
    END_TXN: ("CONCURRENT_TRANSACTIONS", "NOT_COORDINATOR", "COORDINATOR_LOAD_IN_PROGRESS",
              "_TRANSPORT"),
}  # fmt: skip
# The transaction did not happen: a new producer, and the same outcomes are published again.
REBUILDS = {
    PRODUCE: ("OUT_OF_ORDER_SEQUENCE_NUMBER", "INVALID_PRODUCER_EPOCH", "UNKNOWN_PRODUCER_ID",
              "INVALID_TXN_STATE", "TRANSACTION_ABORTABLE"),
    ADD_PARTITIONS: ("INVALID_PRODUCER_EPOCH", "INVALID_TXN_STATE", "TRANSACTION_ABORTABLE"),
    ADD_OFFSETS: ("INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED", "INVALID_TXN_STATE",
                  "TRANSACTION_ABORTABLE"),
    COMMIT_OFFSETS: ("ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "STALE_MEMBER_EPOCH",
                     "FENCED_INSTANCE_ID", "INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED"),
    END_TXN: ("INVALID_PRODUCER_EPOCH", "PRODUCER_FENCED", "INVALID_TXN_STATE",
              "TRANSACTION_ABORTABLE"),
}  # fmt: skip
# Only an operator can mend these: at once, or as soon as the reason of a refusal is known.
STOPS = {
    PRODUCE: ("MSG_SIZE_TOO_LARGE", "TOPIC_AUTHORIZATION_FAILED", "INVALID_RECORD"),
    ADD_PARTITIONS: ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "TOPIC_AUTHORIZATION_FAILED"),
    ADD_OFFSETS: ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED"),
    COMMIT_OFFSETS: ("TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED"),
    END_TXN: ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED",),
}  # fmt: skip
TRIES_UNTIL_STOPPED = 2
# Python's client has no names for the newest codes.
CODES = {"STALE_MEMBER_EPOCH": 113, "TRANSACTION_ABORTABLE": 120}
APIS = {
    PRODUCE: "produce",
    ADD_PARTITIONS: "add-partitions",
    ADD_OFFSETS: "add-offsets",
    COMMIT_OFFSETS: "commit-offsets",
    END_TXN: "end-transaction",
}


def rows(table: dict[int, tuple[str, ...]]) -> list[object]:
    return [
        pytest.param(api, name, id=f"{APIS[api]}-{name}")
        for api, names in table.items()
        for name in names
    ]


def code(name: str) -> int:
    return CODES[name] if name in CODES else int(getattr(KafkaError, name))


@pytest.fixture(scope="module")
def mock() -> Iterator[MockKafka]:
    with MockKafka() as cluster:
        for topic in (TOPICS.messages, TOPICS.feedback, TOPICS.routing, TOPICS.state):
            cluster.create_topic(topic, 1)
        yield cluster


@pytest.fixture(scope="module")
def intake(mock: MockKafka) -> Iterator[Intake]:
    settings = KafkaSettings(mock.bootstrap)
    changelog = Changelog(settings, RealClock(), pass_by)
    member, owner = Intake(settings, changelog, RealClock(), pass_by), Owner()
    member.start(owner)
    poll_until(member, lambda _: 0 in owner.assignments)  # type: ignore[arg-type]
    yield member
    member.close()
    changelog.close()


_NUMBERS = count()


@pytest.fixture
def publisher(mock: MockKafka, intake: Intake) -> Iterator[TransactionalPublisher]:
    settings = KafkaSettings(mock.bootstrap, instance=f"case-{next(_NUMBERS)}")
    publisher = TransactionalPublisher(settings, intake, RealClock(), pass_by)
    yield publisher
    for api in APIS:
        mock.forgive(api)
    publisher.close()


@pytest.mark.parametrize(("api", "name"), rows(HIDDEN_RETRIES))
def test_a_passing_error_is_outlasted(
    mock: MockKafka, publisher: TransactionalPublisher, api: int, name: str
) -> None:
    mock.fail_next(api, code(name))
    assert publisher.publish(PUBLICATION) is HIDDEN
    assert publisher.rebuilds == 0


@pytest.mark.parametrize(("api", "name"), rows(REBUILDS))
def test_a_failed_transaction_is_reported_and_the_next_one_works(
    mock: MockKafka, publisher: TransactionalPublisher, api: int, name: str
) -> None:
    mock.fail_next(api, code(name))
    assert publisher.publish(PUBLICATION) is AGAIN
    assert publisher.rebuilds == 1
    assert publisher.publish(PUBLICATION) is HIDDEN


@pytest.mark.parametrize(("api", "name"), rows(STOPS))
def test_what_only_an_operator_can_mend_stops_the_stream(
    mock: MockKafka, publisher: TransactionalPublisher, api: int, name: str
) -> None:
    mock.fail_next(api, *[code(name)] * TRIES_UNTIL_STOPPED)
    with pytest.raises(StreamStopped) as stopped:  # noqa: PT012 - the first or the second
        for _ in range(TRIES_UNTIL_STOPPED):
            assert publisher.publish(PUBLICATION) is AGAIN
    assert stopped.value.exit_code == ExitCode.BROKER


def test_being_fenced_twice_means_another_live_instance(
    mock: MockKafka, publisher: TransactionalPublisher
) -> None:
    mock.fail_next(COMMIT_OFFSETS, KafkaError.INVALID_PRODUCER_EPOCH)
    assert publisher.publish(PUBLICATION) is AGAIN
    mock.fail_next(COMMIT_OFFSETS, KafkaError.INVALID_PRODUCER_EPOCH)
    with pytest.raises(StreamStopped) as stopped:
        publisher.publish(PUBLICATION)
    assert stopped.value.exit_code == ExitCode.FENCED


@pytest.fixture
def acknowledged(mock: MockKafka, intake: Intake) -> Iterator[AcknowledgedPublisher]:
    publisher = AcknowledgedPublisher(KafkaSettings(mock.bootstrap), intake)
    yield publisher
    mock.forgive(PLAIN_COMMIT)
    publisher.close()


def test_at_least_once_publishes_again_when_the_offsets_of_a_lost_partition_are_refused(
    mock: MockKafka, acknowledged: AcknowledgedPublisher
) -> None:
    mock.fail_next(PLAIN_COMMIT, KafkaError.ILLEGAL_GENERATION)
    assert acknowledged.publish(PUBLICATION) is AGAIN


def test_at_least_once_does_not_flood_the_outputs_when_offsets_are_never_taken(
    mock: MockKafka, acknowledged: AcknowledgedPublisher
) -> None:
    mock.fail_next(PLAIN_COMMIT, KafkaError.GROUP_AUTHORIZATION_FAILED)
    with pytest.raises(StreamStopped) as stopped:
        acknowledged.publish(PUBLICATION)
    assert stopped.value.exit_code == ExitCode.BROKER


def test_at_least_once_says_that_a_record_is_too_large(
    acknowledged: AcknowledgedPublisher,
) -> None:
    large = OutRecord(TOPICS.routing, b"k", b"v" * 2_000_000)
    with pytest.raises(StreamStopped, match="MSG_SIZE_TOO_LARGE"):
        acknowledged.publish(Publication([large], OFFSETS))


@pytest.mark.parametrize(
    "name", ["NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE", "COORDINATOR_LOAD_IN_PROGRESS"]
)
def test_committed_offsets_are_told_when_their_coordinator_has_moved(
    mock: MockKafka, intake: Intake, name: str
) -> None:
    mock.fail_next(FETCH_OFFSETS, code(name), code(name))
    (told,) = intake.committed(OFFSETS)
    assert told.error is None
