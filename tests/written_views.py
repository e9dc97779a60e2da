"""Written views: records in, written to a database of views as a run would write them; and what is there, back."""

from typing import Any

from transforms.publication.databases import Database, open_to_read, open_to_write, write_batches
from transforms.publication.newest_rows import NewestRows


def write(database: Database, *records: Any, run_id: str = "R1") -> None:
    """Write the newest of each row."""
    rows = NewestRows(run_id)
    for record in records:
        rows.add(record)
    connection = open_to_write(database)
    write_batches(connection, rows.batches())
    connection.close()


def rows_of(database: Database, query: str) -> list[tuple[Any, ...]]:
    """What the views answer."""
    connection = open_to_read(database)
    try:
        return list(map(tuple, connection.execute(query).fetchall()))
    finally:
        connection.close()
