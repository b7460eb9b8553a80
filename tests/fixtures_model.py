"""Fixtures around the tiny bundle: its folder and the opened model, made once for all tests."""

from pathlib import Path

import pytest

from consumer.inference.model import BundleModel
from consumer.inference.opening import open_bundle
from tests.tiny_bundle import build_tiny_bundle


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the tiny bundle. Shared: copy it before changing anything in it."""
    return build_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture(scope="session")
def tiny_model(tiny_bundle: Path) -> BundleModel:
    """The tiny bundle, opened on the CPU."""
    return open_bundle(tiny_bundle)
