"""Runs the embedded broker in the foreground until it is interrupted. Parses no arguments."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from consumer.broker.cluster import BrokerSettings, EmbeddedKafka

_CHECK_S = 1.0


def run_until_interrupted(settings: BrokerSettings, announce: Callable[[str], None]) -> None:
    """Returns after Ctrl-C or SIGTERM, with everything stopped. Main thread only.

    Raises:
        BrokerError: it cannot start, or a broker ended by itself.
    """
    with _interrupt() as interrupted, EmbeddedKafka(settings, announce) as kafka:
        kept = "kept" if settings.data else "deleted at the end; --data keeps it"
        announce(f"{kafka.versions}, for laptops, demos and tests, not for production")
        announce(f"bootstrap: {kafka.bootstrap}")
        announce(f"data: {kafka.data_folder} ({kept})")
        announce("Ctrl-C stops it")
        while not interrupted.wait(_CHECK_S):
            kafka.check()


@contextmanager
def _interrupt() -> Iterator[threading.Event]:
    """SIGTERM acts as Ctrl-C. Once running both only set the event, so that nothing is torn."""
    interrupted = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: interrupted.set()) for number in numbers}
    try:
        yield interrupted
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
