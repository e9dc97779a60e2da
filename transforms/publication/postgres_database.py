"""PostgreSQL database: the views on a server, made, opened and written as `view_database` does it in a file.

The same rules hold: a flush is one transaction, and no row is replaced by an older one. Quantities are `numeric`, times
`timestamptz`; a reader of ours is given them as the text that SQLite would hold. A password is never part of the
address, which is shown, logged and sent to workers: libpq takes it from PGPASSWORD or a password file.
"""

import random
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from transforms.publication.newest_rows import Batch
from transforms.publication.view_database import ViewsError
from transforms.publication.view_tables import SCHEMA_VERSION, VIEWS, View, plain_decimal, upsert_sql, utc_text

SCHEMES = ("postgresql://", "postgres://")
CONNECT_SECONDS_MAX = 10
STATEMENT_SECONDS_MAX = 120
ATTEMPTS_MAX = 14  # with the pauses between them about a minute and a half: longer than a restart of the server
PAUSE_SECONDS_MAX = 10.0
LOCK_NAME = 0x53454C4C  # of the advisory lock under which tables are made

_TYPES: dict[type[Any], str] = {
    str: 'TEXT COLLATE "C"',
    Decimal: "NUMERIC",
    datetime: "TIMESTAMPTZ",
    int: "BIGINT",
    bytes: "BYTEA",
}


class PostgresPlace(NamedTuple):
    """Where a server keeps the views."""

    url: str
    schema: str = ""  # of the tables; "" for the one that the user has

    def __str__(self) -> str:
        return self.url


def place_of(url: str) -> PostgresPlace:
    """A checked address; `ViewsError` where it carries a password or names no database."""
    try:
        parts = urlsplit(url)
        secret = parts.password or any(name in {"password", "passfile"} for name, _ in parse_qsl(parts.query))
    except ValueError:
        raise ViewsError("the address of the database cannot be read, expected postgresql://USER@HOST/NAME") from None
    if secret:
        shown = f"{parts.scheme}://{parts.username or ''}@{parts.hostname or ''}{parts.path}"
        raise ViewsError(f"{shown}: a password stands in the address, expected it in PGPASSWORD or a password file")
    if not parts.path.strip("/"):
        raise ViewsError(f"{url}: names no database, expected postgresql://USER@HOST/NAME")
    return PostgresPlace(url)


class Row(tuple[Any, ...]):
    """One row: by place, as a tuple, and by name, as `sqlite3.Row`."""

    __slots__ = ()
    names: Sequence[str] = ()

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.names.index(key) if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        """The names of its columns."""
        return list(self.names)


