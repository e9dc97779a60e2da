"""Pub/Sub server: the fake, built; its address while it runs."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

STOP_SECONDS_MAX = 10


@contextlib.contextmanager
def served_by(fake: Path, *options: str) -> Iterator[str]:
    """The fake while it runs: its host and port, also in PUBSUB_EMULATOR_HOST."""
    with subprocess.Popen([fake, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        host = process.stdout.readline().strip()  # type: ignore[union-attr]
        if not host:
            pytest.fail(f"the Pub/Sub fake ended with {process.wait(STOP_SECONDS_MAX)} before it named its address")
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PUBSUB_EMULATOR_HOST", host)
            yield host
        process.stdin.close()  # type: ignore[union-attr]  # its sign to end
        process.wait(STOP_SECONDS_MAX)
