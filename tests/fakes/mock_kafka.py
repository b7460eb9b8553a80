"""The mock cluster inside librdkafka, by ctypes: its value is that errors can be ordered from it.

It ignores the offsets of transactions and hides nothing from read_committed readers, so it tells
how errors are classified and never whether anything was lost.
"""

import ctypes
from pathlib import Path
from types import TracebackType
from typing import Self

import confluent_kafka

_LIBRARIES = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
_PRODUCER = 0
_ERROR_BYTES = 512
_REPLICAS = 1


class MockKafka:
    """A one-broker mock cluster for one `with` block. Any client of any process may use it."""

    def __init__(self) -> None:
        (path,) = _LIBRARIES.glob("librdkafka*")
        self._library = _declared(ctypes.CDLL(str(path)))
        message = ctypes.create_string_buffer(_ERROR_BYTES)
        self._client = self._library.rd_kafka_new(
            _PRODUCER, self._library.rd_kafka_conf_new(), message, _ERROR_BYTES
        )
        assert self._client, message.value
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, 1)
        raw: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        self.bootstrap = raw.decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)

    def create_topic(self, name: str, partitions: int) -> None:
        """Makes a topic."""
        failed = self._library.rd_kafka_mock_topic_create(
            self._cluster, name.encode(), partitions, _REPLICAS
        )
        assert not failed, name

    def fail_next(self, api: int, *errors: int) -> None:
        """The next requests of this api are answered with these errors, one each."""
        array = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster, api, len(errors), array
        )

    def forgive(self, api: int) -> None:
        """Ordered errors that nobody has met are taken back."""
        self._library.rd_kafka_mock_clear_request_errors(self._cluster, api)


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, number = ctypes.c_void_p, ctypes.c_int
    signatures = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_new": (pointer, [number, pointer, ctypes.c_char_p, ctypes.c_size_t]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (ctypes.c_char_p, [pointer]),
        "rd_kafka_mock_topic_create": (number, [pointer, ctypes.c_char_p, number, number]),
        "rd_kafka_mock_push_request_errors_array": (
            None,
            [pointer, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(number)],
        ),
        "rd_kafka_mock_clear_request_errors": (None, [pointer, ctypes.c_int16]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
