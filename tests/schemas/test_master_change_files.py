"""A change that the tables do not fit with is left out by itself, and holds as soon as they do."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.master_change_files import read_changes
from schemas.master_data import load_master, load_master_data
from schemas.yaml_files import SpecError
from tests.company_files import CompanyFiles

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> CompanyFiles:
    return CompanyFiles(tmp_path / "company")


def test_lines_are_changes_or_say_why_not(files: CompanyFiles) -> None:
    files.change("items", 1, item="LAMP", base_unit="each")
    path = files.master / "changes" / "other.jsonl"
    path.write_text("\nnot JSON\n")
    changes, refused = read_changes(files.master / "changes")
    assert [one.key for one in changes] == [("LAMP",)]
    assert [(one.reason, one.place) for one in refused] == [("unreadable_change", f"{path}:2")]


def test_a_change_that_names_what_is_not_there_waits_alone_and_holds_once_it_is(files: CompanyFiles) -> None:
    files.change("item_codes", 1, source="wms", code="L", item="LAMP")
    files.change("location_codes", 1, source="wms", code="W", location="WEST")
    loaded = load_master(files.master, NOW)
    assert loaded.master.location_of("wms", "W") == "WEST"
    assert loaded.master.item_of("wms", "L") is None
    (one,) = loaded.refused
    assert one.reason == "unfit_change"
    assert one.message.endswith("team.jsonl:1: unknown item 'LAMP', expected one that items.csv defines")
    files.change("items", 1, item="LAMP", base_unit="each")
    loaded = load_master(files.master, NOW)
    assert (loaded.refused, loaded.master.item_of("wms", "L")) == ([], "LAMP")


def test_what_is_wrong_without_changes_too_is_wrong_as_a_whole(files: CompanyFiles) -> None:
    files.change("item_codes", 1, source="wms", code="L", item="LAMP")
    files.add("location_codes", "wms,W,MOON")
    with pytest.raises(SpecError, match=r"location_codes.csv:2: unknown location 'MOON'"):
        load_master(files.master, NOW)


def test_a_run_over_files_stops_at_it(files: CompanyFiles) -> None:
    files.change("item_codes", 1, source="wms", code="L", item="LAMP")
    with pytest.raises(SpecError, match="LAMP"):
        load_master_data(files.master)


def test_one_bad_change_does_not_hold_up_many(files: CompanyFiles) -> None:
    for number in range(40):
        files.change("item_codes", 1, source="wms", code=f"L{number}", item="LAMP")
    files.change("item_codes", 1, source="wms", code="M", item="MUG")
    loaded = load_master(files.master, NOW)
    assert loaded.master.item_of("wms", "M") == "MUG"
    assert len(loaded.refused) == 40
    assert json.loads(loaded.refused[0].text)["row"]["item"] == "LAMP"
