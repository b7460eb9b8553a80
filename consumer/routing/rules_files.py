"""The rules files of a deployment: one for all tenants, and a folder of tenants' own.

Loaded all or nothing. `RulesWatch` looks at them now and then, and hands on what it could load.
"""

import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from consumer.contract.message import TENANT_PATTERN
from consumer.routing.rules import Ruleset, load_ruleset
from consumer.routing.rules_error import RulesError

SUFFIX = ".yaml"
APPLIED, REFUSED = "applied", "refused"
_TENANT = re.compile(TENANT_PATTERN)
_LOG = logging.getLogger(__name__)

Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class RuleSets:
    """The rules of one moment."""

    default: Ruleset
    tenants: Mapping[str, Ruleset] = field(default_factory=dict)

    def every(self) -> tuple[Ruleset, ...]:
        """All of them, the default first."""
        return (self.default, *self.tenants.values())


@dataclass(frozen=True, slots=True)
class RulesFiles:
    """Where rules come from. `intents`, if told, are those that a model can say."""

    path: Path
    tenants: Path | None = None
    intents: frozenset[str] = frozenset()

    def load(self) -> RuleSets:
        """All rules, or none.

        Raises:
            OSError: a file or the folder cannot be read.
            RulesError: a file cannot be used.
        """
        own: dict[str, Ruleset] = {}
        for path in self._tenant_files():
            if path.suffix != SUFFIX or _TENANT.fullmatch(path.stem) is None:
                raise RulesError(path.name, 1, 1, f"a tenant's rules are named TENANT_ID{SUFFIX}")
            own[path.stem] = self._checked(path)
        return RuleSets(self._checked(self.path), own)

    def signature(self) -> Signature:
        """Changes whenever a file does; a link that points elsewhere counts as a change."""
        try:
            found = [(str(path), path.stat()) for path in (self.path, *self._tenant_files())]
        except OSError:
            return ()
        return tuple((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in found)

    def _tenant_files(self) -> list[Path]:
        """Everything in the folder but what is hidden, as the links of a mounted volume are.

        Raises:
            OSError: there is no such folder: its tenants would get the rules of all others.
        """
        if self.tenants is None:
            return []
        return sorted(path for path in self.tenants.iterdir() if not path.name.startswith("."))

    def _checked(self, path: Path) -> Ruleset:
        ruleset = load_ruleset(path)
        unknown = sorted(ruleset.intents - self.intents) if self.intents else []
        if unknown:
            problem = f"names intents that the model lacks: {', '.join(unknown)}"
            raise RulesError(path.name, 1, 1, problem)
        return ruleset


class RulesWatch:
    """Looks for changed files; `offer` gets what loaded, `told` how it went (for a counter)."""

    def __init__(
        self,
        files: RulesFiles,
        offer: Callable[[RuleSets], None],
        told: Callable[[str], None],
        every_s: float,
    ) -> None:
        self._files = files
        self._offer = offer
        self._told = told
        self._every_s = every_s
        self._seen = files.signature()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rules-watch", daemon=True)

    def look(self) -> None:
        """Loads what has changed since the last look; what cannot be used changes nothing."""
        signature = self._files.signature()
        if signature == self._seen:
            return
        self._seen = signature
        try:
            rule_sets = self._files.load()
        except (RulesError, OSError) as error:
            _LOG.error("rules refused, the old ones stay", extra={"problem": str(error)})
            self._told(REFUSED)
            return
        self._offer(rule_sets)
        self._told(APPLIED)
        default = rule_sets.default
        _LOG.info(
            "rules changed",
            extra={
                "ruleset": default.name,
                "ruleset_version": default.version,
                "sha256": default.sha256,
                "tenants": len(rule_sets.tenants),
            },
        )

    def start(self) -> None:
        """Looks every now and then, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Waits for the look under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self.look()
            except Exception:  # a bug must not end the watch unseen
                _LOG.exception("rules could not be looked at, the old ones stay")
                self._told(REFUSED)
