"""What a Kafka error means to us. The one place that reads error codes.

The order of the tests matters: after a fatal error `abort_transaction` may answer `_CONFLICT` with
`retriable` set, so a loop that asks `retriable` first never ends. Neither flag set is fatal.
"""

from enum import Enum

from confluent_kafka import KafkaError, KafkaException


class Fault(Enum):
    """What to do after a failed transactional call."""

    FENCED = "fenced"
    STOP = "stop"
    REBUILD = "rebuild"
    ABORT = "abort"
    RETRY = "retry"


_FENCED = frozenset(
    {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}  # noqa: SLF001
)
# Only an operator can mend these; trying again would only hide them.
_STOP = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_RECORD,
        KafkaError.POLICY_VIOLATION,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError._AUTHENTICATION,  # noqa: SLF001
    }
)
_PURGED = frozenset({KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT})  # noqa: SLF001


def is_purge(error: KafkaError) -> bool:
    """Whether a record was dropped with its transaction, which is a consequence, not a cause."""
    return error.code() in _PURGED


def fault_of(error: KafkaError) -> Fault:
    """Classifies one error of the transactional producer or of the consumer."""
    if error.code() in _FENCED:
        return Fault.FENCED
    if error.code() in _STOP:
        return Fault.STOP
    if error.fatal():
        return Fault.REBUILD
    if error.txn_requires_abort():
        return Fault.ABORT
    if error.retriable():
        return Fault.RETRY
    return Fault.REBUILD


def error_of(exception: KafkaException) -> KafkaError:
    """The error that an exception carries."""
    error: KafkaError = exception.args[0]
    return error
