"""Everything there is to say of one decision: words, heads, rules, and what would change it."""

from collections.abc import Iterator

from msgspec import Struct

from consumer.contract.decision import Entity, Evidence, RoutingDecided
from consumer.inference.model import Model
from consumer.inference.understand import prepare, understand
from consumer.records import Prediction, Rejected, Turn, Understood
from consumer.routing.features import Features
from consumer.routing.router import Router
from consumer.routing.routes import ANSWER, Route
from consumer.routing.rules import Ruleset
from consumer.workbench.flips import Flip, flips
from consumer.workbench.occlusion import Push, pushes


class Miss(Struct, frozen=True):
    """A route that came before the chosen one, and why it did not apply."""

    route: str
    because: tuple[Evidence, ...] = ()
    note: str = ""


class Explanation(Struct, frozen=True):
    """One decision, explained."""

    text: str
    prediction: Prediction
    features: Features
    decision: RoutingDecided
    entities: tuple[Entity, ...]
    pushes: dict[str, list[Push]]
    misses: list[Miss]
    flips: list[Flip]


def explain(turn: Turn, model: Model, rules: Ruleset) -> Explanation | Rejected:
    """Explains the decision on the first turn of a conversation."""
    (understood,) = understand(model, prepare(model, [turn]))
    if isinstance(understood, Rejected):
        return understood
    router = Router(rules, model.refs, "/chat-router/workbench")
    features = router.features(understood, None)
    decision = router.decide(understood, None, turn.event_ms).decision
    assert decision is not None  # noqa: S101  a customer's turn always has one
    text = turn.message.text
    return Explanation(
        text=text,
        prediction=understood.prediction,
        features=features,
        decision=decision,
        entities=understood.entities,
        pushes=_pushes(model, text, understood),
        misses=list(_misses(features, rules, decision.reason.rule_id)),
        flips=flips(features, rules),
    )


def _pushes(model: Model, text: str, understood: Understood) -> dict[str, list[Push]]:
    if "no_content" in understood.flaws:
        return {}
    return pushes(model, text, understood.prediction)


def _misses(features: Features, rules: Ruleset, chosen: str) -> Iterator[Miss]:
    language = rules.language_of(features.language.code)
    for route in rules.routes:
        if route.id == chosen:
            return
        if route.condition is not None and not route.condition.test(features):
            yield Miss(route.id, route.condition.fails(features))
        elif route.action == ANSWER and not features.answerable:
            yield Miss(route.id, note=_unsure(features, rules))
        else:
            yield Miss(route.id, note=_no_target(route, language))


def _unsure(features: Features, rules: Ruleset) -> str:
    """Why a machine may not answer alone."""
    intent, category = features.intent, features.category
    if features.degraded:
        return f"a machine may not answer: {', '.join(features.degraded_reasons)}"
    if intent.origin != "message":
        return "a machine may not answer: the subject is taken from the conversation"
    if intent.status != "ok":
        return f"a machine may not answer: intent.status is {intent.status}"
    needed = rules.intent_bounds.of(intent.name).automate
    if intent.confidence < needed:
        return f"a machine may not answer: intent.confidence {intent.confidence:.2f} < {needed:.2f}"
    needed = rules.category_bounds.of(category.label).automate
    return f"a machine may not answer: category.confidence {category.confidence:.2f} < {needed:.2f}"


def _no_target(route: Route, language: str) -> str:
    missing = [name for _, name in route.targets[language].parts if name is not None]
    return f"its target needs {', '.join(missing)}, which the message does not give"
