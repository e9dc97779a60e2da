"""SQLite views: records of any view in, the newest row of each in one SQLite file."""

import sqlite3
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import Metrics

from transforms.publication.newest_rows import NewestRows
from transforms.publication.tallies import tally
from transforms.publication.view_database import open_to_write, write_batches

FLUSH_ROWS = 20_000  # of different rows, sorted: a third faster than 5,000, and still under a tenth of a second
FLUSH_PAYLOAD_BYTES = 16 * 1024 * 1024  # of rejections, which carry their message

ROWS_WRITTEN = "rows written"


class WriteSqliteViews(beam.PTransform[Any, Any]):
    """Keep the newest row of every view in a SQLite file that `create_views` made before the run.

    In:       records of any view, in any order, with duplicates, see `view_tables`; or several collections of them,
              which are better not flattened before: each is then written where it is made, without being encoded.
    Out:      nothing: an empty collection, finished when all is on disk.
    State:    none in Beam; the file is the state, and no row of it is replaced by an older one.
    Rejects:  nothing; a database that cannot be written ends the run with `ViewsError`.
    Source:   SQLite's UPSERT and write-ahead log, sqlite.org/lang_upsert.html and sqlite.org/wal.html.
    """

    def __init__(self, path: str | Path, run_id: str = "") -> None:
        super().__init__()
        self.path = Path(path)
        self.run_id = run_id

    def expand(self, records: Any) -> Any:
        if not isinstance(records, tuple):
            return records | "Upsert" >> self._upsert()
        done = tuple(part | f"Upsert{number}" >> self._upsert() for number, part in enumerate(records, start=1))
        return done | "Done" >> beam.Flatten()

    def _upsert(self) -> Any:
        return beam.ParDo(_UpsertFn(self.path.absolute(), self.run_id)).with_output_types(None)


class _UpsertFn(beam.DoFn):
    def __init__(self, path: Path, run_id: str) -> None:
        self.path = path
        self.run_id = run_id

    def setup(self) -> None:
        self.connection: sqlite3.Connection = open_to_write(self.path)
        self.rows = NewestRows(self.run_id)
        self.rows_written = Metrics.counter("publication", "sqlite_rows_written")

    def start_bundle(self) -> None:
        self.rows.clear()  # what a failed bundle left comes again

    def process(self, record: Any) -> None:
        self.rows.add(record)
        if self.rows.row_count >= FLUSH_ROWS or self.rows.payload_bytes >= FLUSH_PAYLOAD_BYTES:
            self._flush()

    def finish_bundle(self) -> None:
        if self.rows.row_count:
            self._flush()

    def teardown(self) -> None:
        self.connection.close()

    def _flush(self) -> None:
        write_batches(self.connection, self.rows.batches())
        self.rows_written.inc(self.rows.row_count)
        tally(ROWS_WRITTEN, self.rows.row_count)
        self.rows.clear()
