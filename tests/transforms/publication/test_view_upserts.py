"""Records of any view are written flush by flush, whatever keeps them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.publication.rows import position, rejection
from transforms.publication.tallies import clear_tallies, tallied
from transforms.publication.view_database import ViewsError, create_views, open_to_read
from transforms.publication.view_upserts import FLUSH_ROWS, ROWS_WRITTEN, _UpsertFn


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_views(tmp_path / "views.db")
    return tmp_path / "views.db"


@pytest.fixture
def upserting(path: Path) -> Iterator[_UpsertFn]:
    upserting = _UpsertFn(path, "R1")
    upserting.setup()
    yield upserting
    upserting.teardown()


def read(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = open_to_read(path)
    rows = [tuple(row) for row in connection.execute(sql)]
    connection.close()
    return rows


def test_a_flush_is_due_after_so_many_different_rows(path: Path, upserting: _UpsertFn) -> None:
    clear_tallies()
    upserting.start_bundle()
    for number in range(FLUSH_ROWS - 1):
        upserting.process(position("1", 1, f"ITEM-{number}"))
    upserting.process(position("2", 2, "ITEM-0"))
    assert read(path, "SELECT count(*) FROM position") == [(0,)]
    upserting.process(position("1", 1, "ONE-MORE"))
    assert read(path, "SELECT count(*) FROM position") == [(20_000,)]
    assert tallied() == {ROWS_WRITTEN: 20_000}
    upserting.finish_bundle()
    assert tallied() == {ROWS_WRITTEN: 20_000}


def test_a_flush_is_due_after_so_many_bytes_of_payload(path: Path, upserting: _UpsertFn) -> None:
    upserting.start_bundle()
    for number in range(5):
        upserting.process(rejection(event_index=number, payload=b"x" * 4 * 1024 * 1024))
    assert read(path, "SELECT count(*) FROM dead_letter") == [(4,)]


def test_what_a_failed_bundle_left_is_forgotten(path: Path, upserting: _UpsertFn) -> None:
    upserting.start_bundle()
    upserting.process(position("9", 9))
    upserting.start_bundle()
    upserting.process(position("1", 1))
    upserting.finish_bundle()
    assert read(path, "SELECT on_hand_quantity FROM position") == [("1",)]


def test_a_run_without_a_database_ends_with_a_clear_error(tmp_path: Path) -> None:
    missing = _UpsertFn(tmp_path / "views.db", "R1")
    with pytest.raises(ViewsError, match="no such file, expected the database that a run of the pipeline made"):
        missing.setup()
