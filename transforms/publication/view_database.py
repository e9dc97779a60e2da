"""View database: one SQLite file that holds the views, made, opened and written; no pipeline needed.

Many processes may write and read at once: write-ahead logging lets readers go on, and writers wait for each other.
A flush is one transaction and on disk when it returns, so what a queue was told is done is done.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from transforms.publication.newest_rows import Batch
from transforms.publication.view_tables import SCHEMA_VERSION, VIEWS, create_sql, upsert_sql

APPLICATION_ID = 0x53454C4C  # "SELL": tells our databases from those of other programs
LOCK_WAIT_SECONDS = 10.0  # what SQLite itself waits for a lock before we hear of it
LOCK_ATTEMPTS_MAX = 6
LOCK_PAUSE_SECONDS_MAX = 1.0
CACHE_KIBIBYTES = 65_536
PAGE_BYTES = 16_384  # of a new database: rows of claims and figures are long, and 4,096 costs a tenth of the speed
CHECKPOINT_PAGES = 1_000  # 16 MiB of log between checkpoints; a fourth of it costs a tenth of the speed

_SQL = {view.name: upsert_sql(view) for view in VIEWS}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class ViewsError(RuntimeError):
    """A database that cannot be used: what is wrong with it, what was expected."""


def create_views(path: Path) -> None:
    """Make the database, or its missing tables; `ViewsError` where that cannot be or would touch what is not ours."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connect(f"{path.absolute().as_uri()}?mode=rwc", LOCK_WAIT_SECONDS)
    except (OSError, sqlite3.Error) as error:
        raise ViewsError(f"{path}: cannot be made or opened for writing: {error}") from error
    try:
        if _is_new(connection):
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # a database that is there keeps its own
            connection.execute("PRAGMA journal_mode = WAL")
        else:
            _check(connection, path)
        connection.execute("BEGIN IMMEDIATE")
        for view in VIEWS:
            connection.execute(create_sql(view))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise ViewsError(f"{path}: cannot hold the views: {error}") from error
    finally:
        connection.close()


def open_to_write(path: Path, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> sqlite3.Connection:
    """A connection for `write_batches`; `ViewsError` unless `create_views` made the database."""
    return _open(path, "rw", lock_wait_seconds)


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot change anything; rows have names."""
    connection = _open(path, "ro", LOCK_WAIT_SECONDS)
    connection.row_factory = sqlite3.Row
    return connection


def write_batches(connection: sqlite3.Connection, batches: Iterable[Batch]) -> None:
    """Write rows of views, all or none; `ViewsError` when other writers keep the lock past every attempt."""
    batches = list(batches)

    def write() -> None:
        for view, rows in batches:
            connection.executemany(_SQL[view.name], rows)

    in_one_transaction(connection, write)


def in_one_transaction(connection: sqlite3.Connection, write: Callable[[], object]) -> None:
    """What `write` does, all or none; `ViewsError` when other writers keep the lock past every attempt."""
    for attempt in range(1, LOCK_ATTEMPTS_MAX + 1):
        try:
            _write_once(connection, write)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _BUSY:
                raise
            if attempt == LOCK_ATTEMPTS_MAX:
                raise ViewsError(f"another process kept the database locked for {attempt} attempts") from error
            time.sleep(random.uniform(0, LOCK_PAUSE_SECONDS_MAX))  # noqa: S311 - spreads writers, no secret
        else:
            return


def _write_once(connection: sqlite3.Connection, write: Callable[[], object]) -> None:
    connection.execute("BEGIN IMMEDIATE")  # takes the write lock now: a later upgrade could fail half-way
    try:
        write()
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _open(path: Path, mode: str, lock_wait_seconds: float) -> sqlite3.Connection:
    if not path.is_file():
        raise ViewsError(f"{path}: no such file, expected the database that a run of the pipeline made")
    try:
        connection = _connect(f"{path.absolute().as_uri()}?mode={mode}", lock_wait_seconds)
        _check(connection, path)
    except sqlite3.Error as error:
        raise ViewsError(f"{path}: cannot be opened: {error}") from error
    return connection


def _connect(uri: str, lock_wait_seconds: float) -> sqlite3.Connection:
    # A DoFn is used by one thread at a time, but not always by the thread that set it up.
    connection = sqlite3.connect(
        uri, uri=True, timeout=lock_wait_seconds, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    return connection


def _is_new(connection: sqlite3.Connection) -> bool:
    (table_count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return table_count == 0 and _pragma(connection, "application_id") == 0


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise ViewsError(f"{path}: is the database of another program, expected one of ours or none")
    version = _pragma(connection, "user_version")
    if version != SCHEMA_VERSION:
        raise ViewsError(
            f"{path}: has views of version {version}, expected {SCHEMA_VERSION}: move it away and run again"
        )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)
