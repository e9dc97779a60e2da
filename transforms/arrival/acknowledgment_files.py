"""Acknowledgment files: the answers to received EDI in, a file for each out, in a folder for each source.

    3pl-north/000000981-5d1f0c2ab3e4.edi    the interchange's control number; source, receiver, message and verdict

The same interchange with the same verdict has the same name, and a file that is there stays as it is: a retry, a
delivery that came twice and another run change nothing. A number used again for something else gets its own file.
"""

import hashlib
import re
import uuid
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import PCollection

from schemas.records import Acknowledgment
from transforms import record_coders as _coders  # noqa: F401  registers them

NAME_CHARS_MAX = 64  # of what others wrote
DIGEST_CHARS = 12

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class WriteAcknowledgments(beam.PTransform[Any, Any]):
    """Write each answer to `folder/SOURCE/CONTROL_NUMBER-DIGEST.edi`, on any file system that Beam writes.

    In:       `Acknowledgment`.
    Out:      nothing.
    State:    none; a file appears whole under its name, and is written once.
    Rejects:  nothing; a folder that cannot be written ends the run, or is tried again by a stream.
    """

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder

    def expand(self, answers: PCollection[Acknowledgment]) -> None:
        _ = answers | "WriteFile" >> beam.Map(_write, self.folder).with_output_types(type(None))


def file_name(answer: Acknowledgment) -> str:
    """The name of an answer's file; nothing that a sender wrote can lead out of the folder."""
    told = (answer.source, answer.receiver, answer.correlation_id, answer.control_number)
    identity = repr((*told, answer.accepted, answer.rejected))
    return f"{_safe(answer.control_number)}-{hashlib.sha256(identity.encode()).hexdigest()[:DIGEST_CHARS]}.edi"


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text.strip())[:NAME_CHARS_MAX] or "_"


def _write(answer: Acknowledgment, folder: str) -> None:
    below, name = FileSystems.join(folder, _safe(answer.source)), file_name(answer)
    path = FileSystems.join(below, name)
    if FileSystems.exists(path):
        return
    part = FileSystems.join(below, f".{name}.{uuid.uuid4().hex}")
    with FileSystems.create(part, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        file.write(answer.payload)
    FileSystems.rename([part], [path])
