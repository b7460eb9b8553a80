"""The pods that route: identity, probes, ledger, placement, GPU, secrets."""

import re

import pytest
import yaml

from consumer.settings.kafka import default_instance
from tests.deploy.chart import (
    CASES,
    CHART,
    RELEASE,
    kinds,
    only,
    render,
    router_container,
    router_pod,
    values_file,
)

ALWAYS = {"ConfigMap", "Service", "ServiceAccount", "StatefulSet", "PodDisruptionBudget"}


def test_without_features_only_what_every_cluster_has() -> None:
    assert kinds(render("default")) == ALWAYS


@pytest.mark.parametrize(
    ("case", "more"),
    [
        ("keda", {"ScaledObject", "TriggerAuthentication", "Job"}),
        ("hpa", {"HorizontalPodAutoscaler"}),
        ("monitoring", {"PodMonitor", "PrometheusRule"}),
        ("network", {"NetworkPolicy", "Job"}),
        ("gpu", set()),
        ("ledger", set()),
        ("bundle-init", set()),
    ],
)
def test_a_feature_adds_its_kinds_and_no_other(case: str, more: set[str]) -> None:
    assert kinds(render(case)) == ALWAYS | more


def test_pods_start_in_parallel_under_the_names_of_the_headless_service() -> None:
    spec = only(render("default"), "StatefulSet")["spec"]
    service = only(render("default"), "Service")
    assert spec["podManagementPolicy"] == "Parallel"
    assert spec["serviceName"] == service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert spec["replicas"] == 2


def test_the_identity_is_the_pods_name() -> None:
    """Also where the release's name ends in a number, which hides the ordinal in a host name."""
    (identity,) = router_container(render("default"))["env"]
    assert identity == {
        "name": "CHAT_ROUTER_KAFKA__INSTANCE",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    }
    assert default_instance("router-1-0") != default_instance("router-1-0")


def test_probes_ask_the_loop_and_readiness_and_never_kafka() -> None:
    container = router_container(render("default"))
    assert container["startupProbe"]["httpGet"] == {
        "path": "/livez",
        "port": "metrics",
        "scheme": "HTTP",
    }
    assert container["livenessProbe"]["httpGet"] == {
        "path": "/livez",
        "port": "metrics",
        "scheme": "HTTP",
    }
    assert container["readinessProbe"]["httpGet"] == {
        "path": "/readyz",
        "port": "metrics",
        "scheme": "HTTP",
    }
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] == 180


def test_a_pod_has_longer_to_stop_than_the_process_takes() -> None:
    assert router_pod(render("default"))["terminationGracePeriodSeconds"] == 45


def test_other_settings_make_other_pods() -> None:
    def checksum(*values: str) -> str:
        template = only(render("default", *values), "StatefulSet")["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/config"])

    assert checksum() == checksum("replicas=3")
    assert checksum() != checksum("settings.logs.level=debug")


def test_the_ledger_lives_with_the_pod_or_on_a_claim_of_its_own() -> None:
    mount = {"name": "ledger", "mountPath": "/var/lib/chat-router"}
    for case in ("default", "ledger"):
        assert mount in router_container(render(case))["volumeMounts"]
    volumes = router_pod(render("default"))["volumes"]
    assert {"name": "ledger", "emptyDir": {"sizeLimit": "64Mi"}} in volumes
    spec = only(render("ledger"), "StatefulSet")["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "ledger"
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
    assert set(spec["persistentVolumeClaimRetentionPolicy"].values()) == {"Delete"}


def test_only_the_ledger_and_tmp_can_be_written() -> None:
    for case in CASES:
        mounts = router_container(render(case))["volumeMounts"]
        writable = {mount["name"] for mount in mounts if not mount.get("readOnly")}
        assert writable == {"ledger", "tmp"}, case


def test_placement_arrives() -> None:
    pod = router_pod(render("placement"))
    given = yaml.safe_load(values_file("placement").read_text())
    assert pod["affinity"] == given["affinity"]
    assert pod["priorityClassName"] == "contact-center"
    assert pod["serviceAccountName"] == "contact-center"
    assert pod["securityContext"]["runAsUser"] == 20000
    (spread,) = pod["topologySpreadConstraints"]
    assert spread["topologyKey"] == "topology.kubernetes.io/zone"
    assert spread["labelSelector"]["matchLabels"]["app.kubernetes.io/instance"] == RELEASE


def test_a_user_may_be_taken_out() -> None:
    """Where the platform chooses one, as OpenShift does."""
    pod = router_pod(render("default", "podSecurityContext.runAsUser=null"))
    assert "runAsUser" not in pod["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"] is True


def test_an_image_is_its_digest_or_its_tag() -> None:
    pinned = router_container(render("settings"))["image"]
    assert re.fullmatch(r"images/chat-router@sha256:1{64}", pinned)
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert router_container(render("default"))["image"] == f"chat-router:{version}"
    assert router_container(render("default", "image.tag=v9"))["image"] == "chat-router:v9"


def test_the_charts_version_of_the_app_is_the_packages() -> None:
    project = (CHART.parents[1] / "pyproject.toml").read_text()
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert f'version = "{version}"' in project


def test_a_gpu_brings_image_resource_and_toleration() -> None:
    pod, container = router_pod(render("gpu")), router_container(render("gpu"))
    assert container["image"].endswith("-cuda")
    assert container["resources"]["limits"] == {"memory": "8Gi", "nvidia.com/gpu": 1}
    assert container["resources"]["requests"]["nvidia.com/gpu"] == 1
    assert pod["runtimeClassName"] == "nvidia"
    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L4"}
    assert [one["key"] for one in pod["tolerations"]] == ["nvidia.com/gpu", "team"]
    assert "tolerations" not in router_pod(render("default"))


def test_only_the_named_keys_of_a_secret_are_mounted() -> None:
    volumes = {v["name"]: v for v in router_pod(render("secure"))["volumes"]}
    assert volumes["kafka-sasl"]["secret"]["items"] == [{"key": "password", "path": "password"}]
    keys = [item["key"] for item in volumes["kafka-tls"]["secret"]["items"]]
    assert keys == ["ca.crt", "tls.crt", "tls.key", "password"]
    assert volumes["kafka-tls"]["secret"]["defaultMode"] == 0o440
