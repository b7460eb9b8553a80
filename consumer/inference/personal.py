"""What is personal in a value, and how it is masked. Finds nothing in running text."""

import re
from datetime import date

MASK = "*"
HIDDEN = "***"
_ALWAYS_MASKED = frozenset(("PHONE", "EMAIL", "ADDRESS"))
_HIDDEN_WHOLE = frozenset(("ADDRESS", "PERSON"))
_KEPT_CHARS = 4
"""Last characters of a masked number that stay readable."""

_MIN_CARD_DIGITS = 13
_MAX_CARD_DIGITS = 19
_DIGIT = re.compile(r"\d")
_CARD = re.compile(r"[3-6]\d{3}[ -]?(?:\d[ -]?){8,14}\d")
_IDENTITY = re.compile(r"[1-9]\d{5}((?:19|20)\d\d)(\d\d)(\d\d)\d{3}[\dXx]")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = "10X98765432"


def is_personal(kind: str, value: str) -> bool:
    """Whether a value of this type must not leave unmasked."""
    if kind in _ALWAYS_MASKED:
        return True
    # No check digits here: a card number with one digit wrong is somebody's all the same.
    return kind == "ACCOUNT_ID" and len(_DIGIT.findall(value)) >= _MIN_CARD_DIGITS


def masked(kind: str, value: str) -> str:
    """A value that tells two people apart at best, and names neither."""
    if kind in _HIDDEN_WHOLE:
        return HIDDEN
    if kind == "EMAIL":
        return f"{value[0]}{HIDDEN}{value[value.find('@') :]}" if "@" in value else HIDDEN
    kept = value[-_KEPT_CHARS:] if len(value) > 2 * _KEPT_CHARS - 2 else ""
    return MASK * (len(value) - len(kept)) + kept


def is_card_number(value: str) -> bool:
    """Payment card: 13 to 19 digits of a card's first digit that pass Luhn's check."""
    if _CARD.fullmatch(value) is None:
        return False
    digits = [int(char) for char in value if char.isdigit()]
    if not _MIN_CARD_DIGITS <= len(digits) <= _MAX_CARD_DIGITS:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_identity_number(value: str) -> bool:
    """Mainland resident number: 18 characters with a birthday and a check character."""
    match = _IDENTITY.fullmatch(value)
    if match is None:
        return False
    year, month, day = (int(part) for part in match.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    total = sum(int(char) * weight for char, weight in zip(value, _IDENTITY_WEIGHTS, strict=False))
    return _IDENTITY_CHECKS[total % 11] == value[-1].upper()
