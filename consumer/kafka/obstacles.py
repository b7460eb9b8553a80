"""What stands in the way of reading: lost offsets, damage, a log that ends before our place.

Judges only; the intake acts. Nothing that the client says behind damage is believed: librdkafka
goes on parsing in the middle of the batch, and takes what it finds there for offsets.
"""

from collections.abc import Callable

from confluent_kafka import Consumer, KafkaError, TopicPartition
from msgspec import Struct

from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.unreadable import DAMAGED, Damage, end_of_damage
from consumer.kafka.watermarks import watermarks
from consumer.ports import Clock, InputGap, Unreadable
from consumer.ports import TopicPartition as At

OBSTACLES = DAMAGED | {KafkaError._AUTO_OFFSET_RESET}  # noqa: SLF001


class Verdict(Struct, frozen=True):
    """What the owner must know, and where reading goes on; None where nowhere."""

    found: InputGap | Unreadable | None
    go_on_at: int | None


class Obstacles:
    """Remembers how long each damage has lasted. Kafka thread only."""

    def __init__(self, settings: KafkaSettings, clock: Clock, beat: Callable[[str], None]) -> None:
        self._settings = settings
        self._damage = Damage(clock)
        self._beat = beat

    def judge(
        self, consumer: Consumer, at: At, unread: int, told: tuple[int, KafkaError]
    ) -> Verdict:
        """`unread` is the first offset not read yet; `told` is what the client says of which."""
        offset, error = told
        if error.code() in DAMAGED:
            return self._damaged(consumer, at, unread, offset)
        return self._out_of_range(consumer, at, unread, offset)

    def _out_of_range(self, consumer: Consumer, at: At, unread: int, offset: int) -> Verdict:
        low, _high = watermarks(consumer, TopicPartition(*at), self._beat)
        if unread < low:
            # Markers of transactions may stand before the offset that was asked for.
            lost_from = offset if unread <= offset < low else unread
            return Verdict(InputGap(*at, lost_from, low, "retention"), low)
        if offset == unread:
            # A topic made anew, or cut at its end: what comes below it is not what was read.
            return Verdict(Unreadable(*at, unread), None)
        return Verdict(None, unread)  # damage had led the client astray

    def _damaged(self, consumer: Consumer, at: At, unread: int, offset: int) -> Verdict:
        """Said again and again: a batch is given up only when it stays what it is."""
        _low, high = consumer.get_watermark_offsets(TopicPartition(*at), cached=True)
        if not unread <= offset < high:
            offset = unread  # told of the start of a batch read in part, or garbage
        if not self._damage.stays(at, offset):
            return Verdict(None, unread)
        if not self._settings.skip_unreadable:
            return Verdict(Unreadable(*at, offset), unread)
        _low, high = watermarks(consumer, TopicPartition(*at), self._beat)
        end = end_of_damage(self._settings, TopicPartition(*at, offset), high, self._beat)
        return Verdict(InputGap(*at, offset, end, "unreadable"), end)
