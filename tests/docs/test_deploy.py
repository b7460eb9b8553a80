"""What the pages on deployment and security say is so: links, values, commands."""

import re
import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from tests.deploy.chart import CHART, helm
from tests.deploy.compose import config
from tests.deploy.generate import SCHEMA
from tests.docs.test_operations import anchors

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (DOCS / "deploy.md", DOCS / "security.md", CHART / "README.md")
HEADS = {"gpu", "image", "bundle", "autoscaling", "metrics", "networkPolicy", "podSecurityContext"}
"""First words of the chart's values that are no settings of the service's."""


def fenced(page: Path) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


COMMANDS = sorted({line for page in PAGES for line in fenced(page)})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        other = page.parent / name if name else page
        assert other.exists(), target
        assert not anchor or anchor in anchors(other), target


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("helm ")])
def test_a_helm_command_renders(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    _, install, *arguments = shlex.split(command)
    assert install == "install"
    done = helm("template", *arguments)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("docker compose ")])
def test_a_compose_command_names_profiles_and_services_that_there_are(command: str) -> None:
    words = shlex.split(command)
    profiles = [after for word, after in pairwise(words) if word == "--profile"]
    scaled = [word.partition("=")[0] for word in words if "=" in word]
    assert {*profiles} <= {"gpu", "load"}
    assert {*scaled} <= config(*profiles)["services"].keys()


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("docker build ")])
def test_a_build_command_names_a_target_that_there_is(command: str) -> None:
    words = shlex.split(command)
    target = words[words.index("--target") + 1]
    assert f" AS {target}\n" in (ROOT / "Dockerfile").read_text()


def test_every_command_is_of_a_kind_that_is_looked_at_or_is_kubernetes_own() -> None:
    known = ("helm ", "docker compose ", "docker build ", "kubectl ", "sha256sum ")
    assert [one for one in COMMANDS if not one.startswith(known)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_value_that_is_named_is_one(page: Path) -> None:
    schema = yaml.safe_load(SCHEMA.read_text())
    for path in re.findall(r"`((?:\w+\.)+\w+)(?:: \w+)?`", page.read_text()):
        if path.split(".")[0] not in HEADS or path in {"bundle.provider"}:
            continue
        node = schema
        for step in path.split("."):
            assert step in node.get("properties", {}), path
            node = node["properties"][step]


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"`make ([a-z-]+)`", page.read_text())) <= targets


def test_the_port_variables_are_those_of_the_compose_file() -> None:
    text = (DOCS / "deploy.md").read_text()
    named = set(re.findall(r"`([A-Z]+_PORT|LOAD_RATE)`", text))
    used = set(re.findall(r"\$\{(\w+):-", (ROOT / "docker-compose.yml").read_text()))
    assert named == used - {"CHAT_ROUTER_TAG"}


def test_the_hash_command_prints_what_the_chart_takes(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    (command,) = [one for one in COMMANDS if one.startswith("sha256sum ")]
    done = subprocess.run(
        shlex.split(command), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    pattern = yaml.safe_load(SCHEMA.read_text())["properties"]["bundle"]["properties"]["sha256"]
    assert re.fullmatch(pattern["pattern"], done.stdout.split()[0])
