"""A service as people meet it: with its health server, its metrics and its exit code."""

import logging
from types import TracebackType
from typing import Self

from consumer.app import build_service, rules_files, service_settings
from consumer.pipeline.isolation import OpenModel
from consumer.pipeline.lifecycle import Lifecycle
from consumer.routing.rules_files import RuleSets, RulesFiles, RulesWatch
from consumer.settings.conversion import metrics_tls
from consumer.settings.schema import Settings
from consumer.telemetry.prometheus import PrometheusObserver
from consumer.telemetry.server import Health, ObservationServer

_LOG = logging.getLogger(__name__)


class RunningRouter:
    """Everything that `run` starts. A context: its port is free again afterwards."""

    def __init__(self, settings: Settings, open_model: OpenModel) -> None:
        plan, metrics = service_settings(settings), settings.metrics
        self.observer = observer = PrometheusObserver(
            plan.kafka.topics, metrics.channels, settings.deployment
        )
        files = rules_files(settings)
        self._watch = self._watched(files, settings.rules.reload_s)
        rule_sets = files.load()
        observer.describe_rules(rule_sets.default.ref)
        self._service = build_service(plan, open_model, rule_sets, observer)
        heart = self._service.heart
        observer.describe_model(self._service.model, settings.bundle.provider)
        observer.watch(loop_age_s=heart.age_s, uncertain=lambda: self._service.stream.rebuilds)
        health = Health(heart.age_s, metrics.max_loop_age_s, self._not_ready)
        self._server = ObservationServer(
            metrics.host, metrics.port, observer.registry, health, metrics_tls(metrics)
        )
        self.lifecycle = Lifecycle(self._service.pipeline.run, settings.shutdown_s)

    def lag(self) -> int:
        """Messages read or unread that have no outcome yet, as last told by the loop."""
        return self.observer.unread()

    def serve(self) -> int:
        """Blocks until a signal or a fault; the exit code. Main thread only."""
        _LOG.info("listening", extra={"port": self._server.port})
        code = self.lifecycle.serve()
        if self.lifecycle.failure is not None:
            _LOG.error("stopped", exc_info=self.lifecycle.failure, extra={"exit_code": code})
        return code

    def _watched(self, files: RulesFiles, every_s: float) -> RulesWatch:
        return RulesWatch(files, self._change_rules, self.observer.rules_reloaded, every_s)

    def _change_rules(self, rule_sets: RuleSets) -> None:
        self._service.offer_rules(rule_sets)
        self.observer.describe_rules(rule_sets.default.ref)

    def _not_ready(self) -> list[str]:
        """Models are warm before the server listens, so they are no reason here."""
        reasons = []
        if not self._service.stream.joined():
            reasons.append("the consumer group has not been joined")
        if self.observer.restoring_now:
            reasons.append("conversation state is being restored")
        halted = self._service.pipeline.halts.partitions
        return reasons + [f"partition {number} is halted" for number in sorted(halted)]

    def __enter__(self) -> Self:
        self._server.start()
        self._watch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watch.stop()
        self._server.close()
