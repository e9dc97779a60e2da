"""Turns: a name in, a time in which no other test of this machine holds it out; for what needs the machine alone."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FLINK = "flink"  # two clusters at once starve each other on two cores


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Wait for the turn, in whatever process the others are; a process that dies gives it up."""
    with (Path(tempfile.gettempdir()) / f"sellable-tests-{name}.lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
