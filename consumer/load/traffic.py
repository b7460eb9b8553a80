"""Conversations that grow message by message: some calm, some that turn angry. No clock inside.

The same plan gives the same keys, ids and texts; only `sent_at` is the caller's.
"""

import random
from collections.abc import Iterator
from itertools import count

import msgspec
from msgspec import Struct

from consumer.contract.clock import format_ms
from consumer.contract.identity import conversation_key
from consumer.contract.message import Customer, MessageReceived, Sender
from consumer.load.phrases import Language, Temper, sentence
from consumer.load.spoiled import spoil

TENANT = "load"
_CHANNELS = ("web", "app", "wechat", "email")
_TIERS = ("standard", "standard", "standard", "standard", "vip", "svip")
_HOT_SHARE = 0.2
_MOST_TURNS = 12
_MOST_ORDERS = 3
_MOST_CONTACTS = 4
_TURNS_UNTIL_ANNOYED, _TURNS_UNTIL_FURIOUS = 1, 3
_CONTENT_SHARE = 0.15


class TrafficPlan(Struct, frozen=True):
    """What to make. Shares are from 0 to 1; `conversations` are open at a time."""

    seed: int = 1
    zh_share: float = 0.5
    bad_share: float = 0.0
    conversations: int = 200


class LoadMessage(Struct, frozen=True):
    """One record for the input topic."""

    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    language: Language
    bad: bool


class _Conversation:
    def __init__(self, chance: random.Random, plan: TrafficPlan, number: int) -> None:
        self.id = f"load-{plan.seed}-{number}"
        self.language: Language = "zh" if chance.random() < plan.zh_share else "en"
        self.hot = chance.random() < _HOT_SHARE
        self.turns_left = chance.randint(1, _MOST_TURNS)
        self.turn = 0
        self.channel = chance.choice(_CHANNELS)
        self.customer = Customer(
            id=f"customer-{number}",
            tier=chance.choice(_TIERS),
            open_orders=chance.randint(0, _MOST_ORDERS),
            contacts_7d=chance.randint(0, _MOST_CONTACTS),
        )

    def temper(self, chance: random.Random) -> Temper:
        """Hot ones get angrier by the turn, the others stay calm or are content."""
        if self.hot:
            if self.turn >= _TURNS_UNTIL_FURIOUS:
                return "furious"
            return "annoyed" if self.turn >= _TURNS_UNTIL_ANNOYED else "calm"
        return "content" if chance.random() < _CONTENT_SHARE else "calm"


class Traffic:
    """An endless source of messages."""

    def __init__(self, plan: TrafficPlan) -> None:
        self._plan = plan
        # Not for security: the same seed must give the same traffic.
        self._chance = random.Random(plan.seed)  # noqa: S311
        self._numbers = count()
        self._open = [self._new() for _ in range(plan.conversations)]
        self._message_numbers = count()

    def messages(self) -> Iterator["Draft"]:
        """Drafts in sending order, without end."""
        while True:
            slot = self._chance.randrange(len(self._open))
            held = self._open[slot]
            yield self._draft(held)
            held.turn += 1
            held.turns_left -= 1
            if held.turns_left <= 0:
                self._open[slot] = self._new()

    def _new(self) -> _Conversation:
        return _Conversation(self._chance, self._plan, next(self._numbers))

    def _draft(self, held: _Conversation) -> "Draft":
        chance = self._chance
        text = sentence(chance, held.language, held.temper(chance))
        bad_seed = chance.getrandbits(32) if chance.random() < self._plan.bad_share else None
        number = next(self._message_numbers)
        return Draft(f"load-{self._plan.seed}-{number}", held.id, held, text, bad_seed)


class Draft:
    """A message that has no time yet."""

    __slots__ = (
        "_bad_seed",
        "_channel",
        "_conversation_id",
        "_customer",
        "_id",
        "_text",
        "language",
    )

    def __init__(
        self,
        message_id: str,
        conversation_id: str,
        held: _Conversation,
        text: str,
        bad_seed: int | None,
    ) -> None:
        self._id = message_id
        self._conversation_id = conversation_id
        self._channel = held.channel
        self._customer = held.customer
        self._text = text
        self._bad_seed = bad_seed
        self.language = held.language

    def at(self, sent_at_ms: int) -> LoadMessage:
        """The record, as sent at that time."""
        message = MessageReceived(
            message_id=self._id,
            conversation_id=self._conversation_id,
            tenant_id=TENANT,
            text=self._text,
            sent_at=format_ms(sent_at_ms),
            sender=Sender(role="customer", id=self._customer.id),
            channel=self._channel,
            language_hint=self.language,
            customer=self._customer,
        )
        key = conversation_key(TENANT, self._conversation_id).encode()
        value = msgspec.json.encode(message)
        if self._bad_seed is None:
            return LoadMessage(key, value, (), self.language, bad=False)
        spoiled = spoil(random.Random(self._bad_seed), value)  # noqa: S311
        return LoadMessage(key, spoiled.value, spoiled.headers, self.language, bad=True)
