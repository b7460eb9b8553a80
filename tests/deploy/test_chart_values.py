"""The chart does what its values say, and refuses those that say nothing."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from consumer.settings.schema import Settings
from tests.deploy.chart import CASES, CHART, helm, refusal, values_file
from tests.deploy.generate import (
    OURS,
    README,
    SCHEMA,
    with_settings,
    with_values_table,
    written_schema,
)

VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
TEMPLATES = "\n".join(
    path.read_text() for path in (CHART / "templates").rglob("*") if path.is_file()
)


def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SCHEMA.read_text())
    return loaded


def objects_of(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of an object, however deep."""
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield path, node
        for name, child in node.items():
            yield from objects_of(child, f"{path}/{name}")
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from objects_of(child, f"{path}/{number}")


def leaves(node: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every value of values.yaml that is no group; `settings` is the service's."""
    for name, child in node.items():
        if isinstance(child, dict) and child and name != "settings":
            yield from leaves(child, (*path, name))
        else:
            yield (*path, name)


def test_the_schema_is_closed_at_every_level() -> None:
    """A map of free names must at least say what its values are."""
    for path, node in objects_of(schema()):
        rest = node.get("additionalProperties")
        assert rest is False or (isinstance(rest, dict) and rest), path


def test_the_schema_of_settings_is_that_of_the_code() -> None:
    assert written_schema(with_settings(schema())) == SCHEMA.read_text(), "run `make schemas`"


def test_the_readme_has_every_value_as_it_is() -> None:
    readme = README.read_text()
    assert with_values_table(readme, schema(), VALUES) == readme, "run `make schemas`"


@pytest.mark.parametrize("name", sorted(OURS))
def test_what_the_chart_decides_is_no_setting_of_its_user(name: str) -> None:
    node = schema()["properties"]["settings"]
    for step in name.split("."):
        node = node.get("properties", {}).get(step, {})
    assert node == {}


def test_defaults_have_every_value_that_the_schema_knows() -> None:
    node, known = schema()["properties"], set(leaves(VALUES))

    def expected(properties: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, child in properties.items():
            inner = child.get("properties")
            if inner and (*path, name) not in {("settings",), ("affinity",)}:
                yield from expected(inner, (*path, name))
            elif name != "global":
                yield (*path, name)

    groups = {path[:length] for path in known for length in range(len(path) + 1)}
    assert set(expected(node, ())) <= known | groups


@pytest.mark.parametrize("path", sorted(leaves(VALUES)), ids=".".join)
def test_every_value_is_read_by_a_template(path: tuple[str, ...]) -> None:
    inside = ("podSecurityContext", "resources")
    name = path[0] if path[0] in inside else path[-1] if path[-2:-1] != ("labels",) else "labels"
    assert re.search(rf"\.{name}\b", TEMPLATES), path


@pytest.mark.parametrize("case", CASES)
def test_lint_finds_nothing(case: str) -> None:
    done = helm("lint", "--strict", str(CHART), "--values", str(values_file(case)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout
    assert "[ERROR]" not in done.stdout


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("replica=3", "replica"),
        ("image.tagg=1", "tagg"),
        ("settings.kafka.boostrap=a:1", "boostrap"),
        ("settings.kafka.topics.message=a", "message"),
        ("settings.kafka.sasl_password=hunter2", "sasl_password"),
        ("settings.ledger=/tmp", "ledger"),
        ("settings.loop.cadence_ms=-1", "cadence_ms"),
        ("settings.delivery=sometimes", "delivery"),
        ("kafka.sasl.password=hunter2", "password"),
        ("autoscaling.keda.minAvailable=1", "minAvailable"),
        ("resources.limit.memory=1Gi", "limit"),
        ("resources.limits.memory=much", "memory"),
        ("tolerations[0].kee=a", "kee"),
        ("affinity.nodeAffinity.require=a", "require"),
        ("networkPolicy.metricsFrom[0].namespace=a", "namespace"),
        ("bundle.sha256=abc", "sha256"),
        ("bundle.source=internet", "source"),
        ("podSecurityContext.runAsUser=0", "runAsUser"),
        ("metrics.port=80", "port"),
        ("rules.tenants.a:b=c", "a:b"),
        ("nameOverride=a", "nameOverride"),
    ],
)
def test_a_value_that_means_nothing_is_refused_by_name(value: str, said: str) -> None:
    assert said in refusal("default", value)


@pytest.mark.parametrize(
    ("case", "values", "said"),
    [
        ("keda", ("autoscaling.hpa.enabled=true",), "only one may scale"),
        ("keda", ("autoscaling.keda.minReplicas=13",), "minReplicas=13 must be at most"),
        ("keda", ("autoscaling.keda.maxReplicas=13",), "13 replicas for topics.partitions=12"),
        ("keda", ("autoscaling.keda.fallbackReplicas=13",), "fallbackReplicas=13 must be at most"),
        ("secure", ("replicas=7",), "7 replicas for topics.partitions=6"),
        ("default", ("settings.kafka.bootstrap=",), "settings.kafka.bootstrap is required"),
        ("rules", ("rules.content=a",), "rules.content and rules.configMapName"),
        ("rules", ("rules.tenants.acme=a",), "rules.tenants and rules.tenantsConfigMapName"),
        ("default", ("settings.shutdown_s=45",), "must be above settings.shutdown_s=45"),
        ("default", ("kafka.sasl.enabled=true",), "needs kafka.sasl.secretName"),
        ("default", ("kafka.tls.clientCertificate=true",), "kafka.tls.clientCertificate needs"),
        ("secure", (r"settings.kafka.extra.ssl\.ca\.location=/a",), "has ssl.ca.location"),
        ("default", ("metrics.tls.enabled=true",), "needs metrics.tls.secretName"),
        ("default", ("bundle.source=image",), "needs bundle.image.reference"),
        ("default", ("bundle.source=volume",), "needs bundle.volume.claimName"),
        ("default", ("bundle.source=init",), "needs bundle.init.image"),
        ("bundle-init", ("bundle.sha256=",), "needs bundle.sha256"),
        ("bundle-init", ("bundle.subPath=a",), "bundle.subPath is for"),
    ],
)
def test_values_that_contradict_each_other_are_refused(
    case: str, values: tuple[str, ...], said: str
) -> None:
    assert said in refusal(case, *values)


def test_a_cluster_that_is_too_old_is_refused() -> None:
    old = helm(
        "template", "a", str(CHART), "-f", str(values_file("default")), "--kube-version", "1.28.0"
    )
    assert old.returncode != 0
    assert "kubeVersion" in old.stderr


def test_every_setting_that_the_chart_decides_exists() -> None:
    assert [name for name in OURS if not _exists(name)] == []


def _exists(name: str) -> bool:
    model: Any = Settings
    *groups, last = name.split(".")
    for group in groups:
        model = model.model_fields[group].annotation
    return last in model.model_fields


def test_no_template_has_a_value_that_is_not_in_the_defaults() -> None:
    paths = set(re.findall(r"\.Values\.([A-Za-z0-9.]+)", TEMPLATES))
    for path in paths - {"settings.kafka.bootstrap"}:
        node: Any = VALUES
        for step in path.split("."):
            assert step in node, path
            node = node[step]
