"""Every object that any values file renders is one that its cluster accepts."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from tests.deploy.chart import CASES, Object, render

OTHERS = Path(__file__).parent / "schemas"
"""Of kinds that Kubernetes does not bring, written down as far as the chart uses them."""

SELECTORS = {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"}
OLDEST, NEWEST = "1.29", "1.37"


def schema_of(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((OTHERS / f"{kind.lower()}.json").read_text())
    return loaded


def is_other(one: Object) -> bool:
    return (OTHERS / f"{one['kind'].lower()}.json").exists()


def is_wanted_for_images(case: str, version: str) -> bool:
    """Images as volumes came later than the oldest version that the chart runs on."""
    return case == "bundle-image" and version == OLDEST


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("case", CASES)
def test_kubernetes_knows_every_field(case: str, version: str) -> None:
    wanted = "1.31" if is_wanted_for_images(case, version) else version
    for one in render(case):
        if not is_other(one):
            kubernetes_validate.validate(dict(one), wanted, strict=True)


def test_the_check_sees_a_field_that_is_none() -> None:
    (one, *_) = [o for o in render("default") if o["kind"] == "StatefulSet"]
    wrong = {**one, "spec": {**one["spec"], "podManagmentPolicy": "Parallel"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


@pytest.mark.parametrize("case", CASES)
def test_kinds_of_operators_have_only_fields_that_were_written_down(case: str) -> None:
    for one in render(case):
        if is_other(one):
            jsonschema.validate(one, schema_of(one["kind"]))


def test_every_kind_of_an_operator_is_rendered_by_some_case() -> None:
    rendered = {one["kind"].lower() for case in CASES for one in render(case) if is_other(one)}
    assert rendered == {path.stem for path in OTHERS.glob("*.json")}


@pytest.mark.parametrize("case", CASES)
def test_names_are_unique_and_fit_in_a_label(case: str) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in render(case)]
    assert len(names) == len(set(names))
    for _, name in names:
        assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", name), name


@pytest.mark.parametrize("case", CASES)
def test_objects_carry_the_common_labels_and_the_chart_is_in_no_selector(case: str) -> None:
    for one in render(case):
        assert {"helm.sh/chart", "app.kubernetes.io/version", *SELECTORS} - {
            "app.kubernetes.io/component"
        } <= one["metadata"]["labels"].keys(), one["kind"]
        for selector in selectors_of(one):
            assert selector.keys() == SELECTORS, one["kind"]


@pytest.mark.parametrize("case", CASES)
def test_every_selector_finds_the_routers_pods_or_the_jobs(case: str) -> None:
    objects = render(case)
    pods = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in objects
        if one["kind"] in {"StatefulSet", "Job"}
    ]
    for one in objects:
        for selector in selectors_of(one):
            assert [pod for pod in pods if selector.items() <= pod.items()], one["kind"]


def selectors_of(one: Object) -> list[dict[str, str]]:
    """The selectors that name pods of this release."""
    spec = one.get("spec", {})
    if one["kind"] == "Service":
        return [spec["selector"]]
    found = [spec[name] for name in ("selector", "podSelector") if name in spec]
    return [selector["matchLabels"] for selector in found]


@pytest.mark.parametrize("case", CASES)
def test_pods_keep_the_restricted_standard(case: str) -> None:
    for one in render(case):
        if one["kind"] not in {"StatefulSet", "Job"}:
            continue
        pod = one["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        for volume in pod["volumes"]:
            assert "hostPath" not in volume
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, container["name"]
            assert "memory" in container["resources"]["limits"], container["name"]


@pytest.mark.parametrize("case", CASES)
def test_every_mount_has_its_volume_and_every_volume_its_mount(case: str) -> None:
    for one in render(case):
        if one["kind"] not in {"StatefulSet", "Job"}:
            continue
        pod = one["spec"]["template"]["spec"]
        claims = one["spec"].get("volumeClaimTemplates", [])
        volumes = {v["name"] for v in pod["volumes"]} | {c["metadata"]["name"] for c in claims}
        containers = [*pod.get("initContainers", []), *pod["containers"]]
        mounted = {m["name"] for c in containers for m in c["volumeMounts"]}
        assert mounted == volumes
