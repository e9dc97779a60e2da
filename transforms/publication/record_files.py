"""Record files: records of any view in, JSON lines or Avro files out, one folder for each view.

The files hold every change that was published, not the newest row only: a reader takes, for each key, the row with the
highest version. A view without rows still gets its file, and in Avro its schema, so that loads need no special case.
"""

from typing import Any

import apache_beam as beam
from apache_beam.io import WriteToAvro, WriteToText

from transforms.publication.row_documents import avro_maker, avro_schema, json_line, json_maker
from transforms.publication.view_tables import VIEWS, View, view_of

FILE_FORMATS = ("jsonl", "avro")
WINDOW_SECONDS = 60  # of a stream: one set of files for each minute
FILE_VIEWS = tuple(view for view in VIEWS if view.name != "run")  # runs are written by whoever starts them


class WriteRecordFiles(beam.PTransform[Any, Any]):
    """Write the rows of each view to files in a folder of its own: `folder/position/part-00000-of-00001.jsonl`.

    In:       records of any view; see `view_tables`.
    Out:      nothing.
    State:    none.
    Rejects:  nothing; a folder that cannot be written ends the run.
    Source:   JSON Lines (jsonlines.org); Apache Avro 1.11, decimals as strings, times as timestamp-micros.
    """

    def __init__(self, folder: str, file_format: str = "jsonl", run_id: str = "") -> None:
        super().__init__()
        if file_format not in FILE_FORMATS:
            raise ValueError(f"no file format {file_format!r}, expected one of {', '.join(FILE_FORMATS)}")
        self.folder = folder.rstrip("/")
        self.file_format = file_format
        self.run_id = run_id

    def expand(self, records: Any) -> None:
        by_view = records | "ByView" >> beam.Partition(_index_of, len(FILE_VIEWS))  # type: ignore[arg-type]
        for view, rows in zip(FILE_VIEWS, by_view, strict=True):
            if self.file_format == "avro":
                self._write_avro(view, rows)
            else:
                self._write_json_lines(view, rows)

    def _write_json_lines(self, view: View, rows: Any) -> None:
        to_document = json_maker(view, self.run_id)
        _ = (
            rows
            | f"JsonOf{view.step_name}"
            >> beam.Map(lambda record: json_line(to_document(record))).with_output_types(str)
            | f"Write{view.step_name}"
            >> WriteToText(f"{self.folder}/{view.name}/part", ".jsonl", triggering_frequency=_frequency(rows))
        )

    def _write_avro(self, view: View, rows: Any) -> None:
        _ = (
            rows
            | f"AvroOf{view.step_name}" >> beam.Map(avro_maker(view, self.run_id))
            | f"Write{view.step_name}"
            >> WriteToAvro(
                f"{self.folder}/{view.name}/part",
                avro_schema(view),
                file_name_suffix=".avro",
                triggering_frequency=_frequency(rows),
            )
        )


_INDEXES = {view.name: index for index, view in enumerate(FILE_VIEWS)}


def _index_of(record: Any, _count: int) -> int:
    return _INDEXES[view_of(record).name]


def _frequency(rows: Any) -> int | None:
    return None if rows.is_bounded else WINDOW_SECONDS
