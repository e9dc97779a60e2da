"""Message excerpt: the id of a message in, the first lines of what arrived out, where its file is still there.

A message id is the path of a file below the input folder, with the line where each line is a message. Ids come from
outside, so a path that leads out of the folder is not read.
"""

import re
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pipelines.terminal_text import neutral

LINES_MAX = 8
LINE_CHARS_MAX = 1_200
LINE_BYTES_MAX = 1 << 20  # a longer line is read in pieces and counts as several; such a file is not for people
LINES_SKIPPED_MAX = 5_000_000

_LINE = re.compile(r"(?P<name>.+)#(?P<number>[0-9]{1,9})")


class Excerpt(NamedTuple):
    """What can be shown of a message: its file, the line in it, and its text, safe for a terminal."""

    path: Path | None
    line_number: int | None
    lines: list[str]
    note: str  # why there is no text, or that there is more of it


def excerpt_of(input_folder: str, message_id: str) -> Excerpt:
    """The beginning of a message; without text, and with a note, where its file is not to be had."""
    found = _LINE.fullmatch(message_id)
    for name, number in ((message_id, None), *([(found["name"], int(found["number"]))] if found else [])):
        path = _file(input_folder, name)
        if path is not None:
            try:
                return _read(path, number)
            except OSError as error:
                return Excerpt(path, number, [], f"cannot be read: {error.strerror or error}")
    return Excerpt(None, None, [], f"its file is not in {input_folder or 'any folder'} any more")


def _file(input_folder: str, name: str) -> Path | None:
    if not input_folder or "\0" in name:
        return None
    root = Path(input_folder).resolve()
    try:
        path = (root / name).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except OSError:  # a name longer than any file's
        return None


def _read(path: Path, number: int | None) -> Excerpt:
    first = number or 1
    wanted = 1 if number else LINES_MAX
    if first > LINES_SKIPPED_MAX:
        return Excerpt(path, number, [], "lies too far down in its file to be looked up here")
    with path.open("rb") as file:
        pieces = iter(lambda: file.readline(LINE_BYTES_MAX), b"")
        found = list(islice(pieces, first - 1, first + wanted))
    shown = [_shown(line) for line in found[:wanted]]
    is_cut = number is None and len(found) > wanted
    return Excerpt(
        path, number, shown, "and more lines" if is_cut else "" if shown else "its line is not there any more"
    )


def _shown(line: bytes) -> str:
    return neutral(line.decode("utf-8", "backslashreplace").rstrip("\r\n").expandtabs(4), LINE_CHARS_MAX)
