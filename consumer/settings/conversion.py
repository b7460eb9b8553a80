"""Turns the settings into the small configs that the packages define. Decides nothing."""

from collections.abc import Mapping

from consumer.contract.topics import Topics
from consumer.intake.limits import IntakeLimits
from consumer.kafka.client_settings import KafkaSettings
from consumer.kafka.topic_rules import OUTPUT_ALLOWANCE_BYTES
from consumer.pipeline.circuit import CircuitLimits
from consumer.pipeline.lane import LaneLimits
from consumer.pipeline.loop import LoopSettings
from consumer.pipeline.partition_state import StateLimits
from consumer.pipeline.workers import WorkerSettings
from consumer.settings.kafka import KafkaGroup
from consumer.settings.schema import MetricsGroup, Settings
from consumer.telemetry.server import Tls

_MS_PER_S = 1_000


def kafka_settings(group: KafkaGroup) -> KafkaSettings:
    """For everything in `consumer.kafka`. Holds the secrets: never print it."""
    return KafkaSettings(
        bootstrap=group.bootstrap,
        group=group.group,
        instance=group.instance,
        topics=Topics(**group.topics.model_dump()),
        start=group.start,
        session_timeout_ms=group.session_timeout_ms,
        transaction_timeout_ms=group.transaction_timeout_ms,
        socket_timeout_ms=group.socket_timeout_ms,
        restore_timeout_s=group.restore_timeout_s,
        skip_unreadable=group.on_unreadable == "skip",
        max_message_bytes=group.input_max_bytes + OUTPUT_ALLOWANCE_BYTES,
        extra={**group.extra, **_credentials(group)},
    )


def intake_limits(settings: Settings) -> IntakeLimits:
    """For the decoder."""
    group = settings.intake
    return IntakeLimits(group.max_value_bytes, group.max_depth, group.max_attempts)


def worker_settings(settings: Settings) -> WorkerSettings:
    """For the threads ahead of the loop."""
    group = settings.workers
    return WorkerSettings(
        prepare_threads=group.prepare_threads,
        inference_threads=group.inference_threads,
        window=group.window,
        token_budget=group.token_budget,
    )


def loop_settings(settings: Settings) -> LoopSettings:
    """For the loop."""
    group = settings.loop
    return LoopSettings(
        max_in_flight=group.max_in_flight,
        max_in_flight_bytes=group.max_in_flight_bytes,
        max_transaction=group.max_transaction,
        cadence_s=group.cadence_ms / _MS_PER_S,
        drain_s=group.drain_s,
        model_timeout_s=group.model_timeout_s,
        halt_retry_s=settings.circuit.retry_s,
    )


def lane_limits(settings: Settings) -> LaneLimits:
    """For one partition: its conversations, and when its dead letters are too many."""
    group, circuit = settings.state, settings.circuit
    return LaneLimits(
        StateLimits(group.max_conversations, group.idle_ttl_s * _MS_PER_S),
        CircuitLimits(circuit.max_consecutive, circuit.max_ratio, circuit.window, circuit.probe),
    )


def metrics_tls(group: MetricsGroup) -> Tls | None:
    """For the health server; None where it speaks plain HTTP."""
    if group.tls_cert_file is None or group.tls_key_file is None:
        return None
    return Tls(group.tls_cert_file, group.tls_key_file, group.tls_client_ca_file)


def _credentials(group: KafkaGroup) -> Mapping[str, str]:
    given = {
        "sasl.username": group.sasl_username,
        "sasl.password": group.sasl_password and group.sasl_password.get_secret_value(),
        "ssl.key.password": group.ssl_key_password and group.ssl_key_password.get_secret_value(),
    }
    return {name: value for name, value in given.items() if value}
