"""A real Prometheus that scrapes one target every second, with the shipped rules unchanged."""

import json
import math
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.docs.test_readme import free_port
from tests.ops.programs import program
from tests.ops.shipped import RULE_FILES
from tests.service.running import wait_until

EVERY = "1s"
ANSWER_S = 10


class PrometheusServer:
    """Runs for one `with` block; asked by its own HTTP API."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder
        self._port = free_port()
        self._config = folder / "prometheus.yaml"
        job = {"job_name": "chat-router", "static_configs": [{"targets": [target]}]}
        config = {
            "global": {"scrape_interval": EVERY, "evaluation_interval": EVERY},
            "rule_files": [str(path) for path in RULE_FILES],
            "scrape_configs": [job],
        }
        self._config.write_text(yaml.safe_dump(config))
        self._process: subprocess.Popen[bytes] | None = None

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        return list(self._get("query", query=expr)["result"])

    def value(self, expr: str) -> float:
        """Of the first sample; NaN where there is none."""
        found = self.query(expr)
        return float(found[0]["value"][1]) if found else math.nan

    def firing(self) -> set[str]:
        """Names of the alerts that fire now."""
        alerts = self._get("alerts")["alerts"]
        return {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}

    def unhealthy_rules(self) -> list[str]:
        """Rules whose last evaluation failed, with the reason."""
        groups = self._get("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert rules
        return [f"{one['name']}: {one['lastError']}" for one in rules if one["health"] == "err"]

    def _get(self, what: str, **parameters: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self._port}/api/v1/{what}?{urlencode(parameters)}"
        with urlopen(url, timeout=ANSWER_S) as answer:
            data: dict[str, Any] = json.load(answer)["data"]
        return data

    def _answers(self) -> bool:
        try:
            self.firing()
        except (URLError, OSError):
            return False
        return True

    def __enter__(self) -> Self:
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program("prometheus"),
                    f"--config.file={self._config}",
                    f"--storage.tsdb.path={self._folder / 'prometheus'}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                ],
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, "Prometheus")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(ANSWER_S)
