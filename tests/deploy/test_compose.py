"""The compose file, as the real Docker Compose understands it. No container runs here."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from consumer import exit_codes
from consumer.cli.app import app
from consumer.settings.reading import load_settings
from consumer.telemetry.server import Health, ObservationServer
from tests.deploy.compose import FILE, ROOT, config
from tests.ops.programs import program

ALWAYS = {"kafka", "topics", "router", "prometheus", "grafana"}
ONE_SHOT, SENDER = "topics", "load"
ROUTERS = ("topics", "router", "router-gpu", "load")


def services(*profiles: str) -> dict[str, Any]:
    found: dict[str, Any] = config(*profiles)["services"]
    return found


@pytest.mark.parametrize(
    ("profiles", "more"),
    [
        ((), set()),
        (("gpu",), {"router-gpu"}),
        (("load",), {"load"}),
        (("gpu", "load"), {"router-gpu", "load"}),
    ],
)
def test_each_profile_is_valid_and_adds_its_service(
    profiles: tuple[str, ...], more: set[str]
) -> None:
    assert services(*profiles).keys() == ALWAYS | more


def test_every_profile_was_looked_at() -> None:
    named = re.findall(r"profiles: \[(\w+)\]", FILE.read_text())
    assert set(named) == {"gpu", "load"}


def test_nothing_waits_by_the_clock() -> None:
    assert "sleep" not in FILE.read_text()
    for name, service in services("gpu", "load").items():
        if name not in {ONE_SHOT, SENDER}:
            assert service["healthcheck"]["test"], name


def test_each_waits_for_what_it_needs() -> None:
    found = services("gpu", "load")
    after = {
        name: {one: how["condition"] for one, how in service.get("depends_on", {}).items()}
        for name, service in found.items()
    }
    assert after["topics"] == {"kafka": "service_healthy"}
    for name in ("router", "router-gpu", "load"):
        assert after[name] == {"topics": "service_completed_successfully"}
    assert after["grafana"] == {"prometheus": "service_healthy"}


def test_only_this_machine_can_connect() -> None:
    for name, service in services("gpu", "load").items():
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1", name


def test_images_of_others_are_pinned() -> None:
    for name, service in services("gpu", "load").items():
        assert re.search(r":v?\d+\.\d+\.\d+", service["image"]), name


def test_the_routers_image_is_that_of_the_version_and_its_target() -> None:
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    found = services("gpu", "load")
    for name in ROUTERS:
        suffix, target = ("-cuda", "cuda") if name == "router-gpu" else ("", "cpu")
        assert found[name]["image"] == f"chat-router:{version[1]}{suffix}"
        assert found[name]["build"]["target"] == target
        assert f" AS {target}\n" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", ROUTERS)
def test_containers_of_the_router_can_write_almost_nothing(name: str) -> None:
    service = services("gpu", "load")[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    targets = [volume["target"] for volume in service.get("volumes", [])]
    assert targets in ([], ["/var/lib/chat-router"])


@pytest.mark.parametrize("name", ROUTERS)
def test_the_environment_is_settings_that_the_service_takes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in services("gpu", "load")[name]["environment"].items():
        monkeypatch.setenv(variable, value)
    settings = load_settings()
    assert settings.kafka.bootstrap == "kafka:19092"
    assert settings.bundle.provider == ("cuda" if name == "router-gpu" else "cpu")


@pytest.mark.parametrize("name", ROUTERS)
def test_commands_have_only_options_that_there_are(name: str) -> None:
    command = services("gpu", "load")[name]["command"]
    words = [word for word in command if not word.startswith("-")]
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == exit_codes.ExitCode.OK
    for option in set(command) - set(words):
        assert option.partition("=")[0] in shown.output


def test_two_routers_are_two_instances_of_one_group() -> None:
    found = services("gpu")
    instances = {found[n]["environment"]["CHAT_ROUTER_KAFKA__INSTANCE"] for n in ROUTERS[1:3]}
    assert len(instances) == 2


@pytest.mark.parametrize("missing", [[], ["the consumer group has not been joined"]])
def test_the_health_check_is_readiness(missing: list[str]) -> None:
    """The very command, run against the real server."""
    health = Health(lambda: 0.0, 30.0, lambda: missing)
    with ObservationServer("127.0.0.1", 0, CollectorRegistry(), health) as server:
        _, _, *arguments = services()["router"]["healthcheck"]["test"]
        code = [part.replace(":9464/", f":{server.port}/") for part in arguments]
        done = subprocess.run([sys.executable, *code], capture_output=True, check=False)
    assert (done.returncode == 0) is (not missing)


def test_the_broker_is_known_by_one_address_inside_and_one_outside() -> None:
    environment = services()["kafka"]["environment"]
    advertised = dict(
        one.split("://") for one in environment["KAFKA_ADVERTISED_LISTENERS"].split(",")
    )
    assert advertised == {"INSIDE": "kafka:19092", "HOST": "localhost:9092"}
    listening = {one.split("://")[0] for one in environment["KAFKA_LISTENERS"].split(",")}
    secured = environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    assert listening == {one.split(":")[0] for one in secured}
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def content(name: str) -> str:
    text: str = config()["configs"][name]["content"]
    return text


def test_prometheus_takes_its_configuration_and_the_shipped_rules(tmp_path: Path) -> None:
    rules = ROOT / "helm" / "chat-router" / "files" / "rules"
    mounts = {v["target"]: v["source"] for v in services()["prometheus"]["volumes"]}
    assert mounts["/etc/prometheus/rules"] == str(rules)
    file = tmp_path / "prometheus.yml"
    file.write_text(content("prometheus").replace("/etc/prometheus/rules", str(rules)))
    command = [program("promtool"), "check", "config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rule files found" in done.stdout + done.stderr


def test_prometheus_scrapes_the_routers_under_the_job_that_rules_ask_for() -> None:
    (scrape,) = yaml.safe_load(content("prometheus"))["scrape_configs"]
    (discovery,) = scrape["dns_sd_configs"]
    assert scrape["job_name"] == "chat-router"
    assert set(discovery["names"]) < services("gpu").keys()
    assert discovery["port"] == load_settings().metrics.port


def test_grafana_finds_prometheus_and_the_shipped_dashboards() -> None:
    (source,) = yaml.safe_load(content("grafana-datasources"))["datasources"]
    (provider,) = yaml.safe_load(content("grafana-dashboards"))["providers"]
    grafana = services()["grafana"]
    mounts = {v["target"]: Path(v["source"]) for v in grafana["volumes"]}
    assert source["url"] == "http://prometheus:9090"
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    folder = mounts[provider["options"]["path"]]
    assert folder == ROOT / "helm" / "chat-router" / "files" / "dashboards"
    assert (folder / home.name).exists()


def test_ports_can_be_moved_where_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PORT", "29092")
    moved = config.__wrapped__()["services"]["kafka"]
    assert moved["ports"][0]["published"] == "29092"
    assert "HOST://localhost:29092" in moved["environment"]["KAFKA_ADVERTISED_LISTENERS"]
