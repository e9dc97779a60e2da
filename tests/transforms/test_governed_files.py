"""Master data and policy are read from where they are published, with the feed of changes beside them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.yaml_files import SpecError
from tests.company_files import CompanyFiles
from transforms.governed_files import read_governed, read_published, stamp_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> CompanyFiles:
    return CompanyFiles(tmp_path)


def test_changes_hold_over_the_tables(files: CompanyFiles) -> None:
    files.change("items", 1, item="LAMP", base_unit="each")
    read = read_published(str(files.master), str(files.policy), NOON)
    assert set(read.governed.master.items) == {"MUG", "BEANS", "LAMP"}
    assert (read.refused, read.next_at) == ([], None)


def test_what_is_wrong_with_a_change_names_its_line(files: CompanyFiles) -> None:
    files.change("items", 1, item="LAMP", base_unit="each")
    files.change("prices", 1, item="LAMP")
    place = f"{files.master}/changes/team.jsonl:2"
    message = f"{place}: unknown table 'prices', expected one of items"
    read = read_published(str(files.master), str(files.policy), NOON)
    assert [(one.reason, one.place) for one in read.refused] == [("unknown_table", place)]
    assert "LAMP" in read.governed.master.items
    with pytest.raises(SpecError, match="unknown table 'prices'") as error:
        read_governed(str(files.master), str(files.policy))
    assert str(error.value).startswith(message)


def test_a_changed_row_that_does_not_fit_is_told_by_its_own_line(files: CompanyFiles) -> None:
    files.change("location_codes", 1, source="wms", code="DC9", location="NOWHERE")
    with pytest.raises(SpecError, match=r"changes/team.jsonl:1: unknown location 'NOWHERE'"):
        read_governed(str(files.master), str(files.policy))


def test_the_stamp_changes_with_any_file(files: CompanyFiles) -> None:
    stamps = [stamp_of(str(files.master), str(files.policy))]
    files.change("items", 1, item="LAMP", base_unit="each")
    stamps.append(stamp_of(str(files.master), str(files.policy)))
    files.set_policy("2")
    stamps.append(stamp_of(str(files.master), str(files.policy)))
    assert len(set(stamps)) == 3


def test_what_is_not_there_is_said_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="nowhere: no such folder, expected one with the tables of master data"):
        read_governed(str(tmp_path / "nowhere"), str(tmp_path / "policy.yaml"))
