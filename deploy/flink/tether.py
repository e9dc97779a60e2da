"""Tether: a command in, the same command in this process, which Linux ends when the one that started it is gone.

    python -m deploy.flink.tether COMMAND...

A program of its own, since code between fork and exec (`preexec_fn`) is not safe where other threads run: with
gRPC's in the starting process a child was seen to end before it was anything.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.execvp(sys.argv[1], sys.argv[1:])
