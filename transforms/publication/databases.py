"""Databases: where views are kept, a SQLite file or a PostgreSQL server, and one way to make, read and write both."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from transforms.publication import postgres_database, view_database
from transforms.publication.newest_rows import Batch
from transforms.publication.postgres_database import PostgresPlace, PostgresWriter
from transforms.publication.view_database import ViewsError

__all__ = [
    "Connection",
    "Database",
    "ViewsError",
    "create_views",
    "database_of",
    "open_to_read",
    "open_to_write",
    "write_batches",
]

Database = Path | PostgresPlace


class Connection(Protocol):
    """What readers ask: statements with `?` for parameters, rows by place and by name."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """A cursor over the rows."""

    def close(self) -> None:
        """End it."""


def database_of(text: str | Path) -> Database:
    """The database that an option names: the address of a server, else the path of a file."""
    if isinstance(text, str) and text.startswith(postgres_database.SCHEMES):
        return postgres_database.place_of(text)
    return Path(text)


def create_views(database: Database) -> None:
    """Make the tables that are missing; `ViewsError` where that cannot be."""
    if isinstance(database, Path):
        view_database.create_views(database)
    else:
        postgres_database.create_views(database)


def open_to_read(database: Database) -> Connection:
    """A connection that cannot change anything."""
    if isinstance(database, Path):
        return view_database.open_to_read(database)
    return postgres_database.open_to_read(database)


def open_to_write(database: Database) -> Connection:
    """A connection for `write_batches`; `ViewsError` unless `create_views` made the tables."""
    if isinstance(database, Path):
        return view_database.open_to_write(database)
    return PostgresWriter(database)


def write_batches(connection: Connection, batches: Iterable[Batch]) -> None:
    """Write rows of views, all or none; `ViewsError` where they cannot be written past every attempt."""
    if isinstance(connection, sqlite3.Connection):
        view_database.write_batches(connection, batches)
    elif isinstance(connection, PostgresWriter):
        connection.write(batches)
    else:
        raise TypeError(f"{type(connection).__name__} cannot write, expected a connection of open_to_write")
