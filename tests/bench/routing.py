"""`python -m tests.bench.routing`: process CPU of routing one message, in microseconds.

Real outcomes (the bundled models' answers to the benchmark's texts), no Kafka. Every message is
timed by itself. A loop of a hundred additions is timed beside them: about 2 µs on an idle core, so
that the figures of a busy machine can be told from those of slow code.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec
from rich.console import Console
from rich.table import Table

from consumer.app import STARTER_BUNDLE
from consumer.contract.topics import Topics
from consumer.inference.model import Model
from consumer.inference.opening import open_bundle
from consumer.inference.stub import StubModel
from consumer.inference.understand import prepare, understand
from consumer.intake.decode import Decoder
from consumer.intake.limits import IntakeLimits
from consumer.records import Record, Turn, Understood
from consumer.routing.conversation import NEW_CONVERSATION, Conversation, encode
from consumer.routing.customer_turn import CustomerTurns
from consumer.routing.decisions import DecisionWriter
from consumer.routing.router import Routed, Router
from consumer.routing.rules import DEFAULT_RULES, Ruleset, default_ruleset, parse_ruleset
from tests.bench.traffic import messages

START_MS = 1_767_225_600_000
NANO = 1_000
RULES = 50
TOPICS = Topics()
_T = TypeVar("_T")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--conversations", type=int, default=2_000)
    parser.add_argument("--stub", action="store_true", help="the stub's answers: opens no bundle")
    arguments = parser.parse_args()
    model: Model = StubModel() if arguments.stub else open_bundle(STARTER_BUNDLE, "cpu")
    turns = list(understood(model, arguments.messages, arguments.conversations))
    table = Table("what", "median µs", "p90 µs", title=f"{len(turns):,} messages, {model.provider}")
    for name, run in parts(model, turns).items():
        costs = sorted(run())
        table.add_row(name, f"{statistics.median(costs):.1f}", f"{costs[len(costs) * 9 // 10]:.1f}")
    Console().print(table)


def understood(model: Model, count: int, conversations: int) -> Iterator[Understood]:
    """The benchmark's messages with the model's answers, as workers hand them over."""
    decoder = Decoder(IntakeLimits(), TOPICS)
    for offset, (key, value) in enumerate(messages(count, conversations)):
        record = Record(TOPICS.messages, 0, offset, 1, START_MS + offset, key, value)
        turn = decoder.decode(record)
        assert isinstance(turn, Turn)
        (outcome,) = understand(model, prepare(model, [turn]))
        assert isinstance(outcome, Understood)
        yield outcome


def parts(model: Model, turns: list[Understood]) -> dict[str, Callable[[], list[float]]]:
    """What is measured, by name."""
    rules = default_ruleset()
    return {
        "a hundred additions": lambda: _timed(_add, turns),
        "rules, mood and state machine": lambda: _core(rules, turns),
        f"the same, none of {RULES} rules matches": lambda: _core(_unmatched(), turns),
        "the whole decision": lambda: _decide(rules, model, turns),
        "decision and state as JSON": lambda: _encode(rules, model, turns),
    }


def _add(_turn: Understood) -> None:
    total = 0
    for number in range(100):
        total += number


def _core(rules: Ruleset, turns: list[Understood]) -> list[float]:
    """Reading, topic, mood, escalations and the choice of a route; no event is built."""
    customers = CustomerTurns(rules)
    writer = DecisionWriter(rules, (), "bench", "active")
    states: dict[str, Conversation] = {}

    def run(turn: Understood) -> None:
        key = turn.turn.key
        before = states.get(key, NEW_CONVERSATION)
        reading = customers.read(turn, before.topic)
        after, _, _ = customers.apply(turn, reading, before, "d")
        features = writer.features(turn, reading, after)
        rules.shortlist.choose(features, "en", turn.turn.event_ms)
        states[key] = after

    return _timed(run, turns)


def _decide(rules: Ruleset, model: Model, turns: list[Understood]) -> list[float]:
    run, _ = _deciding(rules, model)
    return _timed(run, turns)


def _encode(rules: Ruleset, model: Model, turns: list[Understood]) -> list[float]:
    run, routed = _deciding(rules, model)
    for turn in turns:
        run(turn)
    encoder = msgspec.json.Encoder()

    def write(one: Routed) -> None:
        encoder.encode(one.decision)
        encode(one.state)

    return _timed(write, routed)


def _deciding(rules: Ruleset, model: Model) -> tuple[Callable[[Understood], None], list[Routed]]:
    router = Router(rules, model.refs, "/chat-router/bench")
    states: dict[str, Conversation] = {}
    routed: list[Routed] = []

    def run(turn: Understood) -> None:
        key = turn.turn.key
        one = router.decide(turn, states.get(key), START_MS)
        states[key] = one.state
        routed.append(one)

    return run, routed


def _timed(run: Callable[[_T], object], items: list[_T]) -> list[float]:
    """Process CPU of each message, microseconds, less what reading the clock costs."""
    clock = time.process_time_ns
    reading = statistics.median([-(clock() - clock()) for _ in range(1_000)])
    costs = []
    for one in items:
        began = clock()
        run(one)
        costs.append((clock() - began - reading) / NANO)
    return costs


def _unmatched() -> Ruleset:
    """Rules of which none applies to these messages but the default."""
    head, _, _ = DEFAULT_RULES.read_text().partition("\nroutes:\n")
    _, _, tail = DEFAULT_RULES.read_text().partition("\ndefault:\n")
    routes = "".join(_never(number) for number in range(RULES))
    return parse_ruleset(f"{head}\nroutes:\n{routes}\ndefault:\n{tail}".encode(), "unmatched.yaml")


def _never(number: int) -> str:
    conditions = (
        "{field: customer.tier, op: eq, value: vip}",
        f"{{field: channel, op: eq, value: channel-{number}}}",
        f"{{field: conversation.customer_turns, op: gte, value: {1000 + number}}}",
        f"{{field: attributes.plan, op: eq, value: plan-{number}}}",
        f"{{field: anger.score, op: gt, value: {0.99 + number / 10_000}}}",
    )
    return f"""
  - id: never-{number}
    when: {{all: [{conditions[number % 5]}, {{field: category.confidence, op: gte, value: 0.3}}]}}
    action: route
    target: {{queue: q{number}}}
    priority: 50
    reason: {{code: c, en: "never", zh: "从不"}}
"""


if __name__ == "__main__":
    main()
