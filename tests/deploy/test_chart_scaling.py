"""Topics, and who scales the pods that read them."""

from typer.testing import CliRunner

from consumer.cli.app import app
from tests.deploy.chart import (
    kinds,
    only,
    render,
)


def test_topics_are_made_before_the_release_by_the_commands_own_options() -> None:
    job = only(render("secure"), "Job")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert container["args"][:2] == ["topics", "create"]
    shown = CliRunner().invoke(app, ["topics", "create", "--help"], env={"COLUMNS": "200"}).output
    for option in container["args"][2:]:
        assert option.partition("=")[0] in shown


def test_what_the_topics_job_needs_is_there_before_it() -> None:
    """The release's own objects are not, when a hook runs."""
    objects = render("network")
    job = only(objects, "Job")
    hooks = [o for o in objects if "helm.sh/hook" in o["metadata"].get("annotations", {})]
    assert {(o["kind"], o["metadata"]["annotations"]["helm.sh/hook-weight"]) for o in hooks} == {
        ("ConfigMap", "-1"),
        ("NetworkPolicy", "-1"),
        ("Job", "0"),
    }
    pod = job["spec"]["template"]["spec"]
    named = {v["configMap"]["name"] for v in pod["volumes"] if "configMap" in v}
    assert named == {o["metadata"]["name"] for o in hooks if o["kind"] == "ConfigMap"}
    assert pod["serviceAccountName"] == "default"


def test_keda_scales_the_stateful_set_by_the_groups_lag_on_the_input() -> None:
    objects = render("keda")
    spec = only(objects, "ScaledObject")["spec"]
    router = only(objects, "StatefulSet")
    assert spec["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "name": router["metadata"]["name"],
    }
    assert "replicas" not in router["spec"]
    (trigger,) = spec["triggers"]
    assert trigger["metadata"]["consumerGroup"] == "shop-router"
    assert trigger["metadata"]["topic"] == "shop.messages.v1"
    assert trigger["metadata"]["offsetResetPolicy"] == "latest"
    assert trigger["metadata"]["lagThreshold"] == "2000"
    assert (trigger["metadata"]["tls"], trigger["metadata"]["sasl"]) == ("enable", "scram_sha256")
    assert spec["maxReplicaCount"] == 12


def test_keda_reads_the_same_secrets() -> None:
    objects = render("keda")
    authentication = only(objects, "TriggerAuthentication")
    (trigger,) = only(objects, "ScaledObject")["spec"]["triggers"]
    assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
    assert {
        (one["parameter"], one["name"], one["key"])
        for one in authentication["spec"]["secretTargetRef"]
    } == {
        ("username", "kafka-user", "username"),
        ("password", "kafka-user", "password"),
        ("ca", "kafka-ca", "ca.crt"),
    }


def test_without_secrets_keda_needs_no_authentication() -> None:
    objects = render("keda", "kafka.sasl.enabled=false", "kafka.tls.enabled=false")
    assert "TriggerAuthentication" not in kinds(objects)
    (trigger,) = only(objects, "ScaledObject")["spec"]["triggers"]
    assert "authenticationRef" not in trigger


def test_the_plain_autoscaler_asks_for_cpu() -> None:
    objects = render("hpa")
    spec = only(objects, "HorizontalPodAutoscaler")["spec"]
    assert spec["scaleTargetRef"]["name"] == only(objects, "StatefulSet")["metadata"]["name"]
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 70
    assert "replicas" not in only(objects, "StatefulSet")["spec"]
