"""What is seen of the router, who may see it, and what the notes say."""

import json
import re

import pytest
import yaml

from tests.deploy.chart import (
    CHART,
    NAMESPACE,
    RELEASE,
    helm,
    only,
    render,
    router_container,
    router_pod,
    values_file,
)


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
