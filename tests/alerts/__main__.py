"""`make alerts`: how right the alerts are on the written conversations, by language and kind.

Runs each through the service's own code twice: with the bundled models, and with a model that is
always right, which shows what the rules and the state machine alone can do.
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from consumer.app import STARTER_BUNDLE
from consumer.contract.known_values import ESCALATION_KINDS
from consumer.inference.model import Model
from consumer.inference.opening import open_bundle
from consumer.routing.rules import DEFAULT_RULES, Ruleset, load_ruleset
from exporters.corpus_format import Conversation
from exporters.corpus_reader import CORPUS_FOLDER, LANGUAGES, read_corpus
from exporters.splits import is_held_out
from tests.alerts import scoring
from tests.alerts.halves import HALVES, TUNING, UNTOUCHED, half_of
from tests.alerts.perfect_model import PerfectModel
from tests.alerts.playing import Played, play
from tests.alerts.scoring import Share

EVERYTHING = "everything"
COLUMNS = (
    "language",
    "kind",
    "right",
    "alerts",
    "of a second kind",
    "wanted",
    "precision",
    "strict",
    "recall",
)


def main() -> None:
    """Prints the tables."""
    arguments = _arguments()
    console = Console(width=120)
    rules = load_ruleset(arguments.rules)
    corpus = read_corpus(arguments.corpus).conversations
    chosen = [c for c in corpus if arguments.half in (EVERYTHING, half_of(c))]
    if arguments.unread:
        chosen = [c for c in chosen if is_held_out(c.name)]
    for name, model in _models(arguments).items():
        played = _shown(console, name, chosen, model, rules)
        if arguments.misses:
            _misses(console, played)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=(*HALVES, EVERYTHING), default=UNTOUCHED)
    parser.add_argument(
        "--unread",
        action="store_true",
        help="only conversations that training holds out: of others the models know the turns",
    )
    parser.add_argument("--labels", action="store_true", help="with the corpus' own labels only")
    parser.add_argument(
        "--misses", action="store_true", help=f"name what went wrong; for the {TUNING} half"
    )
    parser.add_argument("--rules", type=Path, default=DEFAULT_RULES)
    parser.add_argument("--bundle", type=Path, default=STARTER_BUNDLE)
    parser.add_argument("--corpus", type=Path, default=CORPUS_FOLDER)
    return parser.parse_args()


def _models(arguments: argparse.Namespace) -> dict[str, Model]:
    models: dict[str, Model] = {"the corpus' own labels": PerfectModel()}
    if not arguments.labels:
        models[arguments.bundle.name] = open_bundle(arguments.bundle, "cpu")
    return models


def _shown(
    console: Console, name: str, chosen: list[Conversation], model: Model, rules: Ruleset
) -> list[Played]:
    played = play(chosen, model, rules)
    table = Table(title=f"{name}, {len(chosen)} conversations")
    for column in COLUMNS:
        table.add_column(column)
    for language in (*LANGUAGES, "both"):
        mine = [one for one in played if language in (one.conversation.language, "both")]
        for kind in ESCALATION_KINDS:
            found = scoring.score(mine, kind)
            if found.strict.total or found.recall.total:
                table.add_row(
                    language,
                    kind,
                    str(found.precision.hits),
                    str(found.strict.total),
                    str(found.beside),
                    str(found.recall.total),
                    _told(found.precision),
                    _told(found.strict),
                    _told(found.recall),
                )
    console.print(table)
    console.print(f"subject of the conversation: {_told(scoring.subject(played))}")
    _baseline(console, played)
    return played


def _baseline(console: Console, played: list[Played]) -> None:
    ours = scoring.score(played, scoring.ANGER)
    single = scoring.single_message(played, ours.recall.value)
    console.print(
        f"anger: {scoring.false_alerts(played, scoring.ANGER)} false alerts at recall "
        f"{ours.recall.value:.2f}; one message at or over {single.threshold:.2f}: "
        f"{single.false_alerts} at recall {single.recall.value:.2f} "
        f"({single.false_conversations} conversations)"
    )


def _misses(console: Console, played: list[Played]) -> None:
    for one in played:
        written = one.conversation
        opens = written.opens or (0, 0)
        right = [a for a in one.alerts if a.kind == written.kind and a.is_inside(*opens)]
        if len(right) == len(one.alerts) and (right or written.opens is None):
            continue
        curve = " ".join(f"{turn.anger:.2f}" for turn in one.turns)
        alerts = ", ".join(f"{a.kind}@{a.turn}" for a in one.alerts) or "nothing"
        console.print(
            f"{written.language} {written.name}: {written.kind} {opens[0]}..{opens[1]}, "
            f"opened {alerts}; anger {curve}"
        )


def _told(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.2f}  {low:.2f}-{high:.2f}"


if __name__ == "__main__":
    main()
