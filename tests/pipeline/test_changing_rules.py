"""Changed rules decide from a transaction's beginning on; what cannot be used changes nothing."""

import json
import logging
from pathlib import Path

import pytest

from consumer.pipeline.loop import LoopSettings
from consumer.ports import Publication, Published
from consumer.routing.in_force import Routers
from consumer.routing.router import Router
from consumer.routing.rules import DEFAULT_RULES, Ruleset, parse_ruleset
from consumer.routing.rules_files import APPLIED, REFUSED, RuleSets, RulesFiles, RulesWatch
from tests.fakes.memory_stream import MemoryCluster
from tests.pipeline.lanes import RULESET, SOURCE
from tests.pipeline.plant import Plant, Turns, decided, say, turns, until
from tests.pipeline.records import TOPICS

DEFAULT = DEFAULT_RULES.read_text(encoding="utf-8")
CHANGED_TEXT = DEFAULT.replace('version: "1"', 'version: "2"')
CHANGED = parse_ruleset(CHANGED_TEXT.encode(), "changed.yaml")


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster(TOPICS, 2)


def routers(ruleset: Ruleset, **tenants: Ruleset) -> Routers:
    own = {name: Router(one, (), SOURCE) for name, one in tenants.items()}
    return Routers(Router(ruleset, (), SOURCE), own)


def hashes(publication: Publication) -> set[str]:
    return {
        json.loads(record.value or b"")["ruleset"]["sha256"]
        for record in publication.records
        if record.topic == TOPICS.routing
    }


