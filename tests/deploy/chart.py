"""Renders the chart with the real Helm. Knows nothing of what it should render."""

import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[2] / "helm" / "chat-router"
CASES = tuple(sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").iterdir()))
"""One values file for each feature."""

RELEASE, NAMESPACE = "shop", "contact-center"
HELM = Path(sys.executable).with_name("helm")

Object = Mapping[str, Any]


def helm(*args: str) -> subprocess.CompletedProcess[str]:
    """Runs it; `make tools` is what has built it."""
    if not HELM.exists():
        raise FileNotFoundError(f"{HELM} is not there: run `make tools`")
    return subprocess.run([HELM, *args], capture_output=True, text=True, check=False, timeout=60)


@cache
def render(case: str, *values: str) -> tuple[Object, ...]:
    """The objects of a values file, with `name=value` over it."""
    done = _template(case, values)
    assert done.returncode == 0, done.stderr
    return objects_of(done.stdout)


def objects_of(rendered: str) -> tuple[Object, ...]:
    return tuple(one for one in yaml.safe_load_all(rendered) if one)


def refusal(case: str, *values: str) -> str:
    """What Helm says where it must refuse."""
    done = _template(case, values)
    assert done.returncode != 0, "was rendered"
    return done.stderr


def only(objects: tuple[Object, ...], kind: str, name: str = "") -> Any:
    """The one object of this kind (whose name ends so)."""
    found = [o for o in objects if o["kind"] == kind and o["metadata"]["name"].endswith(name)]
    assert len(found) == 1, (kind, name, [o["metadata"]["name"] for o in found])
    return found[0]


def kinds(objects: tuple[Object, ...]) -> set[str]:
    return {one["kind"] for one in objects}


def router_pod(objects: tuple[Object, ...]) -> Any:
    """The specification of the pods that route."""
    return only(objects, "StatefulSet")["spec"]["template"]["spec"]


def router_container(objects: tuple[Object, ...]) -> Any:
    (container,) = router_pod(objects)["containers"]
    return container


def values_file(case: str) -> Path:
    return CHART / "ci" / f"{case}-values.yaml"


def _template(case: str, values: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    sets = [part for value in values for part in ("--set", value)]
    where = ["--namespace", NAMESPACE, "--kube-version", "1.37.0"]
    file = str(values_file(case))
    return helm("template", RELEASE, str(CHART), *where, "--values", file, *sets)
