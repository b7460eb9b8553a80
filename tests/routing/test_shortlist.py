"""The shortlist chooses what trying every route in turn would choose."""

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.contract.decision import Entity
from consumer.routing.conversation import NEW_CONVERSATION
from consumer.routing.customer_turn import CustomerTurns
from consumer.routing.decisions import DecisionWriter
from consumer.routing.features import Features
from consumer.routing.routes import Route
from consumer.routing.rules import default_ruleset
from tests.routing.builders import INTENTS, MODELS, SOURCE, START_MS, understood

RULES = default_ruleset()
CUSTOMERS = CustomerTurns(RULES)
WRITER = DecisionWriter(RULES, MODELS, SOURCE, "active")
ORDER = Entity("ORDER_ID", "SO-1", "SO-1", 0, 4, 0.9, "model")


def in_turn(features: Features) -> Route:
    for route in (*RULES.routes, RULES.default):
        if route.matches(features) and route.target("en", True, features) is not None:
            return route
    raise AssertionError


@settings(max_examples=300, deadline=None)
@given(
    anger=st.sampled_from([0.0, 0.2, 0.6, 0.9]),
    sentiment=st.sampled_from(["negative", "neutral", "positive"]),
    category=st.sampled_from(["query", "complaint", "suggestion"]),
    intent=st.sampled_from(INTENTS),
    share=st.sampled_from([0.2, 0.35, 0.5, 0.75, 0.85, 0.95]),
    with_order=st.booleans(),
    flaws=st.sampled_from([(), ("truncated",), ("no_content",), ("unsupported_language",)]),
    tier=st.sampled_from(["standard", "vip", "svip"]),
    contacts=st.integers(0, 4),
)
def test_it_agrees_with_trying_every_route(
    anger: float,
    sentiment: str,
    category: str,
    intent: str,
    share: float,
    with_order: bool,
    flaws: tuple[str, ...],
    tier: str,
    contacts: int,
) -> None:
    turn = understood(
        1,
        anger=anger,
        sentiment=sentiment,
        category=category,
        intent=intent,
        intent_share=share,
        entities=(ORDER,) if with_order else (),
        flaws=flaws,
        tier=tier,
        contacts_7d=contacts,
    )
    reading = CUSTOMERS.read(turn, {})
    after, _, _ = CUSTOMERS.apply(turn, reading, NEW_CONVERSATION, "d")
    features = WRITER.features(turn, reading, after)
    expected = in_turn(features)
    for _ in range(2):  # the second time from the shortlist
        route, _hours, _target, reason = RULES.shortlist.choose(features, "en", START_MS)
        assert route is expected
        assert reason.evidence == expected.evidence(features)
        assert reason.text == expected.text.render(features)
