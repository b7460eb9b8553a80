"""Renewing the lock file of the jars."""

from pathlib import Path

from consumer.broker.jars import LOCK_FILE, JarLock
from consumer.broker.lock import differences, renew

OLD = JarLock(
    coordinates=("org.example:core:1.0", "org.example:log:2.0"),
    sha256={"core-1.0.jar": "aa", "gone.jar": "bb", "log-2.0.jar": "cc"},
)


def write_names(coordinates: tuple[str, ...], folder: Path) -> None:
    """One jar for each coordinate, holding its coordinate."""
    for coordinate in coordinates:
        _, artifact, version = coordinate.split(":")
        (folder / f"{artifact}-{version}.jar").write_text(coordinate)


def test_the_committed_lock_pins_kafka_itself_by_a_full_hash() -> None:
    lock = JarLock.read()
    assert f"kafka_2.13-{lock.kafka_version}.jar" in lock.sha256
    assert {len(value) for value in lock.sha256.values()} == {64}


def test_a_lock_reads_back_as_it_was_written_and_as_it_is_committed(tmp_path: Path) -> None:
    copy = tmp_path / "lock.json"
    JarLock.read().write(copy)
    assert copy.read_bytes() == LOCK_FILE.read_bytes()


def test_renewal_changes_only_kafkas_version_when_one_is_given() -> None:
    assert renew(OLD, None, write_names).coordinates == OLD.coordinates
    renewed = renew(OLD, "1.1", write_names)
    assert renewed.coordinates == ("org.example:core:1.1", "org.example:log:2.0")
    assert renewed.kafka_version == "1.1"
    assert set(renewed.sha256) == {"core-1.1.jar", "log-2.0.jar"}


def test_differences_tell_new_gone_and_changed_jars_apart() -> None:
    assert differences(OLD, renew(OLD, "1.1", write_names)) == [
        "- core-1.0.jar",
        "+ core-1.1.jar",
        "- gone.jar",
        "! log-2.0.jar",
    ]
