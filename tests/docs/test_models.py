"""The commands of docs/models.md, in their order, on a corpus and a network that are small."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exporters.cli import app
from tests.exporters.test_end_to_end import SURE, TINY
from tests.exporters.tiny_corpus import write_corpus

PAGE = Path("docs/models.md")
SMALL = [part for one in ("epoch_rows=3500", *SURE) for part in ("--set", one)]
SIZES = [part for one in TINY if "epoch" not in one for part in ("--set", one)]


def commands() -> list[list[str]]:
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if "my-corpus" in line]


def test_every_command_on_ones_own_corpus_runs_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = commands()
    write_corpus(tmp_path / "my-corpus", situations=200)
    monkeypatch.chdir(tmp_path)
    for arguments in found:
        trains = arguments[0] in ("train", "pretrain") and "--resume" not in arguments
        result = CliRunner().invoke(app, [*arguments, *(SIZES + SMALL if trains else [])])
        allowed = (0, 1) if arguments[:2] == ["corpus", "lint"] else (0,)  # a tiny one lacks rows
        assert result.exit_code in allowed, (arguments, result.output, result.exception)
    assert (tmp_path / "bundles" / "mine" / "manifest.json").exists()
    assert list((tmp_path / "confusions").iterdir())
