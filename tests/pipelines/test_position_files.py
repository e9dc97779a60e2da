"""Demand planning reads back what the views say: exact quantities, times with their zone, whole files only."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.command_line import main
from pipelines.position_files import write_positions
from tests.transforms.publication.rows import position
from transforms.publication.databases import ViewsError, create_views, open_to_write, write_batches
from transforms.publication.runs import start_run
from transforms.publication.view_tables import VIEW_NAMED, Run, row_maker

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The views of a run R7, with two positions."""
    path = tmp_path / "views.db"
    create_views(path)
    start_run(path, Run("R7", NOON, None, "day", "p1", "m1", "{}"))
    view = VIEW_NAMED["position"]
    row_of = row_maker(view, "R7")
    records = [position("2.50", 3), position("12", 4)._replace(location="WEST", counted_at=NOON)]
    connection = open_to_write(path)
    write_batches(connection, [(view, [row_of(one) for one in records])])
    connection.close()
    return path


def test_what_is_read_back_is_what_was_published(database: Path, tmp_path: Path) -> None:
    path, rows = write_positions(database, tmp_path / "planning")
    table = pq.read_table(path)
    assert (path.name, rows, table.num_rows) == ("positions-R7.parquet", 2, 2)
    assert table.schema.field("on_hand_quantity").type == pa.decimal128(38, 6)
    assert table.schema.field("counted_at").type == pa.timestamp("us", tz="UTC")
    assert table.schema.metadata == {b"run_id": b"R7", b"policy_version": b"p1"}
    found = {row["location"]: (row["on_hand_quantity"], row["counted_at"], row["version"]) for row in table.to_pylist()}
    east, west = found.pop("WEST"), found
    assert east == (Decimal(12), NOON, 4)
    assert [one[0] for one in west.values()] == [Decimal("2.5")]


def test_a_folder_never_holds_half_a_file(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_row: object) -> dict[str, object]:
        raise OSError("the disk is full")

    monkeypatch.setattr("pipelines.position_files._row", fails)
    with pytest.raises(OSError, match="the disk is full"):
        write_positions(database, tmp_path / "planning")
    assert list((tmp_path / "planning").iterdir()) == []


def test_views_without_a_run_are_no_positions(tmp_path: Path) -> None:
    create_views(tmp_path / "views.db")
    with pytest.raises(ViewsError, match="has no run"):
        write_positions(tmp_path / "views.db", tmp_path / "planning")


def test_the_command_says_what_it_wrote(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "planning"
    assert main(["positions", "--to", str(folder), "--database", str(database)]) == 0
    assert capsys.readouterr().out == f"2 positions in {folder}/positions-R7.parquet\n"
    assert [path.name for path in folder.iterdir()] == ["positions-R7.parquet"]
