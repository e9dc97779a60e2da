"""Arrived files: an input folder in, its files out, cut into parts that can be read side by side.

The first folder on the way to a file names its source: `wms-east/20260302T131500Z_moves.jsonl` is of wms-east. Names
that start with a dot are not messages. A symbolic link to a folder is not followed, one to a file only if that file is
in the input folder too: what lies outside was not sent to us. A folder on a remote file system (gs://bucket/day) is
listed by Beam's own file systems.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from transforms.arrival.limits import PAYLOAD_BYTES_MAX

FOLDER_LEVELS_MAX = 16
PART_BYTES = 16 * 1024 * 1024  # of a file of lines; parts are read side by side
CHUNK_BYTES = 1024 * 1024
LINES_SUFFIX = ".jsonl"
ARCHIVE_SUFFIX = ".envelopes.jsonl"


class ArrivedFile(NamedTuple):
    """One file as it was listed."""

    path: str
    name: str  # the path below the input folder, with forward slashes
    size_bytes: int
    changed_at: datetime

    @property
    def source(self) -> str:
        """The first folder of the name; empty for a file that lies in none."""
        return self.name.partition("/")[0] if "/" in self.name else ""

    @property
    def has_lines(self) -> bool:
        """Whether each line is a message of its own."""
        return self.name.lower().endswith(LINES_SUFFIX)

    @property
    def is_archive(self) -> bool:
        """Whether each line is a whole envelope."""
        return self.name.lower().endswith(ARCHIVE_SUFFIX)


class FilePart(NamedTuple):
    """A run of whole lines of a file, or all of it."""

    file: ArrivedFile
    start: int  # the first byte
    end: int  # the byte after the last
    first_line: int  # counted from 1


def list_files(folder: str) -> list[ArrivedFile]:
    """All files below the folder, sorted by name. Raises `FileNotFoundError` where there is no such folder."""
    if "://" in folder:
        found = _list_remote(folder.rstrip("/"))
    else:
        root = os.path.realpath(folder)
        if not Path(root).is_dir():
            raise FileNotFoundError(f"input folder {folder!r} does not exist or is no folder")
        found = _list_local(root, root, 1)
    return sorted(found, key=lambda file: file.name)


def _list_local(root: str, folder: str, level: int) -> Iterator[ArrivedFile]:
    if level > FOLDER_LEVELS_MAX:
        raise ValueError(f"{folder!r} is more than {FOLDER_LEVELS_MAX} folders deep in {root!r}")
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _list_local(root, entry.path, level + 1)
            elif entry.is_file() and (not entry.is_symlink() or _leads_inside(root, entry.path)):
                facts = entry.stat()
                name = _text(os.path.relpath(entry.path, root)).replace(os.sep, "/")
                changed_at = datetime.fromtimestamp(int(facts.st_mtime), UTC)
                yield ArrivedFile(entry.path, name, facts.st_size, changed_at)


def _leads_inside(root: str, path: str) -> bool:
    return os.path.realpath(path).startswith(root.rstrip(os.sep) + os.sep)


def _text(name: str) -> str:
    """A name whose bytes are not UTF-8 as text that can be stored."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _list_remote(folder: str) -> Iterator[ArrivedFile]:
    (matched,) = FileSystems.match([f"{folder}/**"])
    if not matched.metadata_list:
        raise FileNotFoundError(f"input folder {folder!r} does not exist or holds no file")
    for facts in matched.metadata_list:
        name = facts.path.removeprefix(folder + "/")
        if not any(part.startswith(".") for part in name.split("/")) and not name.endswith("/"):
            changed_at = datetime.fromtimestamp(int(facts.last_updated_in_seconds or 0), UTC)
            yield ArrivedFile(facts.path, name, facts.size_in_bytes, changed_at)


def parts_of(file: ArrivedFile, part_bytes: int = PART_BYTES) -> Iterator[FilePart]:
    """The file in parts of about `part_bytes` that end with a line; in one part if it has no lines or is small."""
    if not file.has_lines or file.size_bytes <= part_bytes:
        yield FilePart(file, 0, file.size_bytes, 1)
        return
    start, at, line = 0, 0, 1
    with open_file(file.path) as handle:
        while chunk := handle.read(part_bytes):
            last = chunk.rfind(b"\n")
            if last >= 0:
                yield FilePart(file, start, at + last + 1, line)
                start = at + last + 1
                line += chunk.count(b"\n")
            at += len(chunk)
    if start < at:
        yield FilePart(file, start, at, line)


def open_file(path: str) -> BinaryIO:
    """The file's bytes as they are, from wherever it lies."""
    if "://" in path:
        return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
    return Path(path).open("rb")


def read_whole(part: FilePart) -> bytes | None:
    """All bytes of a file; None if there are more than `PAYLOAD_BYTES_MAX`, by the listing or by now."""
    if part.file.size_bytes > PAYLOAD_BYTES_MAX:
        return None
    with open_file(part.file.path) as handle:
        payload = handle.read(PAYLOAD_BYTES_MAX + 1)
    return payload if len(payload) <= PAYLOAD_BYTES_MAX else None


def read_lines(part: FilePart) -> Iterator[bytes | None]:
    """The lines of a part without their ends, read in chunks; None in place of one above `PAYLOAD_BYTES_MAX`."""
    rest, left, is_overlong = b"", part.end - part.start, False
    with open_file(part.file.path) as handle:
        handle.seek(part.start)
        while left > 0 and (chunk := handle.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            if is_overlong and lines:
                lines[0], is_overlong = None, False  # type: ignore[call-overload]
            yield from lines
            if len(rest) > PAYLOAD_BYTES_MAX:
                is_overlong = True
            if is_overlong:
                rest = b""
    if rest or is_overlong:
        yield None if is_overlong else rest
