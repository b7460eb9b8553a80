"""`chat-router check`: everything that `run` needs, one line each, before it is needed."""

from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from consumer.app import STARTER_BUNDLE, rules_files
from consumer.cli.options import Bootstrap, Config, settings_of
from consumer.exit_codes import ExitCode
from consumer.inference.bundle import check_all
from consumer.inference.faults import ProviderError
from consumer.inference.manifest import BundleError, read_manifest
from consumer.inference.opening import open_bundle
from consumer.kafka.topics import TopicAdmin
from consumer.ports import StreamStopped
from consumer.routing.rules import DEFAULT_RULES
from consumer.routing.rules_error import RulesError
from consumer.routing.rules_files import RulesFiles
from consumer.settings.conversion import kafka_settings
from consumer.settings.problems import SettingsError
from consumer.settings.schema import Settings

EXAMPLES = """
Examples:

  chat-router check -c router.yaml

  chat-router check --no-kafka -c router.yaml
"""
_HASH_SHOWN = 12

Check = Callable[[Settings], str]


class _WrongError(Exception):
    """A check found something; one line each."""


def check(
    *,
    kafka: Annotated[bool, typer.Option(help="Also look at the broker and the topics.")] = True,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Check settings, rules, bundle, execution provider, broker and topics."""
    try:
        settings = settings_of(config, bootstrap)
    except SettingsError as error:
        _tell("settings", error)
        raise typer.Exit(ExitCode.CHECK_FAILED) from error
    typer.echo(f"✓ settings: deployment {settings.deployment}, {settings.delivery}")
    failed = [name for name, one in _checks(kafka=kafka) if not _passes(name, one, settings)]
    if failed:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def _checks(*, kafka: bool) -> Iterator[tuple[str, Check]]:
    yield "rules", _rules
    yield "bundle files", _bundle_files
    yield "model", _model
    yield "rules and model", _labels
    if kafka:
        yield "broker", _broker
        yield "topics", _topics


def _passes(name: str, one: Check, settings: Settings) -> bool:
    try:
        typer.echo(f"✓ {name}: {one(settings)}")
    except (RulesError, BundleError, ProviderError, StreamStopped, OSError, _WrongError) as error:
        _tell(name, error)
        return False
    return True


def _tell(name: str, error: Exception) -> None:
    for line in str(error).splitlines():
        typer.echo(f"✗ {name}: {line}")


def _rules(settings: Settings) -> str:
    rule_sets = RulesFiles(settings.rules.path or DEFAULT_RULES, settings.rules.tenants).load()
    ruleset = rule_sets.default
    count = len(ruleset.routes)
    told = f"{ruleset.name} {ruleset.version} ({ruleset.sha256[:_HASH_SHOWN]}), {count} routes"
    return f"{told}; {len(rule_sets.tenants)} tenants with their own"


def _bundle_files(settings: Settings) -> str:
    folder = settings.bundle.path or STARTER_BUNDLE
    manifest = read_manifest(folder)
    check_all(folder, manifest)
    return f"{manifest.name} {manifest.version}, {len(manifest.files)} files as their hashes say"


def _model(settings: Settings) -> str:
    model = open_bundle(settings.bundle.path or STARTER_BUNDLE, settings.bundle.provider)
    return f"answers the golden texts on {model.provider}"


def _labels(settings: Settings) -> str:
    rules_files(settings).load()
    return "every intent that rules name is one of the model's"


def _broker(settings: Settings) -> str:
    count = TopicAdmin(kafka_settings(settings.kafka)).brokers()
    return f"{count} at {settings.kafka.bootstrap}"


def _topics(settings: Settings) -> str:
    reports = TopicAdmin(kafka_settings(settings.kafka)).check()
    wrong = [f"{one.name} {problem}" for one in reports for problem in one.problems]
    if wrong:
        raise _WrongError("\n".join(wrong))
    return f"{sum(one.found is not None for one in reports)} as they should be"
