import numpy as np
import pytest

from consumer.inference.faults import EnvironmentFault, ModelInputFault
from consumer.inference.memory import Feeds, OutOfMemoryError, Outputs, run_within_memory
from consumer.inference.session import sorted_fault


class SmallDevice:
    """Runs batches of at most `rows` rows; a single row may need a shrink or a new session."""

    def __init__(self, rows: int, needs: str = "") -> None:
        self.rows, self.needs = rows, needs
        self.tried: list[tuple[int, bool]] = []
        self.rebuilt = 0

    def run_once(self, feeds: Feeds, *, shrink: bool) -> Outputs:
        rows = len(feeds["ids"])
        self.tried.append((rows, shrink))
        enough = {"": True, "shrink": shrink, "rebuild": self.rebuilt > 0, "more": False}
        if rows > self.rows or not enough[self.needs]:
            raise OutOfMemoryError
        return [feeds["ids"] * 2, feeds["lengths"]]

    def rebuild(self) -> None:
        self.rebuilt += 1


def feeds(rows: int) -> Feeds:
    return {"ids": np.arange(rows * 4).reshape(rows, 4), "lengths": np.arange(rows)}


@pytest.mark.parametrize("rows", [1, 2, 7, 64])
@pytest.mark.parametrize("fits", [1, 3, 64])
def test_a_batch_that_does_not_fit_is_halved_until_it_does(rows: int, fits: int) -> None:
    device = SmallDevice(fits)
    doubled, lengths = run_within_memory(device, feeds(rows))
    assert np.array_equal(doubled, feeds(rows)["ids"] * 2)
    assert np.array_equal(lengths, np.arange(rows))
    assert device.rebuilt == 0


@pytest.mark.parametrize(("needs", "rebuilt"), [("shrink", 0), ("rebuild", 1)])
def test_one_row_without_memory_shrinks_then_rebuilds(needs: str, rebuilt: int) -> None:
    device = SmallDevice(64, needs)
    run_within_memory(device, feeds(1))
    assert device.rebuilt == rebuilt


def test_no_memory_for_one_row_in_a_new_session_is_the_environments_fault() -> None:
    device = SmallDevice(64, "more")
    with pytest.raises(EnvironmentFault):
        run_within_memory(device, feeds(64))
    assert device.rebuilt == 1
    assert len(device.tried) <= 10


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("BFCArena: Failed to allocate memory for requested buffer of size 9", OutOfMemoryError),
        ("std::bad_alloc", OutOfMemoryError),
        ("CUDA failure 2: out of memory ; GPU=0", OutOfMemoryError),
        ("CUDA failure 700: an illegal memory access was encountered", EnvironmentFault),
        ("CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED", EnvironmentFault),
        ("indices element out of data bounds, idx=147", ModelInputFault),
        ("Got invalid dimensions for input: ids", ModelInputFault),
    ],
)
def test_faults_are_told_by_what_the_runtime_says(said: str, kind: type[Exception]) -> None:
    fault = sorted_fault(RuntimeError(said))
    assert type(fault) is kind
    assert said not in str(fault)
