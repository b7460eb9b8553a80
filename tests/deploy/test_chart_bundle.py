"""Where a pod's bundle and rules come from, and what is checked before it starts."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from consumer.app import STARTER_BUNDLE
from tests.deploy.chart import (
    only,
    render,
    router_container,
    router_pod,
)


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
    (tenants,) = [v["configMap"] for v in pod["volumes"] if v["name"] == "tenants"]
    assert tenants == {"name": "shop-tenants"}
    (container,) = pod["containers"]
    folder = {m["mountPath"] for m in container["volumeMounts"] if m["name"] == "tenants"}
    settings = yaml.safe_load(only(render("rules"), "ConfigMap")["data"]["router.yaml"])
    assert {settings["rules"]["tenants"]} == folder
    assert settings["rules"]["path"] == "/etc/chat-router/rules.yaml"
    assert settings["rules"]["reload_s"] == 10
