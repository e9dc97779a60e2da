"""A process of the cluster does not outlive the one that started it."""

import subprocess
import sys

import pytest

STARTS = """
import subprocess, sys
tether = [sys.executable, "-m", "deploy.flink.tether"]
command = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
child = subprocess.Popen([*tether, *command], stdout=sys.stdout)
print(child.pid, flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with the one that started it")
def test_a_tethered_process_ends_with_the_one_that_started_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        said = {parent.stdout.readline().strip() for _ in range(2)}  # type: ignore[union-attr]
        assert "up" in said
        parent.kill()
        # the pipe ends when nobody holds it any more: not the parent, not the child
        assert parent.communicate(timeout=10) == ("", None)
