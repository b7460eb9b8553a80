"""A step lacks what its output has not, and nothing that is left out or only a decimal apart."""

import pytest

from tests.docs.tour_script import steps_of

PAGE = """\
```console
one
two
```

```text
first  0.50
…
last … 7
```

Prose.

```console
three
```
"""


def test_commands_come_with_the_piece_that_stands_below_them() -> None:
    first, second = steps_of(PAGE)
    assert first.commands == ("one", "two")
    assert first.shown == ("first  0.50", "…", "last … 7")
    assert (second.text, second.shown) == ("three", ())


@pytest.mark.parametrize(
    ("output", "lacking"),
    [
        ("first 0.50\nlast of all 7\n", None),
        ("first -0.49\nbetween\nlast one 7\n", None),
        ("first 1\nlast one 7\n", "first  0.50"),
        ("last one 7\nfirst 0.50\n", "last … 7"),
        ("first 0.50\nlast one 8\n", "last … 7"),
        ("", "first  0.50"),
    ],
)
def test_lines_are_found_in_their_order(output: str, lacking: str | None) -> None:
    assert steps_of(PAGE)[0].lacks(output) == lacking
