"""Load costs: the processes that a benchmark started in; the processor time and the memory of each kind of them out."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_MEBIBYTES = os.sysconf("SC_PAGE_SIZE") / 2**20
QUEUE = "queue"  # not part of the job, and the fake forgets no message
ITSELF = "publisher and watcher"
KINDS = {  # by what is in the command line
    "TaskManagerRunner": "task manager (Java)",
    "StandaloneSession": "job manager (Java)",
    "FlinkJobServer": "job server (Java)",
    "sdk_worker": "Python workers",
    "worker_pool": "worker pool",
    "load_job": "client of the job",
    "pubsub_fake": QUEUE,
    "prism": "Prism",
}

Costs = Mapping[str, float]  # processor seconds by kind of process


def started_here() -> list[int]:
    """All that this process started, and what that started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, left = [], children.get(os.getpid(), [])
    while left:
        one = left.pop()
        found.append(one)
        left += children.get(one, [])
    return found


def costs_now() -> Costs:
    """Processor seconds so far, by kind, of this process and of all that it started and that still runs."""
    found = Counter({ITSELF: _seconds(os.getpid())})
    for process in started_here():
        found[kind_of(_command(process))] += _seconds(process)
    return found


def costs_between(before: Costs, after: Costs) -> dict[str, float]:
    """What each kind took, dearest first; a process that ended in between counts as nothing."""
    spent = {kind: max(0.0, seconds - before.get(kind, 0.0)) for kind, seconds in after.items()}
    return dict(sorted(spent.items(), key=lambda one: -one[1]))


def weights_now() -> Counter[str]:
    """Resident mebibytes by kind, of all that this process started."""
    found: Counter[str] = Counter()
    for process in started_here():
        found[kind_of(_command(process))] += round(_resident(process))
    return found


def kind_of(command: str) -> str:
    """What a process is, by its command line."""
    return next((kind for part, kind in KINDS.items() if part in command), "other")


def _seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def _resident(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_MEBIBYTES
    except OSError:
        return 0.0


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""
