"""The jar cache: verified at every start, completed when incomplete, never half filled."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from consumer.broker.errors import BrokerError
from consumer.broker.jars import JarLock, ensure_jars, jar_folder

CONTENT = {"clients.jar": b"clients" * 500, "core-4.0.0.jar": b"core" * 500}
LOCK = JarLock(
    coordinates=("org.example:core:4.0.0",),
    sha256={name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()},
)


class Shelf:
    """A download from memory that counts how often it was asked."""

    def __init__(self, content: dict[str, bytes] = CONTENT) -> None:
        self.content = content
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, coordinates: tuple[str, ...], folder: Path) -> None:
        self.asked.append(coordinates)
        for name, content in self.content.items():
            (folder / name).write_bytes(content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "kafka-4.0.0"


@pytest.fixture
def filled(folder: Path) -> Path:
    ensure_jars(LOCK, folder, Shelf())
    return folder


def flip_a_byte(folder: Path) -> None:
    jar = folder / "core-4.0.0.jar"
    content = bytearray(jar.read_bytes())
    content[100] ^= 1
    jar.write_bytes(content)


def cut_short(folder: Path) -> None:
    jar = folder / "core-4.0.0.jar"
    jar.write_bytes(jar.read_bytes()[:-1])


def add_a_jar(folder: Path) -> None:
    (folder / "core-4.0.0.jar").rename(folder / "core-4.0.1.jar")


def test_the_first_start_downloads_what_the_lock_names(folder: Path) -> None:
    shelf = Shelf()
    said: list[str] = []
    jars = ensure_jars(LOCK, folder, shelf, said.append)
    assert [jar.name for jar in jars] == sorted(CONTENT)
    assert shelf.asked == [LOCK.coordinates]
    assert len(said) == 1
    assert "4.0.0" in said[0]


def test_a_complete_cache_asks_for_no_download(filled: Path) -> None:
    shelf = Shelf()
    ensure_jars(LOCK, filled, shelf)
    assert shelf.asked == []


def test_a_missing_jar_is_downloaded_again(filled: Path) -> None:
    (filled / "clients.jar").unlink()
    shelf = Shelf()
    jars = ensure_jars(LOCK, filled, shelf)
    assert len(shelf.asked) == 1
    assert {jar.name: jar.read_bytes() for jar in jars} == CONTENT


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (flip_a_byte, "core-4.0.0.jar"),
        (cut_short, "core-4.0.0.jar"),
        (add_a_jar, "core-4.0.1.jar"),
    ],
)
def test_a_jar_that_is_not_in_the_lock_stops_the_start_and_is_named(
    filled: Path, damage: Callable[[Path], None], named: str
) -> None:
    damage(filled)
    with pytest.raises(BrokerError) as caught:
        ensure_jars(LOCK, filled, Shelf())
    assert named in str(caught.value)
    assert f"delete the folder {filled}" in str(caught.value)


def test_a_download_that_differs_from_the_lock_is_refused_and_not_kept(folder: Path) -> None:
    with pytest.raises(BrokerError, match=r"clients\.jar .* the download is refused"):
        ensure_jars(LOCK, folder, Shelf({**CONTENT, "clients.jar": b"other"}))
    assert not folder.exists()
    assert len(ensure_jars(LOCK, folder, Shelf())) == len(CONTENT)


def test_what_a_killed_download_left_behind_is_thrown_away(folder: Path) -> None:
    left = folder.with_name(f".{folder.name}.partial")
    left.mkdir(parents=True)
    (left / "clients.jar").write_bytes(b"half")
    jars = ensure_jars(LOCK, folder, Shelf())
    assert {jar.name: jar.read_bytes() for jar in jars} == CONTENT
    assert not left.exists()


def test_parallel_first_starts_share_one_download(folder: Path) -> None:
    shelf = Shelf()
    with ThreadPoolExecutor(4) as pool:
        starts = [pool.submit(ensure_jars, LOCK, folder, shelf) for _ in range(4)]
        assert len({start.result() for start in starts}) == 1
    assert len(shelf.asked) == 1


@pytest.mark.parametrize("error", [ConnectionError("no route"), RuntimeError("not found")])
def test_a_failed_download_says_that_the_first_start_needs_a_network(
    folder: Path, error: Exception
) -> None:
    def fail(coordinates: tuple[str, ...], folder: Path) -> None:
        raise error

    with pytest.raises(BrokerError, match="first start needs a network"):
        ensure_jars(LOCK, folder, fail)


def test_the_cache_lies_in_the_users_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert jar_folder(LOCK) == tmp_path / "chat-router" / "kafka-4.0.0"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert jar_folder(LOCK) == Path.home() / ".cache" / "chat-router" / "kafka-4.0.0"
