"""What a free worker gets."""

import threading

import pytest

from consumer.pipeline.ready_queue import ReadyQueue
from tests.fakes.manual_clock import ManualClock

DEADLINE_S = 20.0


@pytest.mark.parametrize(
    ("window", "workers", "ready", "taken"),
    [
        (8, 1, 3, [3]),
        (8, 1, 20, [8, 8, 4]),
        (8, 2, 1, [1]),
        (8, 2, 4, [2, 1, 1]),
        (8, 2, 5, [3, 1, 1]),
        (8, 4, 6, [2, 1, 1, 1, 1]),
        (2, 2, 100, [2, 2]),
        (1, 1, 2, [1, 1]),
    ],
)
def test_a_worker_takes_its_share_up_to_the_window_oldest_first(
    window: int, workers: int, ready: int, taken: list[int]
) -> None:
    queue: ReadyQueue[int] = ReadyQueue(window, workers, ManualClock().monotonic)
    queue.put(range(ready))
    got = [queue.take().items for _ in taken]
    assert [len(share) for share in got] == taken
    flat = [item for share in got for item in share]
    assert flat == list(range(len(flat)))


def test_a_waiting_worker_wakes_for_the_first_item() -> None:
    queue: ReadyQueue[str] = ReadyQueue(8, 2, ManualClock().monotonic)
    got: list[list[str]] = []
    worker = threading.Thread(target=lambda: got.append(queue.take().items))
    worker.start()
    queue.put(["item"])
    worker.join(DEADLINE_S)
    assert got == [["item"]]


def test_closing_wakes_every_waiting_worker_with_nothing() -> None:
    queue: ReadyQueue[str] = ReadyQueue(8, 2, ManualClock().monotonic)
    got: list[list[str]] = []
    workers = [threading.Thread(target=lambda: got.append(queue.take().items)) for _ in range(2)]
    for worker in workers:
        worker.start()
    queue.close()
    for worker in workers:
        worker.join(DEADLINE_S)
    assert got == [[], []]


def test_a_closed_queue_hands_out_nothing_whether_put_before_or_after() -> None:
    queue: ReadyQueue[str] = ReadyQueue(8, 1, ManualClock().monotonic)
    queue.put(["before"])
    queue.close()
    assert queue.take().items == []
    queue.put(["after"])
    assert queue.take().items == []


def test_a_share_tells_how_long_its_oldest_item_had_been_ready() -> None:
    clock = ManualClock()
    queue: ReadyQueue[str] = ReadyQueue(2, 1, clock.monotonic)
    queue.put(["a"])
    clock.advance(3.0)
    queue.put(["b", "c", "d"])
    queue.put([])
    clock.advance(1.0)
    assert queue.take() == (["a", "b"], 4.0)
    assert queue.take() == (["c", "d"], 1.0)
    queue.put(["e"])
    assert queue.take() == (["e"], 0.0)
