"""Asks the cluster for the topics of the contract, and creates those that are missing.

Changes no existing topic; what is right about one is judged in `topic_rules`.
"""

import time
from collections.abc import Iterable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from consumer.contract.topics import Topics
from consumer.exit_codes import ExitCode
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.topic_rules import POLICY, SIZE, FoundTopic, TopicPlan, TopicReport, judge
from consumer.ports import StreamStopped

_REQUEST_S = 15.0
# Nobody should look at a blank screen longer for a broker that is not there.
_FIRST_CONTACT_S = 6.0
_VISIBLE_S = 15.0
_PAUSE_S = 0.1
# Only what ends the process is worth a line of librdkafka's own.
_QUIET_LOG_LEVEL = 2
_BROKER_DEFAULT = -1
_SETTLED = frozenset({"TOPIC_ALREADY_EXISTS"})


class TopicAdmin:
    """Asks and orders the cluster. Every method may raise `StreamStopped`: no usable broker."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._bootstrap = settings.bootstrap
        self._topics = settings.topics
        self._output_max_bytes = settings.max_message_bytes
        self._client = AdminClient(
            {
                **settings.extra,
                "bootstrap.servers": settings.bootstrap,
                "client.id": f"{settings.group}-topics",
                "socket.timeout.ms": settings.socket_timeout_ms,
                "log_level": _QUIET_LOG_LEVEL,
            }
        )

    def brokers(self) -> int:
        """How many brokers answer for the cluster."""
        return len(self._metadata().brokers)

    def create(self, plans: Iterable[TopicPlan], replication: int | None) -> list[TopicReport]:
        """Creates what is missing, then reports on all; what exists is only judged."""
        existing = self._metadata().topics
        missing = [plan for plan in plans if plan.name not in existing]
        refused = self._order(missing, replication or _BROKER_DEFAULT) if missing else {}
        created = {plan.name for plan in missing} - refused.keys()
        self._await(created)
        return [
            TopicReport(
                report.role,
                report.name,
                report.found,
                report.name in created,
                (f"not created: {refused[report.name]}",)
                if report.name in refused
                else report.problems,
            )
            for report in self.check()
        ]

    def check(self) -> list[TopicReport]:
        """How every topic of the contract is."""
        return judge(self._topics, self._found(), self._output_max_bytes)

    def _order(self, plans: list[TopicPlan], replication: int) -> dict[str, str]:
        """Creates topics; the refused ones with the cluster's reason."""
        wanted = [
            NewTopic(plan.name, plan.partitions, replication, config=dict(plan.config))
            for plan in plans
        ]
        refused = {}
        for name, future in self._client.create_topics(wanted).items():
            try:
                future.result(_REQUEST_S)
            except KafkaException as failure:
                error = failure.args[0]
                if error.name() not in _SETTLED:
                    refused[name] = f"{error.name()} ({error.str()})"
        return refused

    def _await(self, names: Iterable[str]) -> None:
        """A new topic is not known everywhere at once."""
        wanted, deadline = set(names), time.monotonic() + _VISIBLE_S
        while wanted - self._metadata().topics.keys() and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)

    def _found(self) -> dict[str, FoundTopic]:
        """The topics of the contract that exist, by role."""
        known = self._metadata().topics
        roles = {
            role: getattr(self._topics, role)
            for role in Topics.__dataclass_fields__
            if getattr(self._topics, role) in known
        }
        if not roles:
            return {}
        wanted = [ConfigResource(ResourceType.TOPIC, name) for name in roles.values()]
        configs = {}
        try:
            for resource, future in self._client.describe_configs(wanted).items():
                configs[resource.name] = future.result(_REQUEST_S)
        except KafkaException as failure:
            raise self._unusable(failure) from failure
        return {
            role: FoundTopic(
                len(known[name].partitions),
                configs[name][POLICY].value,
                int(configs[name][SIZE].value),
            )
            for role, name in roles.items()
        }

    def _metadata(self) -> ClusterMetadata:
        try:
            return self._client.list_topics(timeout=_FIRST_CONTACT_S)
        except KafkaException as failure:
            raise self._unusable(failure) from failure

    def _unusable(self, failure: KafkaException) -> StreamStopped:
        cause = f"no usable broker at {self._bootstrap} ({failure.args[0].name()})"
        return StreamStopped(
            cause, "set kafka.bootstrap, or start one: `chat-router broker`", ExitCode.BROKER
        )
