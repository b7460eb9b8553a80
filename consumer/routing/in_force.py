"""The routers in force: one for all tenants, and those of tenants with rules of their own.

Others may be offered at any time, on any thread. They take over when the loop says that no
transaction is under way, all of them at once, so that one transaction holds decisions of one state
of the rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from consumer.contract.message import DEFAULT_TENANT
from consumer.records import FeedbackTurn, Rejected, Turn, Understood
from consumer.routing.conversation import Conversation
from consumer.routing.rate_guard import Guard
from consumer.routing.router import Routed, Router


class Decides(Protocol):
    """What lanes ask: a router, or several behind one face. See `Router`."""

    def decide(
        self,
        understood: Understood,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """A customer turn."""
        ...

    def degrade(
        self,
        rejected: Rejected,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """An unusable record."""
        ...

    def observe(
        self,
        turn: Turn,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """Somebody else's turn."""
        ...

    def feedback(
        self,
        turn: FeedbackTurn,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """What a person said."""
        ...

    def fire_due(
        self, key: str, prior: Conversation, at_ms: int, guard: Guard | None = None
    ) -> Routed:
        """Timers."""
        ...


@dataclass(frozen=True, slots=True)
class Routers:
    """One router, and those of the tenants that have their own."""

    default: Router
    tenants: Mapping[str, Router] = field(default_factory=dict)

    def of(self, tenant_id: str) -> Router:
        """Who decides for this tenant."""
        return self.tenants.get(tenant_id, self.default)


class RulesInForce:
    """Hands each turn to the router of its tenant."""

    def __init__(self, routers: Routers) -> None:
        self._routers = routers
        self._offered: Routers | None = None

    @property
    def has_offer(self) -> bool:
        """Whether others wait to take over."""
        return self._offered is not None

    def offer(self, routers: Routers) -> None:
        """From the next transaction on. Of two offers before it, the later one counts."""
        self._offered = routers

    def take_over(self) -> None:
        """No transaction is under way: what was offered is in force from here on."""
        offered, self._offered = self._offered, None
        if offered is not None:
            self._routers = offered

    def decide(
        self,
        understood: Understood,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """See `Router.decide`."""
        router = self._routers.of(understood.turn.message.tenant_id)
        return router.decide(understood, prior, now_ms, guard)

    def degrade(
        self,
        rejected: Rejected,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """See `Router.degrade`."""
        router = self._routers.of(rejected.tenant_id or DEFAULT_TENANT)
        return router.degrade(rejected, prior, now_ms, guard)

    def observe(
        self,
        turn: Turn,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """See `Router.observe`."""
        return self._routers.of(turn.message.tenant_id).observe(turn, prior, now_ms, guard)

    def feedback(
        self,
        turn: FeedbackTurn,
        prior: Conversation | None,
        now_ms: int,
        guard: Guard | None = None,
    ) -> Routed:
        """See `Router.feedback`."""
        return self._routers.of(turn.event.tenant_id).feedback(turn, prior, now_ms, guard)

    def fire_due(
        self, key: str, prior: Conversation, at_ms: int, guard: Guard | None = None
    ) -> Routed:
        """See `Router.fire_due`; `key` is `tenant:conversation`."""
        return self._routers.of(key.partition(":")[0]).fire_due(key, prior, at_ms, guard)
