"""Runs the embedded broker in the foreground until it is interrupted. Parses no arguments."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from consumer.broker.cluster import BrokerSettings, EmbeddedKafka

_CHECK_S = 1.0


def run_until_interrupted(settings: BrokerSettings, announce: Callable[[str], None]) -> None:
    """Returns after Ctrl-C, or SIGTERM once it runs, with all stopped. Main thread only.

    Raises:
        BrokerError: it cannot start, or a broker ended by itself.
    """
    with (
        suppress(KeyboardInterrupt),  # while it starts
        EmbeddedKafka(settings, announce) as kafka,
        _interrupt() as interrupted,
    ):
        _introduce(kafka, kept=settings.data is not None, announce=announce)
        while not interrupted.wait(_CHECK_S):
            kafka.check()


def _introduce(kafka: EmbeddedKafka, *, kept: bool, announce: Callable[[str], None]) -> None:
    fate = "kept" if kept else "deleted at the end; --data keeps it"
    announce(f"{kafka.versions}, for laptops, demos and tests, not for production")
    announce(f"bootstrap: {kafka.bootstrap}")
    announce(f"data: {kafka.data_folder} ({fate})")
    announce("Ctrl-C stops it")


@contextmanager
def _interrupt() -> Iterator[threading.Event]:
    """SIGTERM acts as Ctrl-C: both only set the event, so that no step is torn."""
    interrupted = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: interrupted.set()) for number in numbers}
    try:
        yield interrupted
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
