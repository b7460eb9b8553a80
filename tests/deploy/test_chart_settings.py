"""The settings file of the chart is one that the service takes."""

import base64
from pathlib import Path

import pytest

from consumer.routing.rules import DEFAULT_RULES, load_ruleset
from consumer.routing.rules_files import RulesFiles
from consumer.settings.conversion import kafka_settings
from consumer.settings.reading import load_settings
from consumer.settings.schema import Settings
from tests.deploy.chart import (
    CASES,
    CHART,
    NAMESPACE,
    RELEASE,
    helm,
    objects_of,
    only,
    render,
    router_pod,
    values_file,
)

SECRETS = "/run/secrets/"
PASSWORD = base64.b64encode(b"of nobody").decode()


def loaded(case: str, folder: Path, environment: pytest.MonkeyPatch, name: str = "") -> Settings:
    """What the service reads in a pod whose secrets lie in `folder`."""
    objects = render(case)
    text = only(objects, "ConfigMap", name or "chat-router")["data"]["router.yaml"]
    for volume in router_pod(objects)["volumes"]:
        for item in volume.get("secret", {}).get("items", []):
            file = folder / volume["name"] / item["path"]
            file.parent.mkdir(exist_ok=True)
            file.write_text(PASSWORD)
    for variable in router_pod(objects)["containers"][0]["env"]:
        source = variable["valueFrom"]
        environment.setenv(variable["name"], "shop-chat-router-1" if "fieldRef" in source else "me")
    (folder / "router.yaml").write_text(text.replace(SECRETS, f"{folder}/"))
    return load_settings(folder / "router.yaml")


@pytest.mark.parametrize("case", [c for c in CASES if c not in {"monitoring", "settings"}])
def test_every_case_gives_settings_that_the_service_takes(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = loaded(case, tmp_path, monkeypatch)
    assert settings.kafka.bootstrap.startswith("kafka")
    assert settings.metrics.host == "0.0.0.0"
    assert settings.kafka.instance == "shop-chat-router-1"
    assert kafka_settings(settings.kafka).transactional_id.endswith("-shop-chat-router-1")


def test_settings_arrive_as_they_were_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = loaded("settings", tmp_path, monkeypatch, "shop-router")
    assert settings.deployment == "shop"
    assert settings.kafka.group == "shop-router"
    assert settings.kafka.topics.messages == "shop.messages.v1"
    assert settings.kafka.topics.routing == "chat.routing.v1"
    assert settings.kafka.extra == {
        "client.rack": "eu-1a",
        "socket.keepalive.enable": "true",
        "metadata.max.age.ms": "60000",
    }
    assert settings.loop.max_in_flight_bytes == 268_435_456
    assert settings.state.max_conversations == 1_500_000
    assert settings.logs.level == "warning"
    assert settings.logs.format == "json"


def test_the_port_is_the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded("monitoring", tmp_path, monkeypatch).metrics.port == 9500
    (container,) = router_pod(render("monitoring"))["containers"]
    assert container["ports"] == [{"name": "metrics", "containerPort": 9500}]
    assert only(render("monitoring"), "Service")["spec"]["ports"][0]["port"] == 9500


def test_secrets_are_read_from_their_files_and_stand_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = kafka_settings(loaded("secure", tmp_path, monkeypatch).kafka).extra
    assert extra["security.protocol"] == "SASL_SSL"
    assert extra["sasl.mechanisms"] == "SCRAM-SHA-512"
    assert extra["sasl.username"] == "me"
    assert extra["sasl.password"] == PASSWORD
    assert extra["ssl.key.password"] == PASSWORD
    for name in ("ssl.ca.location", "ssl.certificate.location", "ssl.key.location"):
        assert Path(extra[name]).exists(), name


@pytest.mark.parametrize(
    ("tls", "sasl", "protocol"),
    [(True, False, "SSL"), (False, True, "SASL_PLAINTEXT"), (True, True, "SASL_SSL")],
)
def test_the_protocol_follows_from_tls_and_sasl(tls: bool, sasl: bool, protocol: str) -> None:
    values = [
        f"kafka.tls.enabled={str(tls).lower()}",
        f"kafka.sasl.enabled={str(sasl).lower()}",
        "kafka.sasl.secretName=user",
    ]
    data = only(render("default", *values), "ConfigMap")["data"]
    assert f"security.protocol: {protocol}\n" in data["router.yaml"]


def test_a_gpu_brings_its_provider_and_its_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = loaded("gpu", tmp_path, monkeypatch)
    assert settings.bundle.provider == "cuda"
    assert settings.workers.token_budget == 16_384
    given = render("gpu", "settings.workers.token_budget=4096")
    assert "token_budget: 4096" in only(given, "ConfigMap")["data"]["router.yaml"]


def test_rules_in_the_values_are_rules_that_the_service_loads(tmp_path: Path) -> None:
    """Those of all, and those of a tenant; laid out as the pod has them."""
    where = ["--namespace", NAMESPACE, "--values", str(values_file("default"))]
    files = [f"rules.content={DEFAULT_RULES}", f"rules.tenants.acme={DEFAULT_RULES}"]
    sets = [part for file in files for part in ("--set-file", file)]
    done = helm("template", RELEASE, str(CHART), *where, *sets)
    assert done.returncode == 0, done.stderr
    objects = objects_of(done.stdout)
    for name, content in only(objects, "ConfigMap", "-rules")["data"].items():
        (tmp_path / name).write_text(content)
    (tmp_path / "tenants").mkdir()
    for name, content in only(objects, "ConfigMap", "-tenants")["data"].items():
        (tmp_path / "tenants" / name).write_text(content)
    loaded = RulesFiles(tmp_path / "rules.yaml", tmp_path / "tenants").load()
    assert loaded.tenants.keys() == {"acme"}
    for one in loaded.every():
        assert [r.id for r in one.routes] == [r.id for r in load_ruleset(DEFAULT_RULES).routes]


def test_a_change_of_rules_makes_no_other_pod() -> None:
    """The router takes it while it runs."""
    before, after = (render("default", f"rules.content={text}") for text in ("one", "two"))
    assert only(before, "StatefulSet") == only(after, "StatefulSet")
    assert only(before, "ConfigMap", "-rules") != only(after, "ConfigMap", "-rules")
