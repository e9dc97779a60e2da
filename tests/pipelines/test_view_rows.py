"""Rows of a view for people: the columns they look at first, in the order of the key, and no name that is not ours."""

from pathlib import Path

import pytest

from pipelines.view_rows import NoSuchColumnError, read_rows
from tests.transforms.publication.rows import parked, position, settlement
from transforms.publication.newest_rows import NewestRows
from transforms.publication.view_database import create_views, open_to_write, write_batches


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "views.db"
    create_views(path)
    rows = NewestRows("R1")
    for record in (position("2"), parked("NEW-1"), parked("NEW-2", event_index=1)):
        rows.add(record)
    connection = open_to_write(path)
    write_batches(connection, rows.batches())
    connection.close()
    return path


def shown(database: Path, view: str, *columns: str, limit: int = 50) -> list[tuple[str, ...]]:
    table = read_rows(database, view, columns, limit)
    cells = [[str(cell) for cell in column.cells] for column in table.columns]
    return [tuple(str(column.header) for column in table.columns), *zip(*cells, strict=True)]


def test_a_view_shows_what_people_look_at_first(database: Path) -> None:
    header, first, second = shown(database, "parked")
    assert header == ("missing_key", "message", "message_id")
    assert (first[0], second[0]) == ("item:NEW-1", "item:NEW-2")


def test_what_has_been_settled_is_shown_only_when_asked_for(database: Path) -> None:
    rows = NewestRows("R1")
    rows.add(settlement(message_id=parked().message_id))
    connection = open_to_write(database)
    write_batches(connection, rows.batches())
    connection.close()
    assert [row[0] for row in shown(database, "parked")[1:]] == ["item:NEW-2"]
    assert len(list(read_rows(database, "parked", closed=True).columns[0].cells)) == 2


def test_columns_may_be_named(database: Path) -> None:
    assert shown(database, "position", "on_hand_quantity") == [("on_hand_quantity",), ("2",)]


def test_more_rows_than_the_limit_are_announced(database: Path) -> None:
    assert len(shown(database, "parked", limit=1)) == 2
    assert read_rows(database, "parked", (), 1).caption == "the first 1; --limit shows more"


@pytest.mark.parametrize(
    ("view", "columns", "said"),
    [
        ("stock", (), "no view 'stock', expected one of position"),
        ("position", ("on_hand",), "view position has no column 'on_hand', expected some of item"),
        ("position", ("item FROM run; --",), "has no column"),
    ],
)
def test_a_name_that_is_not_ours_is_refused(database: Path, view: str, columns: tuple[str, ...], said: str) -> None:
    with pytest.raises(NoSuchColumnError, match=said):
        read_rows(database, view, columns)
