"""Speed measure: one way of doing the work, once, in a process of its own; time, memory and profile out.

python -m benchmarks.speed_measure '{"way": "beam ledger", ...}'       what `benchmarks.run` starts
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import speed_flows, speed_loops
from benchmarks.speed_company import make_front
from benchmarks.speed_profile import Sampler
from pipelines.known_flags import on_prism
from transforms.collector import put_off_collection

IN_PROCESS = ["--runner=FnApiRunner"]
TWO_WORKERS = [*IN_PROCESS, "--direct_num_workers=2", "--direct_running_mode=multi_processing"]
SECONDS_MAX = 3_600


class Job(NamedTuple):
    """What is to be measured."""

    way: str
    raw_folder: str
    events_file: str
    items: int
    prism: str = ""
    profiled: bool = False


class Measured(NamedTuple):
    """What one run took."""

    seconds: float
    processor_seconds: float  # of all threads of this process and of workers that have ended; not of Prism
    peak_mebibytes: int  # of this process; of two workers that of the larger one
    parts: list[tuple[str, float]]  # where the time went; empty unless profiled
    functions: list[tuple[str, float]]


def in_own_process(job: Job) -> Measured:
    """Measure a job in a process that has done nothing before."""
    command = [sys.executable, "-m", "benchmarks.speed_measure", json.dumps(job._asdict())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    if done.returncode != 0:
        raise RuntimeError(f"{job.way} failed:\n{done.stderr[-2_000:]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def measure(job: Job) -> Measured:
    """Run it here. Master data, mappings and policy are loaded before the clock starts."""
    with tempfile.TemporaryDirectory() as folder:
        run = _prepared(job, Path(folder) / "views.db")
        sampler = Sampler() if job.profiled else None
        started, worked = time.perf_counter(), time.process_time()
        with sampler or nullcontext():
            run()
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked += workers.ru_utime + workers.ru_stime
    peak = max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, workers.ru_maxrss) // 1024
    profile = sampler.profile() if sampler else None
    return Measured(seconds, worked, peak, *(profile or ([], [])))


def _prepared(job: Job, database: Path) -> Callable[[], Any]:
    raw, events = Path(job.raw_folder), Path(job.events_file)
    if job.way == "dict loop":
        return lambda: speed_loops.dict_loop(raw, job.items)
    put_off_collection()  # as the flow does, so that the loops have no harder time
    front = make_front(job.items)
    prism = on_prism(job.prism)
    ways: dict[str, Callable[[], Any]] = {
        "full loop": lambda: speed_loops.full_loop(raw, front, database),
        "full beam": lambda: speed_flows.beam_full(raw, front, database, IN_PROCESS),
        "full beam on two cores": lambda: speed_flows.beam_full(raw, front, database, TWO_WORKERS),
        "full prism": lambda: speed_flows.beam_full(raw, front, database, prism),
        "ledger loop": lambda: speed_loops.ledger_loop(events, front),
        "ledger beam": lambda: speed_flows.beam_ledger(events, front, IN_PROCESS),
        "ledger beam keyed": lambda: speed_flows.beam_ledger(events, front, IN_PROCESS, keyed=True),
        "ledger prism": lambda: speed_flows.beam_ledger(events, front, prism),
        "ledger bytewax": lambda: speed_flows.bytewax_ledger(events, front),
        "ledger bytewax at the end": lambda: speed_flows.bytewax_ledger(events, front, at_the_end=True),
    }
    return ways[job.way]


if __name__ == "__main__":
    print(json.dumps(measure(Job(**json.loads(sys.argv[1])))._asdict()), flush=True)
    os._exit(0)  # Beam and Prism leave threads behind that would be waited for
