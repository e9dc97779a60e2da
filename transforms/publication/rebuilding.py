"""Rebuilding: views made apart from those that people read, and put in their place in one step at the end.

A row is never replaced by an older one, so a run that no longer says something (a mapping was mended, and an event is
on another item) leaves what an earlier run said. A rebuild starts from nothing and keeps nothing of it.

The views take their place in one transaction of the database: whoever reads sees all of the old rows or all of the new
ones, a connection stays good, and a crash leaves the old. To rename another file to that of SQLite would not do: who
has it open keeps the old file but shares the log beside it with those that open the new one, and both break.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transforms.publication import postgres_database
from transforms.publication.databases import Database, create_views
from transforms.publication.postgres_database import PostgresPlace
from transforms.publication.view_database import ViewsError, in_one_transaction, open_to_write
from transforms.publication.view_tables import VIEWS

STAGING = "sellable_rebuild"  # schema on a server
ENDING = ".rebuild"  # of the file beside that of SQLite
SIDE_FILES = ("", "-wal", "-shm", "-journal")


@contextmanager
def views_apart(database: Database) -> Iterator[Database]:
    """Empty views beside those of `database`, in its file system or on its server; they are gone when the block ends.

    One rebuild of a database at a time: what one finds there is taken for the rest of another that was killed.
    """
    place = _place_beside(database)
    _remove(place)
    create_views(place)
    try:
        yield place
    finally:
        _remove(place)


def take_the_place_of(apart: Database, database: Database) -> None:
    """Replace every view of `database` by that of `apart`, all or none; `ViewsError` where that cannot be."""
    statements = [one for view in VIEWS for one in _replacing(view.name, [column.name for column in view.columns])]
    if isinstance(database, PostgresPlace):
        postgres_database.in_one_transaction(database, ["SET LOCAL statement_timeout = 0", *_locks(), *statements])
        return
    connection = open_to_write(database)
    try:
        connection.execute(f"ATTACH ? AS {STAGING}", (str(apart),))
        in_one_transaction(connection, lambda: [connection.execute(statement) for statement in statements])
    except sqlite3.Error as error:
        raise ViewsError(f"{database}: its views could not be replaced and stay as they were: {error}") from error
    finally:
        connection.close()


def _replacing(view: str, columns: list[str]) -> Iterator[str]:
    names = ", ".join(columns)
    yield f"DELETE FROM {view}"  # noqa: S608 - our own names
    yield f"INSERT INTO {view} ({names}) SELECT {names} FROM {STAGING}.{view}"  # noqa: S608 - our own names


def _locks() -> Iterator[str]:
    """Other writers wait until it is done; readers do not."""
    yield from (f"LOCK TABLE {view.name} IN SHARE ROW EXCLUSIVE MODE" for view in VIEWS)


def _place_beside(database: Database) -> Database:
    if isinstance(database, Path):
        return database.with_name(database.name + ENDING)
    return database._replace(schema=STAGING)


def _remove(place: Database) -> None:
    if isinstance(place, PostgresPlace):
        postgres_database.in_one_transaction(place._replace(schema=""), [f"DROP SCHEMA IF EXISTS {STAGING} CASCADE"])
        return
    try:
        for ending in SIDE_FILES:
            place.with_name(place.name + ending).unlink(missing_ok=True)
    except OSError as error:
        raise ViewsError(f"{place}: cannot be removed: {error}") from error
