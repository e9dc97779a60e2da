"""What needs the machine for itself waits until others are done, in whatever process they are."""

import fcntl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.turns import alone

HOLD = "from tests.turns import alone\nwith alone('of-this-test'): print('mine', flush=True); input()"


def test_a_turn_ends_with_the_process_that_has_it() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"mine\n"
        with (Path(tempfile.gettempdir()) / "sellable-tests-of-this-test.lock").open("a") as turn:
            with pytest.raises(BlockingIOError):
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            other.kill()
            other.wait()
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with alone("of-this-test"):
        pass
