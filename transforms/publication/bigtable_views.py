"""Bigtable views: records of any view in, the newest row of each in one Bigtable table.

A row is one cell, `v:row`, that holds it as JSON, at the version of the row as its timestamp: Bigtable itself keeps
the newest, whatever is retried or overtaken, and the same version written again replaces it. Where the first row stays,
it is written only if there is none. The key is `view#part#part`, each part percent-encoded, so that all rows of an item
lie together.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import apache_beam as beam
from apache_beam.metrics.metric import Metrics

from transforms.publication.newest_rows import Batch, NewestRows
from transforms.publication.row_documents import json_line, payload_fields
from transforms.publication.view_tables import View

FAMILY, COLUMN = "v", b"row"
FLUSH_ROWS = 1_000
FLUSH_PAYLOAD_BYTES = 16 * 1024 * 1024
CELL_BYTES_MAX = 90 * 1024 * 1024  # Bigtable refuses more than 100 MB
VERSION_MAX = (
    9 * 10**15
)  # of a timestamp in milliseconds, kept in microseconds; the clock's microseconds fit until 2255

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BigtableError(RuntimeError):
    """Rows that Bigtable did not take."""


class WriteBigtableViews(beam.PTransform[Any, Any]):
    """Keep the newest row of every view in a Bigtable table that `create_bigtable_views` made.

    In:       records of any view, in any order, with duplicates, see `view_tables`.
    Out:      nothing: an empty collection, finished when all is written.
    State:    none in Beam; the table is the state, and no row of it is replaced by an older one.
    Rejects:  nothing; a table that cannot be written ends the bundle, which is tried again.
    Source:   Bigtable: versions of a cell by timestamp; conditional writes.
    """

    def __init__(self, project: str, instance: str, table: str, run_id: str = "") -> None:
        super().__init__()
        self.place = (project, instance, table)
        self.run_id = run_id

    def expand(self, records: Any) -> Any:
        return records | "Upsert" >> beam.ParDo(_BigtableFn(self.place, self.run_id)).with_output_types(None)


class _BigtableFn(beam.DoFn):
    def __init__(self, place: tuple[str, str, str], run_id: str) -> None:
        self.place = place
        self.run_id = run_id

    def setup(self) -> None:
        self.table = open_bigtable(*self.place)
        self.rows = NewestRows(self.run_id)
        self.rows_written = Metrics.counter("publication", "bigtable_rows_written")

    def start_bundle(self) -> None:
        self.rows.clear()  # what a failed bundle left comes again

    def process(self, record: Any) -> None:
        self.rows.add(record)
        if self.rows.row_count >= FLUSH_ROWS or self.rows.payload_bytes >= FLUSH_PAYLOAD_BYTES:
            self._flush()

    def finish_bundle(self) -> None:
        if self.rows.row_count:
            self._flush()

    def _flush(self) -> None:
        write_bigtable(self.table, self.rows.batches())
        self.rows_written.inc(self.rows.row_count)
        self.rows.clear()


def open_bigtable(project: str, instance: str, table: str, *, admin: bool = False) -> Any:
    """The table; nothing is asked of the server yet."""
    from google.cloud import bigtable  # noqa: PLC0415 - its client takes a second to import

    client: Any = bigtable.Client
    return client(project, admin=admin).instance(instance).table(table)


def create_bigtable_views(project: str, instance: str, table: str) -> None:
    """Make the table where there is none: one family that keeps the newest cell."""
    from google.cloud.bigtable.column_family import MaxVersionsGCRule  # noqa: PLC0415

    made = open_bigtable(project, instance, table, admin=True)
    if not made.exists():
        newest_only: Any = MaxVersionsGCRule
        made.create(column_families={FAMILY: newest_only(1)})


def write_bigtable(table: Any, batches: list[Batch]) -> None:
    """Write rows of views; `BigtableError` names how many were not taken."""
    for view, rows in batches:
        if view.grows:
            _write_newest(table, view, rows)
        else:
            for row in rows:
                _write_first(table, view, row)


def _write_newest(table: Any, view: View, rows: list[list[Any]]) -> None:
    from google.cloud.bigtable.data.mutations import SetCell  # noqa: PLC0415

    at = [column.name for column in view.columns].index(view.grows)
    mutations = []
    for row in rows:
        mutation = table.direct_row(row_key(view, row))
        cell = SetCell(FAMILY, COLUMN, cell_of(view, row), timestamp_micros=timestamp_of(row[at]))
        mutation._get_mutations().append(cell)  # noqa: SLF001 - `set_cell` takes datetimes only, until the year 9999
        mutations.append(mutation)
    refused = [status for status in table.mutate_rows(mutations) if status.code]
    if refused:
        raise BigtableError(f"{len(refused)} of {len(rows)} rows of {view.name} not written: {refused[0].message}")


def _write_first(table: Any, view: View, row: list[Any]) -> None:
    from google.cloud.bigtable.row_filters import CellsRowLimitFilter  # noqa: PLC0415

    mutation = table.conditional_row(row_key(view, row), CellsRowLimitFilter(1))
    mutation.set_cell(FAMILY, COLUMN, cell_of(view, row), _EPOCH, state=False)
    mutation.commit()


def row_key(view: View, row: list[Any]) -> bytes:
    """The key of a row: its view and key columns, so that a prefix finds what belongs together."""
    at = {column.name: index for index, column in enumerate(view.columns)}
    return "#".join([view.name, *(quote(str(row[at[name]]), safe="") for name in view.key)]).encode()


def cell_of(view: View, row: list[Any]) -> bytes:
    """A row as JSON, exact; a payload that is too large is left out and said to be."""
    document = dict(zip((column.name for column in view.columns), row, strict=True))
    if "payload" in document:
        document |= payload_fields(document.pop("payload"))
    cell = json_line(document).encode("utf-8", "backslashreplace")
    if len(cell) <= CELL_BYTES_MAX:
        return cell
    for name in ("payload", "payload_base64"):
        document.pop(name, None)
    return json_line(document | {"payload_left_out": True}).encode("utf-8", "backslashreplace")


def timestamp_of(version: int | str) -> int:
    """The timestamp that stands for a version, in microseconds: versions grow by one, timestamps by a millisecond.

    A version that is a time, as text, counts in microseconds.
    """
    if isinstance(version, str):
        version = (datetime.fromisoformat(version) - _EPOCH) // timedelta(microseconds=1)
    if not 0 <= version <= VERSION_MAX:
        raise BigtableError(f"version {version}, expected 0 to {VERSION_MAX}")
    return version * 1_000
