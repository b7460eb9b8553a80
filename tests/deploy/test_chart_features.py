"""What each feature renders, and what is not there without it."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from consumer.app import STARTER_BUNDLE
from consumer.settings.kafka import default_instance
from tests.deploy.chart import (
    CASES,
    CHART,
    NAMESPACE,
    RELEASE,
    helm,
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


# --- the StatefulSet --------------------------------------------------------------------------


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


# --- GPU --------------------------------------------------------------------------------------


def test_a_gpu_brings_image_resource_and_toleration() -> None:
    pod, container = router_pod(render("gpu")), router_container(render("gpu"))
    assert container["image"].endswith("-cuda")
    assert container["resources"]["limits"] == {"memory": "8Gi", "nvidia.com/gpu": 1}
    assert container["resources"]["requests"]["nvidia.com/gpu"] == 1
    assert pod["runtimeClassName"] == "nvidia"
    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L4"}
    assert [one["key"] for one in pod["tolerations"]] == ["nvidia.com/gpu", "team"]
    assert "tolerations" not in router_pod(render("default"))


# --- the bundle -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "volume", "sub_path"),
    [
        (
            "bundle-image",
            {"image": {"reference": "models/shop-bundle:7", "pullPolicy": "IfNotPresent"}},
            "bundle",
        ),
        (
            "bundle-volume",
            {"persistentVolumeClaim": {"claimName": "models", "readOnly": True}},
            "shop/7",
        ),
        ("bundle-init", {"emptyDir": {"sizeLimit": "3Gi"}}, None),
    ],
)
def test_a_bundle_is_mounted_read_only_and_checked_first(
    case: str, volume: dict[str, Any], sub_path: str | None
) -> None:
    pod, container = router_pod(render(case)), router_container(render(case))
    assert {"name": "bundle", **volume} in pod["volumes"]
    mount = {"name": "bundle", "mountPath": "/bundle", "readOnly": True}
    if sub_path:
        mount["subPath"] = sub_path
    check = pod["initContainers"][-1]
    assert mount in container["volumeMounts"]
    assert mount in check["volumeMounts"]
    assert check["image"] == container["image"]
    assert "path: /bundle\n" in only(render(case), "ConfigMap")["data"]["router.yaml"]


def test_the_fetching_container_is_as_given() -> None:
    fetch = router_pod(render("bundle-init"))["initContainers"][0]
    assert fetch["image"] == "tools/object-store-client:1"
    assert fetch["command"] == ["fetch"]
    assert fetch["args"] == ["--from", "bundles/shop/7", "--to", "/bundle"]
    assert {"name": "STORE_REGION", "value": "eu-1"} in fetch["env"]
    assert fetch["envFrom"] == [{"secretRef": {"name": "bundle-store"}}]


def test_the_starter_bundle_needs_no_container_before() -> None:
    assert "initContainers" not in router_pod(render("default"))


@pytest.mark.parametrize("changed", [False, True])
def test_the_hash_check_passes_the_bundle_and_no_other(changed: bool, tmp_path: Path) -> None:
    """The very command of the container, on a real bundle."""
    shutil.copy(STARTER_BUNDLE / "manifest.json", tmp_path)
    digest = hashlib.sha256((tmp_path / "manifest.json").read_bytes()).hexdigest()
    if changed:
        with (tmp_path / "manifest.json").open("a") as manifest:
            manifest.write("\n")
    objects = render("bundle-volume", f"bundle.sha256={digest}")
    sums = only(objects, "ConfigMap")["data"]["bundle.sha256"].replace("/bundle", str(tmp_path))
    (tmp_path / "bundle.sha256").write_text(sums)
    *command, file = router_pod(objects)["initContainers"][-1]["command"]
    assert file == "/etc/chat-router/bundle.sha256"
    done = subprocess.run([*command, tmp_path / "bundle.sha256"], check=False, capture_output=True)
    assert (done.returncode != 0) is changed


def test_rules_of_a_config_map_stand_beside_the_settings() -> None:
    pod = router_pod(render("rules"))
    (config,) = [v["projected"] for v in pod["volumes"] if v["name"] == "config"]
    assert config["sources"][1] == {
        "configMap": {"name": "shop-rules", "items": [{"key": "shop.yaml", "path": "rules.yaml"}]}
    }
    settings = only(render("rules"), "ConfigMap")["data"]["router.yaml"]
    assert "path: /etc/chat-router/rules.yaml" in settings


# --- secrets ----------------------------------------------------------------------------------


def test_only_the_named_keys_of_a_secret_are_mounted() -> None:
    volumes = {v["name"]: v for v in router_pod(render("secure"))["volumes"]}
    assert volumes["kafka-sasl"]["secret"]["items"] == [{"key": "password", "path": "password"}]
    keys = [item["key"] for item in volumes["kafka-tls"]["secret"]["items"]]
    assert keys == ["ca.crt", "tls.crt", "tls.key", "password"]
    assert volumes["kafka-tls"]["secret"]["defaultMode"] == 0o440


# --- topics -----------------------------------------------------------------------------------


def test_topics_are_made_before_the_release_by_the_commands_own_options() -> None:
    from typer.testing import CliRunner

    from consumer.cli.app import app

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


# --- scaling ----------------------------------------------------------------------------------


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


# --- what is seen -----------------------------------------------------------------------------


def test_the_monitor_scrapes_the_port_under_the_job_that_rules_ask_for() -> None:
    objects = render("monitoring")
    monitor = only(objects, "PodMonitor")
    labels = only(objects, "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    assert monitor["metadata"]["labels"]["release"] == "monitoring"
    assert labels[monitor["spec"]["jobLabel"]] == "chat-router"
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("metrics", "/metrics")
    assert router_container(objects)["ports"][0]["name"] == endpoint["port"]


def test_with_tls_probes_and_prometheus_speak_it_and_prometheus_shows_who_it_is() -> None:
    objects = render("metrics-tls")
    container = router_container(objects)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["scheme"] == "HTTPS"
    (endpoint,) = only(objects, "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert endpoint["scheme"] == "https"
    assert endpoint["tlsConfig"] == {
        "serverName": "router.contact-center",
        "ca": {"secret": {"name": "router-metrics", "key": "ca.crt"}},
        "cert": {"secret": {"name": "prometheus-client", "key": "tls.crt"}},
        "keySecret": {"name": "prometheus-client", "key": "tls.key"},
    }
    volumes = {v["name"]: v for v in router_pod(objects)["volumes"]}
    keys = [item["key"] for item in volumes["metrics-tls"]["secret"]["items"]]
    assert keys == ["tls.crt", "tls.key", "clients.crt"]


def test_rules_are_the_files_as_they_are() -> None:
    files = sorted((CHART / "files" / "rules").glob("*.yaml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    assert groups
    assert only(render("monitoring"), "PrometheusRule")["spec"]["groups"] == groups


def test_dashboards_are_the_files_as_they_are() -> None:
    files = sorted((CHART / "files" / "dashboards").glob("*.json"))
    assert files
    maps = [o for o in render("monitoring") if "grafana_dashboard" in o["metadata"]["labels"]]
    assert [list(one["data"]) for one in maps] == [[file.name] for file in files]
    for one, file in zip(maps, files, strict=True):
        assert json.loads(one["data"][file.name]) == json.loads(file.read_text())
        assert one["metadata"]["annotations"] == {"grafana_folder": "Contact center"}


def test_the_network_is_closed_but_for_names_brokers_and_prometheus() -> None:
    spec = only(render("network"), "NetworkPolicy", "chat-router")["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    (inward,) = spec["ingress"]
    assert inward["ports"] == [{"protocol": "TCP", "port": "metrics"}]
    names, brokers, more = spec["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert [port["port"] for port in brokers["ports"]] == [9092, 9094]
    assert brokers["to"][0]["podSelector"] == {"matchLabels": {"app": "kafka"}}
    assert more["ports"] == [{"protocol": "TCP", "port": 443}]


def test_the_brokers_ports_are_those_of_their_addresses() -> None:
    brokers = r"settings.kafka.bootstrap=a:9092\,b:9093\,c:9092"
    objects = render("default", "networkPolicy.enabled=true", brokers)
    _, to_brokers = only(objects, "NetworkPolicy")["spec"]["egress"]
    assert [port["port"] for port in to_brokers["ports"]] == [9092, 9093]


def test_nobody_may_scrape_where_nobody_is_named() -> None:
    policy = only(
        render("default", "networkPolicy.enabled=true", "networkPolicy.metricsFrom=null"),
        "NetworkPolicy",
    )
    assert policy["spec"]["ingress"] == []


def test_a_drain_takes_one_pod_and_never_waits_for_a_broken_one() -> None:
    spec = only(render("default"), "PodDisruptionBudget")["spec"]
    assert spec["maxUnavailable"] == 1
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


# --- NOTES ------------------------------------------------------------------------------------


def notes(case: str) -> str:
    where = ["--namespace", NAMESPACE, "--dry-run=client"]
    done = helm("install", RELEASE, str(CHART), *where, "-f", str(values_file(case)))
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("NOTES:")[2]


def test_the_notes_select_the_pods_that_there_are() -> None:
    labels = only(render("default"), "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    (selector,) = re.findall(r"get pods -l (\S+)", notes("default"))
    assert dict(pair.split("=") for pair in selector.split(",")) == labels


def test_the_notes_warn_of_missing_topics_and_alerts() -> None:
    assert "topics.create is false" in notes("default")
    assert "metrics.rules.enabled is false" in notes("default")
    assert "topics.create" not in notes("secure")
    assert "metrics.rules" not in notes("monitoring")


@pytest.mark.parametrize(("case", "kind"), [("keda", "scaledobject"), ("hpa", "hpa")])
def test_the_notes_say_what_scales(case: str, kind: str) -> None:
    assert f"get {kind} shop-chat-router" in notes(case)
