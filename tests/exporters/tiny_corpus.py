"""A corpus small enough to train on in a test. Not the shipped one."""

from pathlib import Path

SITUATIONS = 40
"""Enough that some are held out."""

_MESSAGES = """\
## situation: case-{number}
q delivery 0 0 | where is my [kettle]{{PRODUCT}}, order [#A{number}]{{ORDER_ID}}
c refund_return - 2 | {number} weeks and still no refund, shame on you
s product_info + 0 | lovely shop, number {number} could have bigger pictures
"""
_CONVERSATIONS = """\
== talk-1 | kind=anger open=2..2
C q order/order 0 0 | did order [77]{ORDER_ID} go through
B | Your order is on its way!
C c order/order - 3 | liars, I will report you
A | I am sorry.

== talk-2 | kind=none
C q other/order 0 0 | ok
"""


def write_corpus(folder: Path, situations: int = SITUATIONS) -> Path:
    """Writes `en/` and `zh/` files and returns the folder; three messages a situation."""
    for language in ("en", "zh"):
        place = folder / language
        place.mkdir(parents=True)
        messages = [_MESSAGES.format(number=number) for number in range(situations)]
        (place / "messages_01.txt").write_text("\n".join(messages), encoding="utf-8")
        (place / "conversations_01.txt").write_text(_CONVERSATIONS, encoding="utf-8")
    return folder
