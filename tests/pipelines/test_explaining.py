"""Why a channel is told what it is told."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.explaining import explain
from pipelines.item_report import UnknownItemError
from pipelines.terminal_text import new_console
from tests.transforms.publication.rows import (
    NOON,
    alert,
    availability,
    claim,
    discrepancy,
    inbound,
    position,
    promise,
)
from tests.written_views import write
from transforms.publication.view_database import create_views
from transforms.publication.view_tables import Run

MASTER = Path(__file__).parents[2] / "examples" / "company" / "master"

CHAIN = json.dumps(
    [
        {"step": "on_hand", "quantity": "1013", "rule": "at the channel's locations"},
        {"step": "reserved", "quantity": "-10.5", "rule": "open claims"},
        {"step": "pool", "quantity": "0", "rule": "shared pool"},
        {"step": "floor", "quantity": "2", "rule": "no location counts below zero"},
        {"step": "sell_units", "quantity": "502", "rule": "whole units of pair (2), rounded down"},
    ]
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_views(tmp_path / "views.db")
    return tmp_path / "views.db"


def note_run(path: Path, **options: object) -> None:
    texts = json.dumps({name: str(value) for name, value in options.items()})
    write(path, Run("R1", NOON, NOON, "day", "p1", "m1", texts))


def told(path: Path, *question: Any) -> list[str]:
    out = io.StringIO()
    new_console(out).print(explain(path, *question))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def after(lines: list[str], title: str, number: int = 2) -> list[str]:
    start = lines.index(title) + 1
    return lines[start : start + number]


def test_the_chain_is_told_step_by_step_with_what_is_left(path: Path) -> None:
    write(path, availability(502, chain=CHAIN))
    lines = told(path, "ABC-1")
    assert after(lines, "web may sell 502 as W-ABC-1, by policy 2026-03-01", 6) == [
        "1,013 = 1,013 on_hand at the channel's locations",
        "-10.5 = 1,002.5 reserved open claims",
        "0 = 1,002.5 pool shared pool",
        "+2 = 1,004.5 floor no location counts below zero",
        "= 502 sell_units whole units of pair (2), rounded down",
        "",
    ]


def test_the_last_change_leads_to_the_message_as_it_arrived(path: Path, tmp_path: Path) -> None:
    orders = tmp_path / "day" / "shop" / "20260302T120000Z_orders.jsonl"
    orders.parent.mkdir(parents=True)
    orders.write_bytes(b'{"id": 1000}\n{"id": 1001, "note": "\x1b[31mred"}\n')
    note_run(path, input_folder=tmp_path / "day")
    older = availability(1, channel="b2b", changed_at=NOON.replace(hour=9), changed_by="old", version=9)
    write(path, availability(), older)
    assert after(told(path, "ABC-1"), "Last change", 7) == [
        "event shop:order:1001:1",
        "source shop",
        "received 2026-03-02T12:00:00+00:00",
        "message shop/20260302T120000Z_orders.jsonl#2",
        "correlation id corr-1001",
        f"file {orders}, line 2",
        '{"id": 1001, "note": "\\x1b[31mred"}',
    ]


def test_a_message_whose_file_is_gone_is_still_named(path: Path) -> None:
    note_run(path, input_folder="moved_away")
    write(path, availability())
    assert after(told(path, "ABC-1"), "correlation id corr-1001", 1) == ["(its file is not in moved_away any more)"]


def test_stock_claims_inbound_and_trouble_stand_behind_the_figure(path: Path) -> None:
    counted = position("40", location="WEST")._replace(counted_at=NOON)
    write(
        path,
        availability(),
        position(),
        counted,
        claim(),
        claim("1.5", order="SO-2"),
        inbound(),
        discrepancy(),
        alert(),
    )
    lines = told(path, "ABC-1")
    assert after(lines, "On hand, 45 in all", 3) == [
        "location lot disposition quantity counted last moved by",
        "EAST sellable 5 wms-east:receipt:R1:1",
        "WEST sellable 40 2026-03-02T12:00:00+00:00 wms-east:receipt:R1:1",
    ]
    assert after(lines, "Open claims, 3.5 in all", 3) == [
        "order channel status open allocated expires",
        "SO-1 web recorded 2 0",
        "SO-2 web recorded 1.5 0",
    ]
    assert after(lines, "Inbound, 7 in all")[1] == "PO-1 EAST 7 2026-03-02T12:00:00+00:00"
    assert after(lines, "Reports that disagree")[1] == "EAST count wms-east wms-east:count:C1:1 5 4"
    assert after(lines, "Alerts", 1) == ["oversell: 1 too many sold, since shop:order:1001:1"]


def test_very_many_claims_are_cut_but_added_up(path: Path) -> None:
    write(path, availability(), *(claim("1", order=f"SO-{number:03}") for number in range(100)))
    lines = told(path, "ABC-1")
    assert "Open claims, 100 in all" in lines
    assert "… and 70 more" in lines


def test_what_can_be_promised_is_told_by_the_days_on_which_it_changes(path: Path) -> None:
    days = (("2026-03-02", "3"), ("2026-03-03", "3"), ("2026-03-09", "12"))
    write(path, availability(), *(promise(quantity, day=day) for day, quantity in days))
    assert "to promise by day: from 2026-03-02 3, from 2026-03-09 12" in told(path, "ABC-1")


def test_a_kit_is_told_with_its_components_and_an_item_with_its_kits(path: Path) -> None:
    note_run(path, master_data=MASTER, as_of="2026-03-03 06:00:00+00:00")
    write(path, availability(item="KIT-POUROVER"), position("9", item="MUG-BLUE"), position("4", item="DRIPPER-V1"))
    lines = told(path, "KIT-POUROVER")
    assert lines[0].startswith("KIT-POUROVER Pour-over set")
    assert after(lines, "Made of", 4) == [
        "component each kit scrap on hand, by location and disposition",
        "DRIPPER-V1 1 0 EAST sellable 4",
        "PAPER-V1 1 0 nothing",
        "MUG-BLUE 2 0 EAST sellable 9",
    ]
    assert "Part of KIT-STARTER" in lines
    assert "Part of KIT-POUROVER, KIT-STARTER" in told(path, "MUG-BLUE")


def test_the_components_of_a_kit_are_those_of_the_day_of_the_run(path: Path) -> None:
    note_run(path, master_data=MASTER, as_of="2025-12-24 12:00:00+00:00")
    write(path, availability(item="KIT-POUROVER"))
    assert "MUG-BLUE 1 0 nothing" in told(path, "KIT-POUROVER")


@pytest.mark.parametrize(
    ("story", "options", "finished_at", "mugs_each"),
    [
        ("a run over files that ended", {}, datetime(2025, 12, 24, tzinfo=UTC), "1"),
        ("a stream that began then and goes on: its figures are of now", {}, None, "2"),
        ("a run as of a time", {"as_of": "2025-12-24 12:00:00+00:00"}, None, "1"),
    ],
)
def test_a_kit_is_made_of_what_holds_when_its_figures_do(
    path: Path, story: str, options: dict[str, str], finished_at: datetime | None, mugs_each: str
) -> None:
    texts = json.dumps({"master_data": str(MASTER), **options})
    write(path, Run("R1", datetime(2025, 12, 23, tzinfo=UTC), finished_at, "day", "p1", "m1", texts))
    write(path, availability(item="KIT-POUROVER"))
    assert f"MUG-BLUE {mugs_each} 0 nothing" in told(path, "KIT-POUROVER")


@pytest.mark.parametrize(("as_of", "told_of"), [("2025-10-31 23:59:59+00:00", 0), ("2025-11-01 00:00:00+00:00", 1)])
def test_an_item_is_part_of_kits_that_are_made_of_it_then(path: Path, as_of: str, told_of: int) -> None:
    """Before November nobody roasted at home."""
    note_run(path, master_data=MASTER, as_of=as_of)
    write(path, position("9", item="JAR-500"))
    assert told(path, "JAR-500").count("Part of KIT-ROAST") == told_of


def test_without_master_data_it_says_that_components_are_missing(path: Path, tmp_path: Path) -> None:
    note_run(path, master_data=tmp_path / "none")
    write(path, availability())
    assert f"(no components: master data {tmp_path / 'none'} is not to be had)" in told(path, "ABC-1")


def test_one_channel_can_be_asked_for(path: Path) -> None:
    write(path, availability(), availability(channel="b2b"))
    lines = told(path, "ABC-1", "b2b")
    assert [line for line in lines if " may sell " in line] == ["b2b may sell 3 as W-ABC-1, by policy 2026-03-01"]


def test_an_item_that_no_channel_lists_is_explained_by_its_stock(path: Path) -> None:
    write(path, position())
    lines = told(path, "ABC-1")
    assert lines[:2] == ["ABC-1", "no channel lists it"]
    assert "On hand, 5 in all" in lines


def test_an_unknown_item_is_an_error_with_a_message(path: Path) -> None:
    with pytest.raises(UnknownItemError, match="no item or listing 'ABC-1' in the views"):
        explain(path, "ABC-1")


def test_text_from_outside_cannot_move_the_cursor(path: Path) -> None:
    write(path, availability(listing="\x1b[2J", changed_source="[red]x"), position()._replace(changed_by="\x9b2J"))
    text = "\n".join(told(path, "ABC-1"))
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\\x1b[2J" in text
    assert "source [red]x" in text
