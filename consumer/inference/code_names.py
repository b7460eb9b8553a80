"""What names a code: the words that stand right before it, as in "order no. 77812".

Reads backwards from the code, so that a text is not searched for words that are not there.
"""

import re

_MAX_CHARS = 28
"""Characters before a code that are read."""

_NAMES = {
    "TRACKING_ID": (
        "运单 运单号 快递 快递单 物流 物流单 包裹 貨運 貨運單 tracking waybill awb parcel"
    ),
    "INVOICE_ID": "发票 發票 invoice",
    "ACCOUNT_ID": "会员 會員 账号 账户 帐号 卡 uid account membership card",
    "ORDER_ID": "订单 訂單 工单 预订 order booking reservation case",
    "PHONE": "电话 電話 手机 手機 phone tel call",
}
_FILLERS = "number no no. num id code 号 号码 號 號碼 编号 編號"
_VERBS = "是 为 is"
_BETWEEN = " \t\n\u1680\u2028\u2029:#"
"""What may stand between a name and its code; canonical text has no other white space."""

_WORDS = " ".join((*_NAMES.values(), _FILLERS, _VERBS)).split()
_ENDS = frozenset(word[-2:] if word.isascii() else word[-1] for word in _WORDS)
"""Nearly every number stands behind something that ends otherwise."""


def _backwards(words: str) -> str:
    return "|".join(re.escape(word[::-1]) for word in words.split())


_BACKWARDS = re.compile(
    rf"(?P<filler>#?+\s{{0,3}}+[:#]?+\s{{0,3}}+(?:{_backwards(_VERBS)})?+"
    rf"(?:\s{{0,3}}+(?:{_backwards(_FILLERS)}))?)\s{{0,3}}+"
    rf"(?:{'|'.join(f'(?P<{kind}>{_backwards(words)})' for kind, words in _NAMES.items())})"
)


def name_before(text: str, start: int) -> tuple[str | None, bool]:
    """Type of the code at `start`, if a word names it; and whether more than that word does.

    "no.", "#", "is" and the like are more: an "order 2000" may be two thousand of something.
    """
    before = text[max(0, start - _MAX_CHARS) : start].lower()
    end = before.rstrip(_BETWEEN)[-2:]
    if end not in _ENDS and end[-1:] not in _ENDS:
        return None, False
    found = _BACKWARDS.match(before[::-1])
    return (None, False) if found is None else (found.lastgroup, found["filler"].strip() != "")
