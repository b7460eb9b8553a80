"""Runs one suspect message at a time in a child process, so that only the child can die of it.

Only the child's death by its own doing, or its silence, speaks against a message: not an end that
somebody else gave it, nor a fault of the environment.
"""

import multiprocessing
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from consumer.inference.bisect import infer_isolating
from consumer.inference.faults import EnvironmentFault
from consumer.inference.model import Inferred, Model

OpenModel = Callable[[], Model]
_STOP_S = 5.0


class Isolation:
    """A child with a model of its own, started at the first suspect and again after each death.

    `open_model` is pickled: it is a module-level function or a partial of one. Workers may share
    it: they come one after the other.
    """

    def __init__(self, open_model: OpenModel, timeout_s: float) -> None:
        self._open_model = open_model
        self._timeout_s = timeout_s
        self._context = multiprocessing.get_context("spawn")
        self._child: SpawnProcess | None = None
        self._channel: Connection | None = None
        self._asking = threading.Lock()
        self._closed = False

    def infer(self, text: str) -> Inferred | None:
        """The prediction, or None where the child died of it or did not answer in time.

        Raises:
            EnvironmentFault: the child has no memory or device; the message is not to blame.
            RuntimeError: the child was ended from outside, or its model does not open.
        """
        with self._asking:
            answer = self._answer(text)
        if isinstance(answer, EnvironmentFault):
            raise answer
        return answer

    def close(self) -> None:
        """Ends the child, if there is one, also under a worker that waits for it."""
        self._closed = True
        child = self._child
        if child is not None:
            child.kill()
        if self._asking.acquire(timeout=_STOP_S):
            self._end_child()
            self._asking.release()

    def _answer(self, text: str) -> Inferred | EnvironmentFault | None:
        channel = self._ready_channel()
        with suppress(EOFError, OSError):
            channel.send(text)
            if channel.poll(self._timeout_s):
                answer: Inferred | EnvironmentFault = channel.recv()
                return answer
            self._end_child()  # it hangs
            return None
        code = self._exit_code()
        self._end_child()
        if self._closed or code == -signal.SIGTERM:
            message = "the isolated model was ended from outside"
            raise RuntimeError(message)
        return None

    def _ready_channel(self) -> Connection:
        if self._child is not None and not self._child.is_alive():
            self._end_child()  # between two messages: neither is to blame
        if self._channel is None:
            ours, theirs = self._context.Pipe()
            self._child = self._context.Process(
                target=_serve, args=(theirs, self._open_model), daemon=True
            )
            self._child.start()
            theirs.close()
            self._channel = ours
            # The child says when its model is open: that time is not the message's.
            if self._closed or not _is_ready(ours, self._timeout_s):
                self._end_child()
                message = "the isolated model did not open"
                raise RuntimeError(message)
        return self._channel

    def _exit_code(self) -> int | None:
        if self._child is None:
            return None
        self._child.join(_STOP_S)
        return self._child.exitcode

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.join(_STOP_S)
        if self._channel is not None:
            self._channel.close()
        self._child = self._channel = None


def _is_ready(channel: Connection, timeout_s: float) -> bool:
    with suppress(EOFError):
        return channel.poll(timeout_s) and channel.recv() == "ready"
    return False


def _serve(channel: Connection, open_model: OpenModel) -> None:
    # Ctrl-C goes to the whole group; a child that obeyed would make its message look deadly.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    model = open_model()
    channel.send("ready")
    with suppress(EOFError):
        while True:
            text: str = channel.recv()
            channel.send(_inferred(model, text))


def _inferred(model: Model, text: str) -> Inferred | EnvironmentFault:
    try:
        return infer_isolating(model, model.prepare([text]))[0]
    except EnvironmentFault as fault:
        return fault
