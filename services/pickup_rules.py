"""Pickup rules: names and sizes of files in, whether and under which name they are taken out; no disk, no clock.

A file is taken when it is whole. A sender either renames it when it is (until then it ends with `.part` or the like, or
begins with a dot), or lays a marker beside it (`order.edi.done`), or just writes; then it counts as whole once size and
time have not changed for a while by our own clock, which owes nothing to the sender's.
"""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
NAME_CHARS_MAX = 200

_NAME = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_. ()+,=@-]{{0,{NAME_CHARS_MAX - 1}}}")
_STAMP = re.compile(r"\d{8}T\d{6}Z(?=[_.-])[_-]?")


class Listed(NamedTuple):
    """A file as a shelf lists it."""

    name: str
    size_bytes: int
    changed_seconds: int  # since 1970, by the clock of where it lies


class Seen(NamedTuple):
    """How a file looked when it last looked different, and when that was by our clock."""

    size_bytes: int
    changed_seconds: int
    since: datetime


def name_problem(name: str) -> str | None:
    """Why a name is not one that we handle; None if it is. A name with a path in it is never one."""
    if _NAME.fullmatch(name) and not name.endswith((" ", ".")):
        return None
    return f"the name {name[:60]!a} has other characters than letters, digits and _ . ( ) + , = @ - inside"


def is_unfinished(name: str) -> bool:
    """Whether a name says that its file is still written, or is none of a message."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def is_whole(file: Listed, seen: Seen | None, at: datetime, stable_seconds: int) -> bool:
    """Whether a file without a marker has been the same for long enough."""
    if seen is None or (seen.size_bytes, seen.changed_seconds) != (file.size_bytes, file.changed_seconds):
        return False
    return (at - seen.since).total_seconds() >= stable_seconds


def content_hash(data: bytes) -> str:
    """What makes a file the same file, whatever it is called."""
    return sha256(data).hexdigest()


def landed_name(file: Listed, digest: str) -> str:
    """The name below the input folder: when it came, what it holds, what it was called. A retry makes the same one."""
    stamp = _STAMP.match(file.name)
    if stamp:
        return f"{stamp[0].rstrip('_-')}_{digest[:8]}_{file.name[stamp.end() :].lstrip('.')}"
    try:
        changed = datetime.fromtimestamp(file.changed_seconds, UTC)
    except (ValueError, OverflowError, OSError):
        changed = datetime.fromtimestamp(0, UTC)
    return f"{changed:%Y%m%dT%H%M%SZ}_{digest[:8]}_{file.name}"
