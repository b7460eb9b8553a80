"""What other rules would have done with recorded traffic: what moves, which alerts come and go."""

from collections import Counter
from collections.abc import Callable, Iterable

from msgspec import Struct

from consumer.contract.decision import RoutingDecided
from consumer.records import Understood
from consumer.routing.prior_state import guard_before, state_before
from consumer.routing.router import Routed, Router
from consumer.routing.rules import Ruleset
from consumer.workbench.stand import SOURCE, Stand
from consumer.workbench.traffic import Place, Recorded, Traffic

OPENED = "opened"

Alert = tuple[str, str]
"""(conversation key, kind)"""


class Verdict(Struct, frozen=True):
    """Where a message goes, by which rule, and how urgent it is."""

    action: str
    target: str
    rule: str
    priority: int

    @property
    def way(self) -> tuple[str, str]:
        """What the customer would notice."""
        return self.action, self.target


class Side(Struct, frozen=True):
    """What one ruleset decides of all the traffic."""

    verdicts: dict[Place, Verdict]
    alerts: Counter[Alert]


class Move(Struct, frozen=True, order=True):
    """Messages that go another way."""

    count: int
    before: Verdict
    after: Verdict


class Comparison(Struct, frozen=True):
    """Before and after, side by side."""

    messages: int
    moved: int
    reprioritised: int
    by_other_rule: int
    moves: list[Move]
    appearing: Counter[str]
    vanishing: Counter[str]
    staying: Counter[str]

    @property
    def moved_share(self) -> float:
        """Share of the messages that go another way."""
        return self.moved / self.messages if self.messages else 0.0


def decide_all(traffic: Traffic, ruleset: Ruleset, advance: Callable[[int], None]) -> Side:
    """What these rules decide of each record, and the alerts that they open on the way."""
    apply = _from_prior(ruleset) if traffic.each_from_its_prior else _in_turn(traffic, ruleset)
    verdicts: dict[Place, Verdict] = {}
    alerts: Counter[Alert] = Counter()
    for recorded in traffic.records:
        for routed in apply(recorded):
            alerts.update(_opened(routed))
            if routed.decision is not None and isinstance(recorded.outcome, Understood):
                verdicts[_place(recorded)] = verdict_of(routed.decision)
        advance(1)
    return Side(verdicts, _counted(alerts, traffic))


Apply = Callable[[Recorded], list[Routed]]


def _in_turn(traffic: Traffic, ruleset: Ruleset) -> Apply:
    stand = Stand(ruleset, traffic.state, traffic.topics)
    return lambda one: stand.apply(one.record, one.outcome)


def _from_prior(ruleset: Ruleset) -> Apply:
    router = Router(ruleset, (), SOURCE)

    def apply(one: Recorded) -> list[Routed]:
        if one.decision is None or not isinstance(one.outcome, Understood):
            return []
        before, guard = state_before(one.decision), guard_before(one.decision)
        return [router.decide(one.outcome, before, one.record.timestamp_ms, guard)]

    return apply


def _counted(alerts: Counter[Alert], traffic: Traffic) -> Counter[Alert]:
    """An alert that opens anew at every turn, each from its own prior, counts once."""
    return Counter(alerts.keys()) if traffic.each_from_its_prior else alerts


def as_recorded(traffic: Traffic) -> Side | None:
    """What was decided then; None where the traffic holds no decisions."""
    decided = [(one, one.decision) for one in traffic.records if one.decision is not None]
    if not decided:
        return None
    alerts: Counter[Alert] = Counter(
        (f"{decision.tenant_id}:{decision.conversation_id}", change.kind)
        for _, decision in decided
        for change in decision.escalations
        if change.change == OPENED
    )
    verdicts = {_place(one): verdict_of(decision) for one, decision in decided}
    return Side(verdicts, _counted(alerts, traffic))


def compare(before: Side, after: Side) -> Comparison:
    """What differs on the messages that both decide."""
    pairs = [
        (before.verdicts[place], verdict)
        for place, verdict in after.verdicts.items()
        if place in before.verdicts
    ]
    moved = [(one, other) for one, other in pairs if one.way != other.way]
    same = [(one, other) for one, other in pairs if one.way == other.way]
    return Comparison(
        messages=len(pairs),
        moved=len(moved),
        reprioritised=sum(one.priority != other.priority for one, other in same),
        by_other_rule=sum(one.rule != other.rule for one, other in same),
        moves=_moves(moved),
        appearing=_by_kind(after.alerts - before.alerts),
        vanishing=_by_kind(before.alerts - after.alerts),
        staying=_by_kind(before.alerts & after.alerts),
    )


def verdict_of(decision: RoutingDecided) -> Verdict:
    """The parts of a decision that are compared."""
    target = f"{decision.target.type} {decision.target.id}"
    return Verdict(decision.action, target, decision.reason.rule_id, decision.priority)


def _moves(pairs: Iterable[tuple[Verdict, Verdict]]) -> list[Move]:
    counts = Counter(pairs)
    return [Move(count, one, other) for (one, other), count in counts.most_common()]


def _opened(routed: Routed) -> Iterable[Alert]:
    for name, event in routed.escalations:
        if name.endswith(OPENED):
            yield f"{event.tenant_id}:{event.conversation_id}", event.kind


def _by_kind(alerts: Counter[Alert]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, kind), count in alerts.items():
        found[kind] += count
    return found


def _place(recorded: Recorded) -> Place:
    record = recorded.record
    return record.topic, record.partition, record.offset
