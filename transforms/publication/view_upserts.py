"""View upserts: records of any view in, the newest row of each in the database; what every kind of database shares."""

from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import Metrics

from transforms.publication.databases import Database, open_to_write, write_batches
from transforms.publication.newest_rows import NewestRows
from transforms.publication.tallies import tally

FLUSH_ROWS = 20_000  # of different rows, sorted: a third faster than 5,000, and still under a tenth of a second
FLUSH_PAYLOAD_BYTES = 16 * 1024 * 1024  # of rejections, which carry their message

ROWS_WRITTEN = "rows written"


def upsert(records: Any, database: Database, run_id: str) -> Any:
    """Write a collection, or each of several where it is made; an empty collection, finished when all is stored."""
    fn = _UpsertFn(database, run_id)
    if not isinstance(records, tuple):
        return records | "Upsert" >> beam.ParDo(fn).with_output_types(None)
    done = tuple(
        part | f"Upsert{number}" >> beam.ParDo(fn).with_output_types(None)
        for number, part in enumerate(records, start=1)
    )
    return done | "Done" >> beam.Flatten()


class _UpsertFn(beam.DoFn):
    def __init__(self, database: Database, run_id: str) -> None:
        self.database = database
        self.run_id = run_id

    def setup(self) -> None:
        self.connection = open_to_write(self.database)
        self.rows = NewestRows(self.run_id)
        self.rows_written = Metrics.counter("publication", "view_rows_written")

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
