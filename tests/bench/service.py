"""The measured service, in a process of its own: `python -m tests.bench.service SETTINGS.json`."""

import json
import sys
from functools import partial
from pathlib import Path

from consumer.app import ServiceSettings, build_service
from consumer.contract.topics import Topics
from consumer.inference.opening import open_bundle
from consumer.inference.stub import StubModel
from consumer.kafka.client_settings import KafkaSettings
from consumer.pipeline.lifecycle import Lifecycle
from consumer.pipeline.loop import LoopSettings
from consumer.pipeline.workers import WorkerSettings
from consumer.routing.rules import DEFAULT_RULES, load_ruleset
from consumer.routing.rules_files import RuleSets


def main(path: Path) -> int:
    """Runs until SIGTERM."""
    raw = json.loads(path.read_text())
    settings = ServiceSettings(
        deployment="bench",
        kafka=KafkaSettings(**{**raw["kafka"], "topics": Topics(**raw["kafka"]["topics"])}),
        ledger=Path(raw["ledger"]),
        workers=WorkerSettings(**raw.get("workers", {})),
        loop=LoopSettings(**raw.get("loop", {})),
    )
    open_model = partial(open_bundle, Path(raw["bundle"])) if raw.get("bundle") else StubModel
    service = build_service(settings, open_model, RuleSets(load_ruleset(DEFAULT_RULES)))
    return Lifecycle(service.pipeline.run, settings.loop.drain_s + 5.0).serve()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
