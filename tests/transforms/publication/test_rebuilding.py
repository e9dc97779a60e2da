"""Views made anew take the place of the old in one step, under the eyes of readers; what failed changes nothing."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import written_views
from tests.postgres_server import PostgresServer
from tests.transforms.publication.rows import alert, decision, position, rejection
from transforms.publication import view_database
from transforms.publication.databases import (
    Connection,
    Database,
    ViewsError,
    create_views,
    database_of,
    open_to_read,
    open_to_write,
)
from transforms.publication.postgres_database import PostgresPlace
from transforms.publication.rebuilding import STAGING, take_the_place_of, views_apart

OLD = [position("5", 9), position("7", 9, item="GONE"), decision(), alert()]
NEW = [position("3", 1), rejection()]
ITEMS = "SELECT item, on_hand_quantity, version FROM position ORDER BY item"
OLD_ITEMS, NEW_ITEMS = [("ABC-1", "5", 9), ("GONE", "7", 9)], [("ABC-1", "3", 1)]


@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "file":
        database: Database = tmp_path / "views.db"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        database = database_of(server.new_database())
    create_views(database)
    write(database, OLD)
    return database


def write(database: Database, records: Iterable[Any]) -> None:
    written_views.write(database, *records)


@contextmanager
def reader(database: Database) -> Iterator[Connection]:
    connection = open_to_read(database)
    try:
        yield connection
    finally:
        connection.close()


def items(connection: Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(ITEMS)]


def read(database: Database, sql: str = ITEMS) -> list[tuple[Any, ...]]:
    with reader(database) as connection:
        return [tuple(row) for row in connection.execute(sql)]


def test_nothing_of_the_old_views_stays_whatever_their_versions(database: Database) -> None:
    with views_apart(database) as apart:
        write(apart, NEW)
        assert read(database) == OLD_ITEMS
        take_the_place_of(apart, database)
    assert read(database) == NEW_ITEMS
    assert [read(database, f"SELECT count(*) FROM {view}")[0][0] for view in ("decision", "alert", "dead_letter")] == [
        *(0, 0, 1)
    ]


def test_a_reader_that_has_begun_sees_the_old_to_its_end_and_then_the_new_on_the_same_connection(
    database: Database,
) -> None:
    with reader(database) as one, reader(database) as other:
        one.execute("BEGIN")
        assert items(one) == OLD_ITEMS
        assert items(other) == OLD_ITEMS
        with views_apart(database) as apart:
            write(apart, NEW)
            take_the_place_of(apart, database)
        assert items(one) == OLD_ITEMS
        assert items(other) == NEW_ITEMS
        one.execute("COMMIT")
        assert items(one) == NEW_ITEMS


def test_rows_move_forward_again_after_a_rebuild(database: Database) -> None:
    with views_apart(database) as apart:
        write(apart, NEW)
        take_the_place_of(apart, database)
    write(database, [position("4", 2)])
    assert read(database) == [("ABC-1", "4", 2)]


def test_a_run_that_fails_leaves_the_old_views_and_nothing_beside_them(database: Database) -> None:
    def failing() -> None:
        with views_apart(database) as apart:
            write(apart, NEW)
            raise RuntimeError("the run failed")

    with pytest.raises(RuntimeError, match="the run failed"):
        failing()
    assert read(database) == OLD_ITEMS
    assert is_clean(database)


def is_clean(database: Database) -> bool:
    if isinstance(database, PostgresPlace):
        return not read(database, f"SELECT 1 FROM pg_namespace WHERE nspname = '{STAGING}'")
    return not list(database.parent.glob("*.rebuild*"))


def test_what_a_killed_rebuild_left_is_not_taken_for_ones_own(database: Database) -> None:
    killed = views_apart(database)
    write(killed.__enter__(), OLD)
    with views_apart(database) as apart:
        assert read(apart) == []
        write(apart, NEW)
        take_the_place_of(apart, database)
    assert read(database) == NEW_ITEMS
    assert is_clean(database)


def test_where_one_view_cannot_be_replaced_none_is(database: Database) -> None:
    with views_apart(database) as apart:
        write(apart, NEW)
        spoil(apart)
        with pytest.raises(ViewsError):
            take_the_place_of(apart, database)
    assert read(database) == OLD_ITEMS
    assert read(database, "SELECT count(*) FROM decision") == [(1,)]


def spoil(apart: Database) -> None:
    """Without the last of the views."""
    connection = open_to_write(apart)
    connection.execute("DROP TABLE run_count")
    connection.close()


def test_another_writer_that_keeps_the_lock_is_waited_for_and_then_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_database, "LOCK_PAUSE_SECONDS_MAX", 0)
    monkeypatch.setattr(view_database.open_to_write, "__defaults__", (0.01,))
    database = tmp_path / "views.db"
    create_views(database)
    write(database, OLD)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with views_apart(database) as apart, pytest.raises(ViewsError, match="kept the database locked"):
        take_the_place_of(apart, database)
    other.execute("ROLLBACK")
    other.close()
    assert read(database) == OLD_ITEMS
