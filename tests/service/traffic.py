"""Makes chat traffic with a seed: conversations that anger and calm, agents, and bad records.

Only builds records; writes nothing. Feedback is not made here, because it answers decisions.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

KEYLESS_SHARE = 0.002
BROKEN_SHARE = 0.006
POISON_SHARE = 0.004
NAN_SHARE = 0.003
EMPTY_SHARE = 0.004
OTHER_SHARE = 0.12
ANGRY_SHARE = 0.08
ASKING_SHARE = 0.03
VIP_SHARE = 0.1
MAX_ACTIVE = 200

_CALM = ("订单什么时候到？", "请开发票", "where is my order", "refund please", "谢谢", "很好用")
_ANGRY = ("<anger=55>还没到", "<anger=70>again nothing", "<anger=86>太差了", "<anger=30>hm")
_COOLING = ("<anger=20>好的", "<anger=5>fine", "谢谢", "ok")
_ASKING = ("转人工", "let me talk to a human agent")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One record to write. `last` marks the final customer turn of its conversation."""

    key: bytes | None
    conversation: str
    message_id: str
    body: dict[str, object] | None
    raw: bytes | None = None
    last: bool = False

    def value(self, now_ms: int) -> bytes | None:
        """The record's value, said now."""
        if self.body is None:
            return self.raw
        said = datetime.fromtimestamp(now_ms / 1_000, UTC).isoformat(timespec="milliseconds")
        return json.dumps({**self.body, "sent_at": said}, ensure_ascii=False).encode()


def traffic(seed: int, messages: int, conversations: int) -> Iterator[Spoken]:
    """`messages` records of about so many conversations, interleaved."""
    chance = random.Random(seed)
    turns = max(2, round(messages / conversations))
    waiting = [f"c{number}" for number in range(conversations)]
    active: dict[str, Iterator[Spoken]] = {}
    made = 0
    while made < messages:
        while waiting and len(active) < MAX_ACTIVE:
            name = waiting.pop()
            active[name] = _conversation(random.Random(f"{seed}/{name}"), name, turns)
        if not active:
            return
        name = chance.choice(list(active))
        spoken = next(active[name], None)
        if spoken is None:
            del active[name]
            continue
        made += 1
        yield spoken


def _conversation(chance: random.Random, name: str, turns: int) -> Iterator[Spoken]:
    angry = chance.random() < ANGRY_SHARE
    tier = "vip" if chance.random() < VIP_SHARE else "standard"
    count = chance.randint(max(1, turns - 3), turns + 3)
    for number in range(count):
        last = number == count - 1
        yield _turn(chance, name, number, tier, angry=angry and number < count * 0.6, last=last)


def _turn(
    chance: random.Random, name: str, number: int, tier: str, *, angry: bool, last: bool
) -> Spoken:
    key, message_id = f"default:{name}".encode(), f"{name}-{number}"
    draw = chance.random()
    if not last:
        for share, raw, keyed in (
            (KEYLESS_SHARE, b"{no key", False),
            (BROKEN_SHARE, b'{"message_id": 1', True),
            (EMPTY_SHARE, b"", True),
        ):
            if draw < share:
                return Spoken(key if keyed else None, name, message_id, None, raw)
            draw -= share
    body: dict[str, object] = {
        "message_id": message_id,
        "conversation_id": name,
        "text": _text(chance, draw, angry=angry, last=last),
        "customer": {"id": f"u-{name}", "tier": tier},
    }
    if not last and chance.random() < OTHER_SHARE:
        body["sender"] = {"role": chance.choice(("agent", "bot", "system"))}
    return Spoken(key, name, message_id, body, last=last)


def _text(chance: random.Random, draw: float, *, angry: bool, last: bool) -> str:
    if not last and draw < POISON_SHARE:
        return "<poison>"
    if not last and draw < POISON_SHARE + NAN_SHARE:
        return "<nan>"
    if not last and draw < POISON_SHARE + NAN_SHARE + EMPTY_SHARE:
        return "   "
    if chance.random() < ASKING_SHARE:
        return chance.choice(_ASKING)
    if angry:
        return chance.choice(_ANGRY)
    return chance.choice(_CALM + _COOLING)
