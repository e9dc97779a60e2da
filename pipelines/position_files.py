"""Position files: the view of positions in, one Parquet file of it out, as demand planning takes it.

Quantities are exact decimals of six places, times carry UTC, ids stay text. A file appears under its name only when it
is whole, so whoever watches the folder never reads half of one; the run that last wrote the views names it.
"""

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.publication.databases import Database, ViewsError, open_to_read

ROWS_MAX = 100_000  # of one row group; what is held in memory at a time
QUANTITY = pa.decimal128(38, 6)
MOMENT = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        pa.field("item", pa.string(), nullable=False),
        pa.field("location", pa.string(), nullable=False),
        pa.field("lot", pa.string(), nullable=False),
        pa.field("disposition", pa.string(), nullable=False),
        pa.field("on_hand_quantity", QUANTITY, nullable=False),
        pa.field("counted_at", MOMENT),
        pa.field("version", pa.int64(), nullable=False),
    ]
)


def write_positions(database: Database, folder: Path) -> tuple[Path, int]:
    """Write the positions to `positions-RUN.parquet` in a folder; the file, and how many rows it has.

    `ViewsError` where no run has written any views.
    """
    connection = open_to_read(database)
    try:
        connection.execute("BEGIN")  # one view of everything while others go on writing
        run = connection.execute("SELECT run_id, policy_version FROM run ORDER BY run_id DESC LIMIT 1").fetchone()
        if run is None:
            raise ViewsError(f"{database} has no run, expected the views of one")
        rows = connection.execute(
            f"SELECT {', '.join(SCHEMA.names)} FROM position ORDER BY item, location, lot, disposition"  # noqa: S608
        )
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"positions-{run['run_id']}.parquet"
        return path, _write(path, rows, {"run_id": run["run_id"], "policy_version": run["policy_version"]})
    finally:
        connection.close()


def _write(path: Path, rows: Any, said: dict[str, str]) -> int:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    total = 0
    try:
        with pq.ParquetWriter(unfinished, SCHEMA.with_metadata(said)) as writer:
            while chunk := rows.fetchmany(ROWS_MAX):
                writer.write_table(pa.Table.from_pylist(list(map(_row, chunk)), SCHEMA.with_metadata(said)))
                total += len(chunk)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return total


def _row(row: Any) -> dict[str, Any]:
    found = {name: row[name] for name in SCHEMA.names}
    at = found["counted_at"]
    moment = datetime.fromisoformat(at).astimezone(UTC) if at else None
    return found | {"on_hand_quantity": Decimal(found["on_hand_quantity"]), "counted_at": moment}
