from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.inference.batching import cut

lengths = st.lists(st.integers(3, 128), max_size=200)
budgets = st.integers(1, 600)


@settings(deadline=None)
@given(lengths, budgets)
def test_each_index_stands_in_exactly_one_run(sizes: list[int], budget: int) -> None:
    assert sorted(index for run in cut(sizes, budget) for index in run) == list(range(len(sizes)))


@settings(deadline=None)
@given(lengths, budgets)
def test_the_padded_size_of_a_run_stays_within_the_budget(sizes: list[int], budget: int) -> None:
    for run in cut(sizes, budget):
        assert run
        assert len(run) == 1 or len(run) * max(sizes[index] for index in run) <= budget


@settings(deadline=None)
@given(lengths, budgets)
def test_runs_hold_neighbours_in_length(sizes: list[int], budget: int) -> None:
    runs = [[sizes[index] for index in run] for run in cut(sizes, budget)]
    for run, following in pairwise(runs):
        assert max(run) <= min(following)


def test_padding_is_small_for_a_usual_window() -> None:
    sizes = [3 + (index * 37) % 60 for index in range(512)]
    padded = sum(len(run) * max(sizes[i] for i in run) for run in cut(sizes, 256))
    assert padded < 1.1 * sum(sizes)


def test_a_text_beyond_the_budget_runs_alone() -> None:
    assert cut([500, 3, 3], 100) == [[1, 2], [0]]
