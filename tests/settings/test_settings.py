"""Settings: where they come from, and what every mistake reads like."""

from pathlib import Path

import pytest

from consumer.contract.topics import Topics
from consumer.kafka.client_settings import OWNED
from consumer.settings.conversion import (
    intake_limits,
    kafka_settings,
    lane_limits,
    loop_settings,
    worker_settings,
)
from consumer.settings.kafka import TopicNames, default_instance
from consumer.settings.problems import SettingsError
from consumer.settings.reading import load_settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("CHAT_ROUTER_"):
            monkeypatch.delenv(name)


def problems(tmp_path: Path, yaml: str) -> list[str]:
    file = tmp_path / "router.yaml"
    file.write_text(yaml, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        load_settings(file)
    return list(raised.value.problems)


def test_nothing_is_required() -> None:
    settings = load_settings()
    assert settings.delivery == "exactly_once"
    assert settings.kafka.bootstrap == "localhost:9092"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "router.yaml"
    file.write_text("kafka: {bootstrap: file:1, group: file, instance: file}", encoding="utf-8")
    monkeypatch.setenv("CHAT_ROUTER_KAFKA__BOOTSTRAP", "variable:1")
    monkeypatch.setenv("CHAT_ROUTER_KAFKA__GROUP", "variable")
    kafka = load_settings(file, {"kafka": {"bootstrap": "given:1"}}).kafka
    assert (kafka.bootstrap, kafka.group, kafka.instance) == ("given:1", "variable", "file")


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_ROUTER_KAFKA__GROUP", "")
    assert load_settings().kafka.group == "chat-router"


@pytest.mark.parametrize(
    ("yaml", "problem"),
    [
        (
            "kafka: {session_timeout_ms: 5}",
            "kafka.session_timeout_ms=5 (CHAT_ROUTER_KAFKA__SESSION_TIMEOUT_MS):"
            " must be at least 1000",
        ),
        (
            "delivery: sometimes",
            "delivery=sometimes (CHAT_ROUTER_DELIVERY): must be 'exactly_once' or 'at_least_once'",
        ),
        (
            "workers: {window: many}",
            "workers.window=many (CHAT_ROUTER_WORKERS__WINDOW): must be a whole number",
        ),
        (
            "kafka: {bootstap: a:1}",
            "kafka.bootstap (CHAT_ROUTER_KAFKA__BOOTSTAP): is no setting;"
            " did you mean kafka.bootstrap?",
        ),
        ("colour: red", "colour (CHAT_ROUTER_COLOUR): is no setting"),
        ("loop: 3", "loop=3 (CHAT_ROUTER_LOOP): must be a group of settings"),
        (
            "kafka: {topics: {messages: a b}}",
            "kafka.topics.messages=a b (CHAT_ROUTER_KAFKA__TOPICS__MESSAGES):"
            " must match ^[A-Za-z0-9._-]{1,249}$",
        ),
        (
            "kafka: {topics: {messages: same, feedback: same}}",
            "kafka.topics (CHAT_ROUTER_KAFKA__TOPICS): must all differ: same is used twice",
        ),
        (
            "kafka: {transaction_timeout_ms: 8000}",
            "kafka.transaction_timeout_ms=8000 (CHAT_ROUTER_KAFKA__TRANSACTION_TIMEOUT_MS):"
            " must be above kafka.socket_timeout_ms=8000",
        ),
        (
            "kafka: {socket_timeout_ms: 40000}",
            "kafka.transaction_timeout_ms=30000 (CHAT_ROUTER_KAFKA__TRANSACTION_TIMEOUT_MS):"
            " must be above kafka.socket_timeout_ms=40000",
        ),
        (
            "kafka: {extra: {sasl.password: hunter2}}",
            "kafka.extra.sasl.password (CHAT_ROUTER_KAFKA__EXTRA):"
            " must not be here: set kafka.sasl_password",
        ),
        (
            "kafka: {extra: {enable.ssl.certificate.verification: false}}",
            "kafka.extra (CHAT_ROUTER_KAFKA__EXTRA): must not hold"
            " enable.ssl.certificate.verification=false: it turns a security check off",
        ),
        (
            "intake: {max_value_bytes: 2000000}",
            "intake.max_value_bytes=2000000 (CHAT_ROUTER_INTAKE__MAX_VALUE_BYTES):"
            " must be at most kafka.input_max_bytes=1048588",
        ),
        (
            "loop: {max_in_flight: 100}",
            "loop.max_in_flight=100 (CHAT_ROUTER_LOOP__MAX_IN_FLIGHT):"
            " must be at least workers.window=512",
        ),
        (
            "shutdown_s: 8",
            "shutdown_s=8.0 (CHAT_ROUTER_SHUTDOWN_S): must be above loop.drain_s=8",
        ),
        (
            "metrics: {tls_cert_file: a.pem}",
            "metrics.tls_cert_file=a.pem (CHAT_ROUTER_METRICS__TLS_CERT_FILE):"
            " needs metrics.tls_key_file",
        ),
        (
            "metrics: {tls_key_file: a.pem}",
            "metrics.tls_key_file=a.pem (CHAT_ROUTER_METRICS__TLS_KEY_FILE):"
            " needs metrics.tls_cert_file",
        ),
        (
            "metrics: {tls_client_ca_file: a.pem}",
            "metrics.tls_client_ca_file=a.pem (CHAT_ROUTER_METRICS__TLS_CLIENT_CA_FILE):"
            " needs metrics.tls_cert_file",
        ),
        (
            "metrics: {channels: [web, a b]}",
            "metrics.channels.1=a b (CHAT_ROUTER_METRICS__CHANNELS__1):"
            " must match ^[A-Za-z0-9._-]{1,32}$",
        ),
        (
            "watchdog_s: 30",
            "watchdog_s=30.0 (CHAT_ROUTER_WATCHDOG_S):"
            " must be 0 or above kafka.transaction_timeout_ms=30000",
        ),
    ],
)
def test_a_mistake_names_the_setting_the_value_the_variable_and_the_rule(
    tmp_path: Path, yaml: str, problem: str
) -> None:
    assert problems(tmp_path, yaml) == [problem]


@pytest.mark.parametrize("name", sorted(OWNED))
def test_properties_on_which_the_promises_rest_are_refused(tmp_path: Path, name: str) -> None:
    (problem,) = problems(tmp_path, f"kafka: {{extra: {{{name}: x}}}}")
    assert problem.startswith(f"kafka.extra.{name} (CHAT_ROUTER_KAFKA__EXTRA): must not be here")


def test_all_mistakes_are_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_ROUTER_STATE__IDLE_TTL_S", "1")
    monkeypatch.setenv("CHAT_ROUTER_COLOUR", "red")
    yaml = "kafka: {session_timeout_ms: 5, sasl_password_file: gone, group: ''}\nloop: {x: 1}"
    named = [line.partition(" (")[0] for line in problems(tmp_path, yaml)]
    assert named == [
        "colour",
        "kafka.sasl_password_file=gone",
        "kafka.group=",
        "kafka.session_timeout_ms=5",
        "loop.x",
        "state.idle_ttl_s=1",
    ]


def test_a_map_that_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_ROUTER_KAFKA__EXTRA", "a=b")
    with pytest.raises(SettingsError, match=r"kafka\.extra=a=b .*in a variable: JSON"):
        load_settings()


def test_variables_that_kubernetes_makes_of_a_service_are_not_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHAT_ROUTER_PORT", "tcp://10.0.0.1:9464")
    monkeypatch.setenv("CHAT_ROUTER_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("CHAT_ROUTER_PORT_9464_TCP_ADDR", "10.0.0.1")
    load_settings()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("kafka: [", ":1:9: "),
        ("kafka: {}\nkafka: {}", ":2:1: 'kafka' is given twice"),
        ("- a", ":1:1: must be a map of settings"),
    ],
)
def test_a_file_that_is_no_map_is_named_with_its_place(
    tmp_path: Path, content: str, problem: str
) -> None:
    (only,) = problems(tmp_path, content)
    assert problem in only


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.yaml")