class PostgresConnection:
    """A connection that takes the statements of this project as SQLite does."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        psycopg = _psycopg()
        try:
            return self.connection.execute(_marked(sql), [_storable(value) for value in parameters])
        except psycopg.Error as error:
            raise ViewsError(f"the database did not answer: {_said(error)}") from error

    def close(self) -> None:
        self.connection.close()


class PostgresWriter(PostgresConnection):
    """A connection for writing, made again where the server went away."""

    def __init__(self, place: PostgresPlace) -> None:
        super().__init__(_connect(place))
        self.place = place

    def write(self, batches: Iterable[Batch]) -> None:
        """Write rows of views, all or none; `ViewsError` when the server stays away past every attempt."""
        psycopg = _psycopg()
        batches = list(batches)
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                if self.connection.closed:
                    self.connection = _connect(self.place)
                with self.connection.transaction(), self.connection.cursor() as cursor:
                    for view, rows in batches:
                        cursor.executemany(_UPSERTS[view.name], [[_storable(value) for value in row] for row in rows])
            except (psycopg.OperationalError, ViewsError) as error:  # it went away, or two writers wait for each other
                if attempt == ATTEMPTS_MAX:
                    raise ViewsError(f"{self.place}: not written after {attempt} attempts: {_said(error)}") from error
                time.sleep(random.uniform(0.5, 1) * min(0.1 * 2**attempt, PAUSE_SECONDS_MAX))  # noqa: S311 - no secret
            else:
                return


def create_views(place: PostgresPlace) -> None:
    """Make the tables that are missing; `ViewsError` where that cannot be, or where they are of another version."""
    psycopg = _psycopg()
    connection = _connect(place)
    try:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_NAME,))
            if place.schema:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place.schema}")
            for statement in create_statements():
                connection.execute(statement)
            _check_version(connection, place)
    except psycopg.Error as error:
        raise ViewsError(f"{place}: cannot hold the views: {_said(error)}") from error
    finally:
        connection.close()


def in_one_transaction(place: PostgresPlace, statements: Iterable[str]) -> None:
    """Execute statements, all or none; `ViewsError` where that cannot be."""
    psycopg = _psycopg()
    connection = _connect(place)
    try:
        with connection.transaction():
            for statement in statements:
                connection.execute(statement)
    except psycopg.Error as error:
        raise ViewsError(f"{place}: nothing was changed: {_said(error)}") from error
    finally:
        connection.close()


def open_to_read(place: PostgresPlace) -> PostgresConnection:
    """A connection that cannot change anything, with one view of everything from its first statement on."""
    psycopg = _psycopg()
    connection = _connect(place)
    try:
        connection.execute("SET default_transaction_read_only = on")
        connection.execute("SET default_transaction_isolation = 'repeatable read'")
        _check_version(connection, place)
    except psycopg.Error as error:
        connection.close()
        raise ViewsError(f"{place}: cannot be read: {_said(error)}") from error
    connection.row_factory = _rows
    return PostgresConnection(connection)


def create_statements() -> Iterator[str]:
    """What makes the tables, with the meaning of each column beside it."""
    yield "CREATE TABLE IF NOT EXISTS views_version (version INTEGER PRIMARY KEY)"
    yield (
        f"INSERT INTO views_version SELECT {SCHEMA_VERSION}"  # noqa: S608 - our own number
        " WHERE NOT EXISTS (SELECT 1 FROM views_version)"
    )
    for view in VIEWS:
        columns = [
            f"{column.name} {_TYPES[column.type]}{'' if column.optional else ' NOT NULL'}" for column in view.columns
        ]
        lines = ",\n    ".join([*columns, f"PRIMARY KEY ({', '.join(view.key)})"])
        yield f"CREATE TABLE IF NOT EXISTS {view.name} (\n    {lines}\n)"
        yield f"COMMENT ON TABLE {view.name} IS {_quoted(view.means)}"
        for column in view.columns:
            yield f"COMMENT ON COLUMN {view.name}.{column.name} IS {_quoted(column.means)}"


def _upsert(view: View) -> str:
    return re.sub(r"\) IS NOT \(", ") IS DISTINCT FROM (", _marked(upsert_sql(view)))


def _marked(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


_UPSERTS = {view.name: _upsert(view) for view in VIEWS}


def _storable(value: Any) -> Any:
    """What the server's text can hold: a NUL becomes a visible sign of it, half a character a question mark."""
    if isinstance(value, str) and not (value.isascii() and "\0" not in value):
        return value.replace("\0", "\u2400").encode("utf-8", "replace").decode("utf-8")
    return value


def _psycopg() -> Any:
    """The client; loaded when it is needed, since most runs keep their views in a file."""
    try:
        return import_module("psycopg")
    except ImportError:
        needed = "expected the extra postgres: pip install 'sellable[postgres]'"
        raise ViewsError(f"views on a PostgreSQL server need psycopg, which is not installed, {needed}") from None


def _connect(place: PostgresPlace) -> Any:
    psycopg = _psycopg()
    options = f"-c statement_timeout={STATEMENT_SECONDS_MAX}s -c timezone=UTC"
    if place.schema:
        options += f" -c search_path={place.schema}"
    try:
        return psycopg.connect(place.url, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX, options=options)
    except psycopg.Error as error:
        raise ViewsError(f"{place}: cannot be opened: {_said(error)}") from error


def _check_version(connection: Any, place: PostgresPlace) -> None:
    (version,) = connection.execute("SELECT max(version) FROM views_version").fetchone()
    if version != SCHEMA_VERSION:
        raise ViewsError(f"{place}: has views of version {version}, expected {SCHEMA_VERSION}: name another database")


def _said(error: Exception) -> str:
    return " ".join(str(error).split())


def _rows(cursor: Any) -> Any:
    names = [column.name for column in cursor.description or ()]
    row_type = type("Row", (Row,), {"names": names, "__slots__": ()})
    return lambda values: row_type(_shown(value) for value in values)


def _shown(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain_decimal(value)
    return utc_text(value) if isinstance(value, datetime) else value


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
