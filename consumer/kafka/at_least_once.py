"""At least once: outputs first, offsets after their acknowledgement. No transaction.

For clusters without transactions and for looking around in process. A crash between the two steps
publishes again what the offsets do not yet know; event ids are deterministic, so readers can tell.
"""

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from consumer.exit_codes import ExitCode
from consumer.kafka.client_settings import KafkaSettings, producer_properties
from consumer.kafka.faults import Fault, error_of, fault_of
from consumer.kafka.intake import Intake
from consumer.ports import OutRecord, Publication, Published, StreamStopped

_FLUSH_S = 30.0
_QUEUE_FULL_WAIT_S = 0.1


class AcknowledgedPublisher:
    """Owns an idempotent producer. Every method belongs to the kafka thread."""

    def __init__(self, settings: KafkaSettings, intake: Intake) -> None:
        self._intake = intake
        self._failed: KafkaError | None = None
        self._producer = Producer(producer_properties(settings))
        self.rebuilds = 0

    def publish(self, publication: Publication) -> Published:
        """Produces, waits for every acknowledgement, then commits the offsets."""
        self._failed = None
        for record in publication.records:
            self._produce(record)
        unsent = self._producer.flush(_FLUSH_S)
        failed = self._failure()
        if unsent > 0 or failed is not None:
            raise _stopped(failed.name() if failed else "no acknowledgement in time")
        offsets = [
            TopicPartition(topic, partition, offset)
            for (topic, partition), offset in publication.offsets.items()
        ]
        try:
            self._intake.consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as failure:
            if fault_of(error_of(failure)) is Fault.STOP:
                # To publish again and again what can never be accounted for would be a flood.
                raise _stopped(error_of(failure).name()) from failure
            # Not ours any more, most likely: the callbacks will say so and the owner drops it.
            return Published.NOT_COMMITTED
        return Published.COMMITTED

    def close(self) -> None:
        """Closes the producer."""
        self._producer.close()

    def _failure(self) -> KafkaError | None:
        return self._failed

    def _produce(self, record: OutRecord) -> None:
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    record.partition,
                    on_delivery=self._acknowledged,
                    headers=record.headers,  # type: ignore[arg-type]
                )
            except BufferError:
                self._producer.poll(_QUEUE_FULL_WAIT_S)
            except KafkaException as failure:
                raise _stopped(error_of(failure).name()) from failure
            else:
                return

    def _acknowledged(self, error: KafkaError | None, _message: object) -> None:
        if error is not None:
            self._failed = error


def _stopped(cause: str) -> StreamStopped:
    return StreamStopped(
        f"publishing failed ({cause})", "check the brokers and topics", ExitCode.BROKER
    )