def test_no_transaction_holds_decisions_of_two_states_of_the_rules(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    plant = Plant(cluster, tmp_path, loop=LoopSettings(max_transaction=7))

    def script() -> Turns:
        for number in range(12):
            say(cluster, f"c-{number % 3}", ["hello"] * 9, partition=number % 2)
            yield from turns(number % 4)
            plant.rules.offer(routers(CHANGED if number % 2 else RULESET))
        yield from until(plant.done)

    plant.run(script())
    transactions = [hashes(one) for one in plant.stream.committed()]
    assert all(len(found) <= 1 for found in transactions)
    assert {CHANGED.sha256, RULESET.sha256} == set.union(*transactions)


def test_an_offer_waits_for_the_transaction_under_way(
    cluster: MemoryCluster, tmp_path: Path
) -> None:
    say(cluster, "c-1", ["hello"] * 3)
    plant = Plant(cluster, tmp_path)
    plant.stream.outcomes = [Published.NOT_COMMITTED]

    def script() -> Turns:
        yield from until(lambda: any(lane.ready for lane in plant.lanes))
        plant.rules.offer(routers(CHANGED))
        yield from until(lambda: len(plant.stream.publications) == 1)
        yield from until(plant.done)

    plant.run(script())
    first, _ = plant.stream.publications[0]
    assert hashes(first) == {RULESET.sha256}
    # What did not commit was not seen by anybody: it is decided again, by the new rules.
    assert [one["ruleset"]["version"] for one in decided(cluster)] == ["2"] * 3


def test_a_tenant_may_have_rules_of_its_own(cluster: MemoryCluster, tmp_path: Path) -> None:
    plant = Plant(cluster, tmp_path)
    plant.rules.offer(routers(RULESET, default=CHANGED))
    say(cluster, "c-1", ["hello"])
    body = {
        "message_id": "m",
        "conversation_id": "c-2",
        "tenant_id": "other",
        "text": "hello",
        "sent_at": "2026-01-01T00:00:00Z",
    }
    cluster.produce(TOPICS.messages, 0, b"other:c-2", json.dumps(body).encode())
    cluster.produce(TOPICS.messages, 0, b"default:c-3", b"{")
    plant.run_until_done()
    versions = {(one["tenant_id"], one["ruleset"]["version"]) for one in decided(cluster)}
    assert versions == {("default", "2"), ("other", "1")}


class Watched:
    """Rules files in a folder, and what the watch made of them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rules.yaml"
        self.tenants = folder / "tenants"
        self.tenants.mkdir()
        self.path.write_text(DEFAULT, encoding="utf-8")
        self.offered: list[RuleSets] = []
        self.told: list[str] = []
        files = RulesFiles(self.path, self.tenants, RULESET.intents)
        self.watch = RulesWatch(files, self.offered.append, self.told.append, 60.0)

    def writes(self, text: str, path: Path | None = None) -> None:
        (path or self.path).write_text(text, encoding="utf-8")
        self.watch.look()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_an_unchanged_file_is_not_read_again(watched: Watched) -> None:
    watched.watch.look()
    assert watched.told == []


def test_a_changed_file_is_offered_once(watched: Watched) -> None:
    watched.writes(CHANGED_TEXT)
    watched.watch.look()
    assert [one.default.sha256 for one in watched.offered] == [CHANGED.sha256]
    assert watched.told == [APPLIED]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format: 1\n", "rules.yaml:1:1:"),
        ("routes: [\n", "rules.yaml:2:1:"),
        (DEFAULT.replace("tz: UTC", "tz: Mars"), "unknown time zone 'Mars'"),
        (DEFAULT.replace("eq, value: after_sales", "eq, value: typo"), "the model lacks: typo"),
    ],
)
def test_a_broken_file_is_logged_and_counted_and_the_old_rules_stay(
    watched: Watched, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    with caplog.at_level(logging.ERROR):
        watched.writes(text)
    assert watched.offered == []
    assert watched.told == [REFUSED]
    (line,) = caplog.records
    assert said in line.problem  # type: ignore[attr-defined]  # an extra of the log line
    watched.writes(CHANGED_TEXT)
    assert watched.told == [REFUSED, APPLIED]


def test_one_broken_tenant_file_refuses_all(watched: Watched) -> None:
    watched.path.write_text(CHANGED_TEXT, encoding="utf-8")
    watched.writes("format: 1\n", watched.tenants / "shop-1.yaml")
    assert watched.told == [REFUSED]
    watched.writes(DEFAULT, watched.tenants / "shop-1.yaml")
    assert watched.told == [REFUSED, APPLIED]
    assert watched.offered[0].default.version == "2"
    assert watched.offered[0].tenants["shop-1"].version == "1"


@pytest.mark.parametrize("name", ["shop 1.yaml", "shop-1.yml", "shop-1"])
def test_a_file_that_is_named_like_no_tenant_is_refused(watched: Watched, name: str) -> None:
    watched.writes(DEFAULT, watched.tenants / name)
    assert watched.told == [REFUSED]


def test_hidden_files_are_no_tenants(watched: Watched) -> None:
    watched.writes("{", watched.tenants / "..data")
    watched.writes(CHANGED_TEXT)
    assert watched.told == [APPLIED]


def test_a_folder_of_tenants_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RulesFiles(DEFAULT_RULES, tmp_path / "none").load()


def test_a_file_that_goes_missing_changes_nothing(watched: Watched) -> None:
    watched.path.unlink()
    watched.watch.look()
    assert watched.told == [REFUSED]
    watched.writes(CHANGED_TEXT)
    assert watched.told == [REFUSED, APPLIED]


def test_a_link_that_points_elsewhere_is_a_change(tmp_path: Path) -> None:
    old, new, link = tmp_path / "old", tmp_path / "new", tmp_path / "link.yaml"
    old.write_text(DEFAULT, encoding="utf-8")
    new.write_text(CHANGED_TEXT, encoding="utf-8")
    link.symlink_to(old)
    offered: list[RuleSets] = []
    watch = RulesWatch(RulesFiles(link), offered.append, lambda _: None, 60.0)
    link.unlink()
    link.symlink_to(new)
    watch.look()
    assert [one.default.version for one in offered] == ["2"]
