"""Acknowledgment files: one for each interchange, whatever its sender calls it and however often it comes."""

from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_stream import TestStream as ScriptedStream  # pytest would collect it by its name

from schemas.records import Acknowledgment
from transforms.arrival.acknowledgment_files import WriteAcknowledgments, file_name

ANSWER = Acknowledgment("3pl", "x12", "NORTH", "000000981", 1, 0, "m-1", "c-1", b"ISA*first~")


def written(folder: Path, *answers: Acknowledgment) -> dict[str, bytes]:
    with beam.Pipeline() as pipeline:
        _ = pipeline | beam.Create(answers) | WriteAcknowledgments(str(folder))
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_retry_and_a_second_run_leave_the_file_that_is_there(tmp_path: Path) -> None:
    first = written(tmp_path / "acks", ANSWER)
    assert first == {f"3pl/{file_name(ANSWER)}": b"ISA*first~"}
    assert file_name(ANSWER).startswith("000000981-")
    assert written(tmp_path / "acks", ANSWER._replace(message_id="m-2", payload=b"ISA*later~")) == first


def test_a_number_used_again_and_another_verdict_get_files_of_their_own(tmp_path: Path) -> None:
    others = (ANSWER._replace(correlation_id="c-2"), ANSWER._replace(accepted=0, rejected=1))
    assert len(written(tmp_path, ANSWER, *others)) == 3


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "..", "a/b", "", "x\0y", "é" * 500])
def test_names_that_others_wrote_stay_inside_the_folder(hostile: str, tmp_path: Path) -> None:
    folder = tmp_path / "acks"
    found = written(folder, ANSWER._replace(source=hostile, control_number=hostile))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["acks"]
    assert all(len(Path(name).parts) == 2 for name in found)


def test_answers_of_a_stream_are_written_once(tmp_path: Path) -> None:
    arriving = ScriptedStream().add_elements([ANSWER]).add_elements([ANSWER._replace(payload=b"ISA*again~")])
    with beam.Pipeline("BundleBasedDirectRunner", options=PipelineOptions(streaming=True)) as pipeline:
        _ = pipeline | arriving.advance_watermark_to_infinity() | WriteAcknowledgments(str(tmp_path))
    found = {path.name: path.read_bytes() for path in (tmp_path / "3pl").iterdir()}
    assert list(found) == [file_name(ANSWER)]
    assert set(found.values()) <= {b"ISA*first~", b"ISA*again~"}
