"""Outcomes settle in any order and leave in offset order."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.pipeline.reorder import ReorderBuffer

offsets_with_holes = st.sets(st.integers(0, 10_000), max_size=60).map(sorted)


@given(offsets_with_holes, st.data())
def test_any_order_of_settling_yields_offset_order(offsets: list[int], data: st.DataObject) -> None:
    buffer: ReorderBuffer[str] = ReorderBuffer()
    for offset in offsets:
        assert buffer.expect(offset)
    taken: list[int] = []
    settled: set[int] = set()
    for offset in data.draw(st.permutations(offsets)):
        buffer.settle(offset, f"outcome {offset}")
        settled.add(offset)
        for ready, item in buffer.ready():
            assert item == f"outcome {ready}"
            taken.append(ready)
        assert taken == _settled_prefix(offsets, settled)
    assert taken == offsets
    assert len(buffer) == 0


def _settled_prefix(offsets: list[int], settled: set[int]) -> list[int]:
    for index, offset in enumerate(offsets):
        if offset not in settled:
            return offsets[:index]
    return offsets


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=60))
def test_an_offset_is_accepted_once_and_only_beyond_all_before(
    steps: list[tuple[int, bool]],
) -> None:
    buffer: ReorderBuffer[int] = ReorderBuffer()
    last = -1
    for offset, is_settled_at_once in steps:
        assert buffer.expect(offset) is (offset > last)
        if offset > last:
            last = offset
            if is_settled_at_once:
                buffer.settle(offset, offset)
                list(buffer.ready())


def test_a_re_read_offset_is_refused_after_its_outcome_has_left() -> None:
    buffer: ReorderBuffer[str] = ReorderBuffer()
    buffer.expect(4)
    buffer.settle(4, "outcome")
    assert list(buffer.ready()) == [(4, "outcome")]
    assert not buffer.expect(4)
    assert buffer.expect(7)


def test_what_is_not_taken_stays_ready() -> None:
    buffer: ReorderBuffer[str] = ReorderBuffer()
    for offset in (1, 2, 3):
        buffer.expect(offset)
        buffer.settle(offset, str(offset))
    assert next(iter(buffer.ready())) == (1, "1")
    assert list(buffer.ready()) == [(2, "2"), (3, "3")]