def test_a_secret_comes_from_a_file_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n", encoding="utf-8")
    monkeypatch.setenv("CHAT_ROUTER_KAFKA__SASL_PASSWORD_FILE", str(secret))
    settings = load_settings()
    assert "hunter2" not in f"{settings!r} {settings}"
    assert kafka_settings(settings.kafka).extra["sasl.password"] == "hunter2"


def test_a_wrong_secret_is_not_shown_either(tmp_path: Path) -> None:
    assert problems(tmp_path, "kafka: {sasl_password: [hunter2]}") == [
        "kafka.sasl_password=*** (CHAT_ROUTER_KAFKA__SASL_PASSWORD): must be text"
    ]


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "kafka: {sasl_password: a, sasl_password_file: b}")
    assert problem.endswith("give it or kafka.sasl_password, not both")


@pytest.mark.parametrize(
    ("host", "instance"),
    [("router-2", "2"), ("chat-router-17", "17"), ("web-v2-3", "3")],
)
def test_the_instance_is_the_hosts_ordinal(host: str, instance: str) -> None:
    assert default_instance(host) == instance


@pytest.mark.parametrize("host", ["router", "ip-10-0-0-12", "box12", "router-7d9f8b6c5-x2k4z"])
def test_a_host_without_an_ordinal_gets_a_random_instance(host: str) -> None:
    assert default_instance(host) != default_instance(host)


def test_every_topic_of_the_contract_can_be_named() -> None:
    assert TopicNames().model_dump() == {
        name: getattr(Topics(), name) for name in Topics.__dataclass_fields__
    }


def test_settings_become_the_configs_of_the_packages(tmp_path: Path) -> None:
    file = tmp_path / "router.yaml"
    file.write_text(
        "kafka: {group: g, instance: '7', input_max_bytes: 500000, extra: {linger.ms: 5}}\n"
        "loop: {cadence_ms: 50}\nstate: {idle_ttl_s: 60, max_conversations: 9}\n"
        "workers: {window: 8}\nintake: {max_depth: 9}",
        encoding="utf-8",
    )
    settings = load_settings(file)
    kafka = kafka_settings(settings.kafka)
    assert kafka.transactional_id == "g-7"
    assert kafka.max_message_bytes == 500_000 + 65_536
    assert kafka.extra == {"linger.ms": "5"}
    assert loop_settings(settings).cadence_s == pytest.approx(0.05)
    assert lane_limits(settings).state.idle_ttl_ms == 60_000
    assert worker_settings(settings).window == 8
    assert intake_limits(settings).max_depth == 9
