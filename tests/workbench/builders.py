"""Features and rules for the tests of the workbench. Holds no assertions."""

from consumer.routing.features import Features
from consumer.routing.router import Router
from consumer.routing.rules import Ruleset, default_ruleset
from tests.routing.builders import MODELS, SOURCE, understood

RULES = default_ruleset()


def features(rules: Ruleset = RULES, **more: object) -> Features:
    turn = understood(1, **more)  # type: ignore[arg-type]
    return Router(rules, MODELS, SOURCE).features(turn, None)
