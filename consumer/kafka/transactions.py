"""Exactly once: outputs and input offsets in one Kafka transaction.

librdkafka lacks the transaction protocol of KIP-890, whose absence lets a delayed EndTxn hit the
*next* transaction (Jepsen, Bufstream 0.1.0). So every transaction that did not end cleanly and
promptly is followed by a new producer with the same transactional id: `init_transactions` bumps
the epoch, fences the late request and completes or aborts what is pending. Then the stable
committed offsets, with the number that each transaction writes into their metadata, tell whether
it had committed. Nothing is ever guessed.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from consumer.exit_codes import ExitCode
from consumer.kafka.client_settings import KafkaSettings, transactional_properties
from consumer.kafka.faults import Fault, error_of, fault_of, is_purge
from consumer.kafka.group_metadata import is_member
from consumer.kafka.intake import Intake
from consumer.ports import Clock, Landmark, OutRecord, Publication, Published, StreamStopped
from consumer.ports import TopicPartition as At

_SLOW_S = 2.0
_OFFSETS_TIMEOUT_S = 10.0
_INIT_TIMEOUT_S = 10.0
_ABORT_TIMEOUT_S = 5.0
_RETRIES = 5
_FENCED_AGAIN_S = 60.0
_QUEUE_FULL_WAIT_S = 0.1


class TransactionalPublisher:
    """Owns the transactional producer. Every method belongs to the kafka thread."""

    def __init__(
        self, settings: KafkaSettings, intake: Intake, clock: Clock, landmark: Landmark
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._clock = clock
        self._landmark = landmark
        self._number = 0
        self._run = f"{clock.now_ms():x}"
        self._fenced_at: float | None = None
        self._uncertain = False
        self._asks_why = False
        self._undelivered: KafkaError | None = None
        self.rebuilds = 0
        self._producer = self._new_producer()

    def publish(self, publication: Publication) -> Published:
        """One transaction; whatever happens, the answer is known when it returns."""
        if self._uncertain:
            self._rebuild()
        # Read once: what the client hands out a moment later might not be fenced any more.
        membership = self._intake.consumer.consumer_group_metadata()
        if not is_member(membership):
            # Between two assignments the broker could not fence us: wait for the callbacks.
            return Published.NOT_COMMITTED
        self._number += 1
        marker = f"{self._run}-{self._number}"
        began = self._clock.monotonic()
        try:
            self._transact(publication, marker, membership)
        except KafkaException as failure:
            return self._resolve(failure, publication, marker)
        self._uncertain = self._clock.monotonic() - began > _SLOW_S
        self._asks_why = False
        return Published.COMMITTED

    def close(self) -> None:
        """Closes the producer; an open transaction is left to the broker's time-out."""
        _retire(self._producer)

    def _transact(self, publication: Publication, marker: str, membership: bytes) -> None:
        # 1. Everything the messages caused.
        self._undelivered = None
        self._producer.begin_transaction()
        self._landmark("transaction_begun")
        self._produce_all(publication.records)
        self._landmark("after_produce")
        # 2. The offsets they account for, fenced by our membership.
        self._send_offsets(publication.offsets, marker, membership)
        self._landmark("after_send_offsets")
        # 3. All of it, or nothing. -1: other time-outs risk a desynchronised client.
        self._producer.commit_transaction(-1)
        self._landmark("after_commit")

    def _produce_all(self, records: Sequence[OutRecord]) -> None:
        produce: Callable[..., None] = self._producer.produce
        if self._asks_why:
            produce = partial(produce, on_delivery=self._delivered)
        for record in records:
            while True:
                try:
                    produce(
                        record.topic,
                        record.value,
                        record.key,
                        record.partition,
                        headers=record.headers,
                    )
                except BufferError:
                    self._producer.poll(_QUEUE_FULL_WAIT_S)
                else:
                    break

    def _delivered(self, error: KafkaError | None, _message: object) -> None:
        """Costs too much to be asked every time."""
        if error is not None and self._undelivered is None and not is_purge(error):
            self._undelivered = error

    def _send_offsets(self, offsets: Mapping[At, int], marker: str, membership: bytes) -> None:
        checked = []
        for (topic, partition), offset in offsets.items():
            if offset < 0:
                # The client ignores invalid offsets without a word; that would lose the fence.
                message = f"offset {offset} of {topic}[{partition}] is not a position"
                raise ValueError(message)
            checked.append(TopicPartition(topic, partition, offset, marker))
        for attempt in range(_RETRIES):
            try:
                self._producer.send_offsets_to_transaction(checked, membership, _OFFSETS_TIMEOUT_S)
            except KafkaException as failure:
                if attempt == _RETRIES - 1 or fault_of(error_of(failure)) is not Fault.RETRY:
                    raise
            else:
                return

    def _resolve(self, failure: KafkaException, publication: Publication, marker: str) -> Published:
        """One rule for every failure: new producer, then ask what was committed."""
        error = error_of(failure)
        fault = fault_of(error)
        # `commit` says only that records were refused; the next attempt learns why.
        self._asks_why = True
        if self._undelivered is not None and fault_of(self._undelivered) is Fault.STOP:
            error, fault = self._undelivered, Fault.STOP
        if fault is Fault.STOP:
            raise StreamStopped(
                f"publishing failed ({error.name()})",
                "check topics and permissions with `chat-router topics check`",
                ExitCode.BROKER,
            ) from failure
        if fault is Fault.FENCED:
            self._count_fenced(failure)
        elif fault is Fault.ABORT:
            self._abort()
        self._rebuild()
        return self._outcome(publication.offsets, marker)

    def _count_fenced(self, failure: KafkaException) -> None:
        now = self._clock.monotonic()
        if self._fenced_at is not None and now - self._fenced_at < _FENCED_AGAIN_S:
            raise StreamStopped(
                f"another live instance uses transactional id {self._settings.transactional_id}",
                "give every instance its own `instance`",
                ExitCode.FENCED,
            ) from failure
        self._fenced_at = now

    def _abort(self) -> None:
        try:
            self._producer.abort_transaction(_ABORT_TIMEOUT_S)
        except KafkaException:
            # The next init_transactions aborts it; nothing more is owed here.
            self._uncertain = True

    def _rebuild(self) -> None:
        _retire(self._producer)
        self._producer = self._new_producer()
        self._uncertain = False
        self.rebuilds += 1

    def _new_producer(self) -> Producer:
        producer = Producer(transactional_properties(self._settings))
        for attempt in range(_RETRIES):
            self._intake.beat("init_transactions")
            try:
                producer.init_transactions(_INIT_TIMEOUT_S)
            except KafkaException as failure:
                fault = fault_of(error_of(failure))
                if attempt == _RETRIES - 1 or fault is not Fault.RETRY:
                    raise StreamStopped(
                        f"no transactional producer ({error_of(failure).name()})",
                        "check the brokers and the transactional id's permissions",
                        ExitCode.FENCED if fault is Fault.FENCED else ExitCode.BROKER,
                    ) from failure
            else:
                break
        return producer

    def _outcome(self, offsets: Mapping[At, int], marker: str) -> Published:
        """A transaction is atomic: one partition that carries its marker proves all of it."""
        try:
            committed = self._intake.committed(offsets)
        except KafkaException as failure:
            raise StreamStopped(
                f"committed offsets cannot be read ({error_of(failure).name()})",
                "check the brokers; nothing is lost, the batch is taken up again",
                ExitCode.BROKER,
            ) from failure
        mine = any(
            at.offset == offsets[(at.topic, at.partition)] and at.metadata == marker
            for at in committed
        )
        return Published.COMMITTED if mine else Published.NOT_COMMITTED


def _retire(producer: Producer) -> None:
    """Closes a producer whose transaction is over or lost.

    Unsent records belong to a lost transaction, and close() would wait for them. A fenced one
    raises when it is closed, one whose transaction is lost warns; neither has more to say.
    """
    producer.purge(blocking=False)
    with suppress(KafkaException), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        producer.close()
