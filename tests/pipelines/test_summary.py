"""What a person reads at the end of a run."""

import io
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipelines.command_line import main
from pipelines.summary import print_summary
from tests.transforms.publication.rows import NOON, alert, availability, discrepancy, ended, parked, rejection
from tests.written_views import write
from transforms.publication.runs import finish_run, start_run
from transforms.publication.view_database import create_views
from transforms.publication.view_tables import Run

COUNTS = [
    ended(1_300, "in", level="message"),
    ended(1_297, "mapped", level="message"),
    ended(1, "dead_letter", "malformed_json", level="message"),
    ended(2, "compared", "heartbeats carry no stock", level="message"),
    ended(1_400, "events", level="message"),
    ended(1_398, "posted"),
    ended(2, "parked", "unknown_item"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    database = tmp_path / "the views.db"
    create_views(database)
    start_run(database, Run("R1", NOON, None, "examples/day", "p1", "m1", "{}"))
    finish_run(database, "R1", NOON + timedelta(seconds=2))
    return database


def summary_of(path: Path, *records: Any, width: int = 140) -> tuple[bool, str]:
    write(path, *records)
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, emoji=False, markup=False)
    return print_summary(path, console=console), out.getvalue()


def lines_of(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_good_run_reads_from_balance_to_what_to_type_next(path: Path) -> None:
    is_balanced, text = summary_of(path, *COUNTS, parked(), availability(), rejection(), discrepancy())
    lines = lines_of(text)
    assert is_balanced
    assert lines[:2] == [
        "Run R1 took 2.0 s for 1,300 messages, 650 messages/s",
        "read examples/day by policy p1, master data m1",
    ]
    assert "Messages in made events compared dead letter" in lines
    assert "shop 1,300 1,297 2 1 ✓" in lines
    assert "Events made posted compared duplicate parked dead letter" in lines
    assert "shop 1,400 1,398 · · 2 · ✓" in lines
    assert "all 1,400 1,398 · · 2 ·" in lines
    assert (
        "✓ balanced: 1,300 messages in = 1,297 that made events + 2 ended whole as compared + 1 ended whole as dead "
        "letter; 1,400 events made = 1,400 ended; 0 missing"
    ) in " ".join(lines)
    assert "1 dead letter malformed_json from shop" in lines
    assert "2 compared heartbeats carry no stock from shop" in lines
    assert "master data does not know this item → add it to items.csv, or its code to item_codes.csv, then run" in text
    assert "1 event waits for master data to know item:NEW-1 (unknown item 'NEW-1'" in text
    assert "1 report disagrees with the ledger: view discrepancy" in lines
    assert (
        f"Views in {path}: availability 1, discrepancy 1, dead_letter 1, parked 1, run 1, run_rejection 2, run_count 7"
        in " ".join(lines)
    )
    assert f"sellable explain ABC-1 --database '{path}'" in text


def test_what_needs_a_person_stands_above_what_does_not(path: Path) -> None:
    _, text = summary_of(path, *COUNTS)
    assert text.index("malformed_json") < text.index("unknown_item") < text.index("heartbeats carry no stock")


def test_lost_messages_and_events_are_said_in_red_words(path: Path) -> None:
    is_balanced, text = summary_of(path, *COUNTS, ended(7, "in", level="message", source="erp-db"))
    lines = lines_of(text)
    assert not is_balanced
    assert "erp-db 7 · · · ✗" in lines
    assert "✗ NOT BALANCED: erp-db: 7 messages missing" in lines


def test_when_nothing_is_wrong_it_says_so(path: Path) -> None:
    _, text = summary_of(path, ended(1, "in", level="message"), ended(1, "compared", "a test", level="message"))
    lines = lines_of(text)
    assert lines[lines.index("Needs a hand") + 1] == "nothing"


def test_alerts_are_named(path: Path) -> None:
    _, text = summary_of(path, *COUNTS, *(alert(item=f"ITEM-{number}") for number in range(12)))
    assert lines_of(text).count("oversell: 1 too many sold") == 10
    assert "… and 2 more: view alert" in text


def test_a_run_without_an_end_is_told_from_one_that_ended(tmp_path: Path) -> None:
    create_views(tmp_path / "views.db")
    start_run(tmp_path / "views.db", Run("R1", NOON, None, "examples/day", "p1", "m1", "{}"))
    _, text = summary_of(tmp_path / "views.db")
    assert text.startswith("Run R1 has no end: it still runs, or was killed\n")


def test_the_numbers_are_whole_on_a_narrow_terminal(path: Path) -> None:
    _, text = summary_of(path, *COUNTS, width=80)
    assert "shop 1,400 1,398 · · 2 · ✓" in lines_of(text)
    assert "…" not in text


def test_the_commands_that_are_shown_work(path: Path) -> None:
    _, text = summary_of(path, *COUNTS, parked(), rejection(), discrepancy(), width=1_000)
    commands = [shlex.split(line)[1:] for line in text.splitlines() if " rows " in line]
    assert [command[:2] for command in commands] == [
        ["rows", view] for view in ("dead_letter", "parked", "discrepancy")
    ]
    assert [main(command) for command in commands] == [0, 0, 0]


def test_text_from_outside_cannot_move_the_cursor(path: Path) -> None:
    _, text = summary_of(
        path, *COUNTS, parked("\x1b[2J"), alert(item="[red]X\x07"), ended(1, "in", "", "message", "a\x1b")
    )
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "item:\\x1b[2J" in text


def test_without_a_console_it_goes_to_standard_output(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_summary(path)
    assert capsys.readouterr().out.startswith("Run R1 took 2.0 s for 0 messages, 0 messages/s\n")


def test_a_command_to_type_is_never_broken_over_lines(path: Path) -> None:
    _, text = summary_of(path, *COUNTS, availability(), width=40)
    assert f"explain ABC-1 --database '{path}'\n" in text
