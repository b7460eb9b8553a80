"""One suspect at a time in a real child process."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from consumer.inference.faults import EnvironmentFault, Unusable
from consumer.pipeline.isolation import Isolation, OpenModel
from consumer.records import Prediction
from tests.pipeline.child_models import open_never, open_told_to_end, open_without_memory
from tests.service.marked_model import DEADLY, HANGING, NAN, POISON, open_marked_model

PATIENT_S = 30.0
# Long enough for a child to start on a busy machine, for its start is bounded too.
IMPATIENT_S = 3.0
DEADLINE_S = 30.0


@pytest.fixture
def isolation() -> Iterator[Isolation]:
    isolation = Isolation(open_marked_model, PATIENT_S)
    yield isolation
    isolation.close()
    assert multiprocessing.active_children() == []


def anger_of(isolation: Isolation, text: str) -> float:
    answer = isolation.infer(text)
    assert isinstance(answer, Prediction)
    return answer.anger


def test_the_child_answers_as_the_model_does_and_is_kept(isolation: Isolation) -> None:
    assert anger_of(isolation, "<anger=85>") == 0.85
    (child,) = multiprocessing.active_children()
    assert anger_of(isolation, "<anger=10>") == 0.1
    assert isolation.infer(NAN) == Unusable("model_output", "NotFinite")
    assert isolation.infer(POISON) == Unusable("model_input", "ModelInputFault")
    assert multiprocessing.active_children() == [child]


def test_a_message_that_kills_the_child_has_no_answer_and_the_next_one_has(
    isolation: Isolation,
) -> None:
    assert isolation.infer(f"first {DEADLY}") is None
    assert anger_of(isolation, "<anger=85>") == 0.85


def test_a_message_that_hangs_the_child_has_no_answer_and_the_next_one_has() -> None:
    isolation = Isolation(open_marked_model, IMPATIENT_S)
    assert isolation.infer(f"first {HANGING}") is None
    assert multiprocessing.active_children() == []
    assert anger_of(isolation, "<anger=85>") == 0.85
    isolation.close()


def test_a_child_that_died_between_two_messages_costs_no_message(isolation: Isolation) -> None:
    anger_of(isolation, "<anger=1>")
    (child,) = multiprocessing.active_children()
    child.kill()
    child.join(DEADLINE_S)
    assert anger_of(isolation, "<anger=85>") == 0.85


def test_interrupting_the_terminal_does_not_reach_the_child(isolation: Isolation) -> None:
    anger_of(isolation, "<anger=1>")
    (child,) = multiprocessing.active_children()
    assert child.pid is not None
    os.kill(child.pid, signal.SIGINT)
    assert anger_of(isolation, "<anger=85>") == 0.85
    assert multiprocessing.active_children() == [child]


def test_workers_that_isolate_at_the_same_time_get_their_own_answers(isolation: Isolation) -> None:
    answers: dict[int, list[float]] = {}

    def work(per_cent: int) -> None:
        answers[per_cent] = [anger_of(isolation, f"<anger={per_cent}>") for _ in range(50)]

    threads = [threading.Thread(target=work, args=(per_cent,)) for per_cent in (10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert answers == {number: [number / 100] * 50 for number in (10, 20, 30)}


def test_closing_ends_an_answer_that_is_awaited() -> None:
    isolation = Isolation(open_marked_model, PATIENT_S)
    anger_of(isolation, "<anger=1>")
    verdicts: list[object] = []

    def work() -> None:
        try:
            verdicts.append(isolation.infer(HANGING))
        except RuntimeError as ended:
            verdicts.append(type(ended))

    worker = threading.Thread(target=work)
    worker.start()
    isolation.close()
    worker.join(DEADLINE_S)
    assert verdicts == [RuntimeError]
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("open_model", "fault"),
    [
        (open_without_memory, EnvironmentFault),
        (open_told_to_end, RuntimeError),
        (open_never, RuntimeError),
    ],
)
def test_a_fault_of_the_environment_is_no_verdict_on_the_message(
    open_model: OpenModel, fault: type[Exception]
) -> None:
    isolation = Isolation(open_model, PATIENT_S)
    with pytest.raises(fault):
        isolation.infer("innocent")
    isolation.close()
