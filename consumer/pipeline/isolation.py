"""Runs one suspect message at a time in a child process, so that only the child can die of it."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from consumer.inference.bisect import infer_isolating
from consumer.inference.model import Inferred, Model

OpenModel = Callable[[], Model]
_STOP_S = 5.0


class Isolation:
    """A child with a model of its own, started at the first suspect and again after each death.

    `open_model` is pickled: it is a module-level function or a partial of one.
    """

    def __init__(self, open_model: OpenModel, timeout_s: float) -> None:
        self._open_model = open_model
        self._timeout_s = timeout_s
        self._context = multiprocessing.get_context("spawn")
        self._child: SpawnProcess | None = None
        self._channel: Connection | None = None

    def infer(self, text: str) -> Inferred | None:
        """The prediction, or None where the child died of it or did not answer in time."""
        channel = self._ready_channel()
        try:
            channel.send(text)
            if channel.poll(self._timeout_s):
                answer: Inferred = channel.recv()
                return answer
        except (EOFError, OSError):
            pass
        self.close()
        return None

    def close(self) -> None:
        """Ends the child, if there is one."""
        if self._child is not None:
            self._child.kill()
            self._child.join(_STOP_S)
        if self._channel is not None:
            self._channel.close()
        self._child = self._channel = None

    def _ready_channel(self) -> Connection:
        if self._channel is None:
            ours, theirs = self._context.Pipe()
            self._child = self._context.Process(
                target=_serve, args=(theirs, self._open_model), daemon=True
            )
            self._child.start()
            theirs.close()
            self._channel = ours
            # The child says when its model is open: that time is not the message's.
            if not ours.poll(self._timeout_s) or ours.recv() != "ready":
                self.close()
                message = "the isolated model did not open"
                raise RuntimeError(message)
        return self._channel


def _serve(channel: Connection, open_model: OpenModel) -> None:
    model = open_model()
    channel.send("ready")
    while True:
        text: str = channel.recv()
        channel.send(infer_isolating(model, model.prepare([text]))[0])
