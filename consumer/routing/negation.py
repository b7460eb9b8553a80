"""Whether what is said at a place of a text is negated there. Words before it, no grammar.

Looks back within the clause only. In Chinese a negation negates what follows at once ("不要转人工"
but not "不要机器人要人工"); in English it reaches a few words, up to a new wish ("I don't want a
refund I want a human"). Questions negate nothing ("why don't you transfer me", 要不要转人工).
"""

import re

MAX_LOOK_BACK = 60
_CLAUSE_END = re.compile(r"[,.!?;:\n，。！？；：、…]|\bbut\b|而是|但")
_ENGLISH = re.compile(
    r"(?:\b(?:do|does|did|would|am|is|was|are)(?:n['’]?t| not)|\bnever|\bno longer|\bnot|\bnor)\s+"
    r"(?:(?:really|even|actually|currently|ever|a|an|the|any|to)\s+){0,2}"
    r"(?:(?:want|wants|wanted|need|needs|needed|wish|require|ask|asking|asked|looking|trying|going"
    r"|planning|threatening|transfer|connect|put|hand|talk|speak|be|have)\b|$)"
    r"|\bno need\b|\bwithout\b|\binstead of\b|\brather than\b"
)
_QUESTION = re.compile(r"\b(?:why|how come)\b|\b(?:can|could|would|will|do)n['’]?t (?:you|i|we)\b")
# A new wish: what was negated before it is not what is said after it.
_NEW_WISH = re.compile(r"\b(?:i|we|just|only|give|let|please)\b")
_CHINESE = re.compile(
    r"(?:(?<!要)不要|(?<!用)不用|(?<!需要)不需要|(?<!想)不想|(?<![必])不必|无需|无须|没必要|没有?要求"
    r"|没说|(?<!是)不是要|不打算|不会(?:去)?|甭|勿|(?<![特级类区性个分])别(?![的人处]))"
    r"(?:再|先|急着|帮我|给我|替我|为我|跟我|你们?|您|去|来|了|直接|麻烦|要|想|说)*$"
)

# The verb may belong to what was found: 不|要人工, 不需|要人工.
_CHINESE_CUT = re.compile(r"(?:(?<!要)不|(?<!需要)不需)$")
_WISH = "要"


def is_negated(text: str, at: int) -> bool:
    """Whether the words at `at` of a lower-case text are said not to be so."""
    before = text[max(0, at - MAX_LOOK_BACK) : at]
    clause = _CLAUSE_END.split(before)[-1]
    if not clause:
        return False
    if text.startswith(_WISH, at) and _CHINESE_CUT.search(clause):
        return True
    return _CHINESE.search(clause.rstrip()) is not None or _negated_in_english(clause)


def _negated_in_english(clause: str) -> bool:
    negations = list(_ENGLISH.finditer(clause))
    if not negations or _QUESTION.search(clause):
        return False
    return _NEW_WISH.search(clause, negations[-1].end()) is None
