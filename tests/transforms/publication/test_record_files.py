"""Files of rows: a folder for each view, in batch and by the minute of a stream."""

import json
from pathlib import Path
from typing import Any

import apache_beam as beam
import fastavro
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_stream import TestStream as ScriptedStream  # pytest would collect it by its name

from tests.transforms.publication.rows import decision, ended, position, rejection
from transforms.publication.record_files import FILE_FORMATS, FILE_VIEWS, WriteRecordFiles

RECORDS = [position("5", 1), decision(), position("2.50", 2), rejection(payload=b"\xff"), ended(3, "posted")]


def read(folder: Path, view: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted((folder / view).iterdir()):
        if path.suffix == ".avro":
            with path.open("rb") as file:
                rows += fastavro.reader(file)
        else:
            rows += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return rows


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_each_view_has_a_folder_with_every_change(tmp_path: Path, file_format: str) -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = pipeline | beam.Create(RECORDS) | WriteRecordFiles(str(tmp_path), file_format, "R7")
    assert sorted(folder.name for folder in tmp_path.iterdir()) == sorted(view.name for view in FILE_VIEWS)
    positions = read(tmp_path, "position")
    assert sorted((row["version"], row["on_hand_quantity"]) for row in positions) == [(1, "5"), (2, "2.5")]
    assert [row["outcome"] for row in read(tmp_path, "decision")] == ["granted"]
    (dead_letter,) = read(tmp_path, "dead_letter")
    assert dead_letter.get("payload", dead_letter.get("payload_base64")) in (b"\xff", "/w==")
    assert [(row["total"], row["run_id"]) for row in read(tmp_path, "run_count")] == [(3, "R7")]
    assert read(tmp_path, "alert") == []


def test_a_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no file format 'parquet', expected one of jsonl, avro"):
        WriteRecordFiles("out", "parquet")


def test_a_stream_gives_files_for_each_minute(tmp_path: Path) -> None:
    stream = ScriptedStream()
    for second, version in ((10, 1), (20, 2), (70, 3)):
        stream.advance_watermark_to(second).add_elements([position(str(version), version)])
    options = PipelineOptions(streaming=True)
    with beam.Pipeline(runner="BundleBasedDirectRunner", options=options) as pipeline:
        _ = pipeline | stream.advance_watermark_to_infinity() | WriteRecordFiles(str(tmp_path))
    files = sorted((tmp_path / "position").iterdir())
    versions = [[json.loads(line)["version"] for line in path.read_text().splitlines()] for path in files]
    assert sorted(sorted(found) for found in versions) == [[1, 2], [3]]
