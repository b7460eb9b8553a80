"""The data folder: ours alone, one owner at a time, one cluster for good."""

from pathlib import Path

import pytest

from consumer.broker.data import open_data_folder
from consumer.broker.errors import BrokerError


def test_a_temporary_folder_is_gone_after_close() -> None:
    data = open_data_folder(None, 1)
    assert data.path.is_dir()
    data.close()
    assert not data.path.exists()


def test_a_kept_folder_remembers_its_cluster(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        data = open_data_folder(tmp_path / "kept", 1)
        ids.append(data.cluster_id)
        data.close()
    assert ids[0] == ids[1]
    assert len(ids[0]) == 22


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    data = open_data_folder(tmp_path, 1)
    with pytest.raises(BrokerError, match="in use"):
        open_data_folder(tmp_path, 1)
    data.close()


def test_another_number_of_brokers_is_refused_and_leaves_the_folder_usable(tmp_path: Path) -> None:
    open_data_folder(tmp_path, 3).close()
    with pytest.raises(BrokerError, match=r"3 broker\(s\), not 1"):
        open_data_folder(tmp_path, 1)
    open_data_folder(tmp_path, 3).close()


def test_a_folder_with_other_files_or_a_file_is_refused_and_untouched(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    for path in (tmp_path, letter):
        with pytest.raises(BrokerError, match="something else"):
            open_data_folder(path, 1)
    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]


def test_a_cluster_id_never_looks_like_an_option(tmp_path: Path) -> None:
    for number in range(300):
        data = open_data_folder(tmp_path / str(number), 1)
        data.close()
        assert not data.cluster_id.startswith("-")
