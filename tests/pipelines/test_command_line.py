"""What is typed, and the exit code that answers it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import options
from pipelines.command_line import DATABASE, MAPPINGS, MASTER_DATA, POLICY, main
from tests.transforms.publication.rows import availability, ended
from tests.written_views import write
from transforms.publication.view_database import create_views

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_views(tmp_path / "views.db")
    return tmp_path / "views.db"


def test_paths_are_by_default_those_of_a_run() -> None:
    assert (options.DATABASE, options.MAPPINGS) == (DATABASE, MAPPINGS)
    assert (MASTER_DATA, POLICY) == (options.EXAMPLE / "master", options.EXAMPLE / "policy.yaml")


def test_a_balanced_run_is_summed_up_with_0(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(path, ended(1, "in", level="message"), ended(1, "compared", "a test", level="message"))
    assert main(["summary", "--database", str(path)]) == 0
    assert "balanced: 1 messages in" in capsys.readouterr().out


def test_a_run_that_lost_something_is_summed_up_with_1(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(path, ended(1, "in", level="message"))
    assert main(["summary", "--database", str(path), "--run-id", "R1"]) == 1
    assert "NOT BALANCED: shop: 1 messages missing" in capsys.readouterr().out


def test_a_known_item_is_explained_with_0(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(path, availability())
    assert main(["explain", "ABC-1", "--channel", "web", "--database", str(path)]) == 0
    assert "web may sell 3" in capsys.readouterr().out


def test_an_unknown_item_is_answered_with_1(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "\x1b[2J", "--database", str(path)]) == 1
    assert capsys.readouterr().err == "no item or listing '\\x1b[2J' in the views\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["summary", "--database", "none.db"], "none.db: no such file, expected the database that a run of"),
        (["explain", "ABC-1", "--database", "none.db"], "none.db: no such file"),
        (["explain"], "requires an argument"),
        (["sumary"], "sumary"),
        (["summary", "--databse", "x"], "--databse"),
    ],
)
def test_what_cannot_be_done_is_answered_with_2(
    typed: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(typed) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_valid_files_are_answered_with_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["validate"]) == 0
    assert [line[:4] for line in capsys.readouterr().out.splitlines()] == ["OK  "] * 5


@pytest.mark.parametrize("flag", ["--master_data", "--master"])
def test_invalid_files_are_answered_with_1(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["validate", flag, str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert str(tmp_path) in captured.err
    assert [line[:4] for line in captured.out.splitlines()] == ["OK  "] * 3  # what does not need master data


def test_run_passes_everything_on_to_the_pipeline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--input_folder", "none", "--direct_num_workers=2", "--database", "x.db"]) == 2
    assert "--input_folder none: no such folder" in capsys.readouterr().err
    assert main(["run", "--help"]) == 0
    assert "--input_subscription" in capsys.readouterr().out


def test_it_says_what_can_be_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert [name for name in ("run", "summary", "explain", "validate") if f" {name} " not in out] == []
    assert "Exit codes:" in out


def test_the_module_runs_by_itself_without_importing_beam(path: Path) -> None:
    write(path, availability())
    question = ["-X", "importtime", "-m", "pipelines.command_line", "explain", "ABC-1", "--database", str(path)]
    done = subprocess.run([sys.executable, *question], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "web may sell 3" in done.stdout
    assert "pipelines.explaining" in done.stderr
    assert "apache_beam" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(path: Path) -> None:
    write(path, ended(1, "in", level="message"))
    command = [sys.executable, "-m", "pipelines.command_line", "summary", "--database", str(path)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
