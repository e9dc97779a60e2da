"""Two deployments are compared before one takes the place of the other."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.proof_traffic import NOW, POLICY, make_master, make_traffic
from pipelines.command_line import main
from pipelines.handing_over import compare
from schemas.encoding import pack
from transforms.ledger.books_files import write_books
from transforms.ledger.shard_rules import Shard

MASTER = make_master(40)


def keep(folder: Path, events: int) -> Path:
    shard = Shard(MASTER, POLICY)
    shard.fold([pack(event) for event in make_traffic(1, events, 40)], NOW)
    write_books(folder, 0, shard.books, datetime.now(UTC))
    return folder


def test_equal_books_may_be_switched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handoff", str(keep(tmp_path / "old", 500)), str(keep(tmp_path / "new", 500))]) == 0
    assert "in the new, 0 differences" in capsys.readouterr().out


def test_different_books_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(keep(tmp_path / "old", 500), keep(tmp_path / "new", 480)) == 1
    assert " in the old, " in capsys.readouterr().out


def test_a_folder_without_books_is_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(tmp_path, tmp_path) == 2
    assert "no books in it" in capsys.readouterr().err
