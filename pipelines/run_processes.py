"""Run processes: which process a run is in, written down when it begins, and whether that process is surely gone.

A run that was killed has no end in the views, like one that goes on. Where the whole of it is in one process, as on
DirectRunner, the process is looked for; where it may be elsewhere, on a cluster or another machine, nobody is sure.
"""

import os
from pathlib import Path

IN_ONE_PROCESS = ("", "DirectRunner", "BundleBasedDirectRunner", "SwitchingDirectRunner", "FnApiRunner")
PROC = Path("/proc")


def process_of_run(runner: str | None) -> dict[str, str]:
    """Where a run is, to be kept with its options; nothing where that cannot be said."""
    here = _here()
    started = _started(PROC, os.getpid())
    if (runner or "").rpartition(".")[2] not in IN_ONE_PROCESS or not here or not started:
        return {}
    return {"process": f"{here} {os.getpid()} {started}"}


def is_surely_gone(process: str, proc: Path = PROC) -> bool:
    """Whether the process of a run was on this machine, since it was last started, and is no more."""
    here, _, rest = process.partition(" ")
    pid, _, started = rest.partition(" ")
    return bool(here) and here == _here(proc) and pid.isdigit() and _started(proc, int(pid)) != started


def _here(proc: Path = PROC) -> str:
    """This machine since it was last started, and the space that its processes are numbered in; "" if unknown."""
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        space = (proc / "self/ns/pid").readlink()
    except OSError:
        return ""
    return f"{boot}/{space}".replace(" ", "")


def _started(proc: Path, pid: int) -> str:
    """When a process was started, in ticks; "" for one that is not there, or only waits to be buried."""
    try:
        fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]
