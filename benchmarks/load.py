"""Load: Prism or a Flink cluster under growing load in; the rate it sustains, latencies and a spike's cost out.

    python -m benchmarks.load --runner flink              about 25 minutes; keeps benchmarks/results/load_flink.json
    python -m benchmarks.load --runner prism --rates 500,1000 --hold_seconds 60

The main job reads raw messages from the Pub/Sub fake and writes SQLite. Publisher, queue, runner, workers and watcher
share the machine. Latency is the time from publishing a probe until its figure is in the view `availability`. Options
that are not ours go to the job. The extra `bench` draws the picture.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

from benchmarks.crashes import Fake
from benchmarks.load_costs import costs_between, costs_now
from benchmarks.load_plot import plot
from benchmarks.load_traffic import Publisher, items_with_probes, payloads
from benchmarks.load_watch import Memory, Watcher
from deploy.flink.cluster import JARS, FlinkCluster, fetch_jars
from pipelines.known_flags import on_prism
from tests.queues import Queue
from transforms.publication.view_database import create_views

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
RATES = (500, 1_000, 2_000, 3_000, 4_000, 5_000, 5_800, 7_000)
WARM_RATE_MAX = 200
BEHIND_SECONDS_MAX = 10.0  # a probe that waits longer: the job does not keep up
SPIKE_FACTOR = 10
START_SECONDS_MAX = 180
CATCH_UP_SECONDS_MAX = 900


class Phase(NamedTuple):
    """One stretch of time at one rate, and what was seen in it."""

    name: str
    rate: float
    began: float  # seconds since 1970
    published: int
    seconds: float
    p50: float
    p95: float
    p99: float
    released: tuple[float, float, float]  # the same of holds that ended in it: seconds from their end to the view
    waiting_seconds: float  # of the oldest probe without an answer, at the end
    publisher_late_seconds: float
    mebibytes: tuple[float, float]  # memory of the job at the beginning and at the end
    by_kind: tuple[Mapping[str, float], Mapping[str, float]]  # the same by kind of process, with the queue
    costs: Mapping[str, float]  # processor seconds by kind of process

    @property
    def keeps_up(self) -> bool:
        return self.waiting_seconds < BEHIND_SECONDS_MAX and self.publisher_late_seconds < BEHIND_SECONDS_MAX


class Bench:
    """A job that runs, loaded as it is told."""

    def __init__(self, publisher: Publisher, watcher: Watcher) -> None:
        self.publisher = publisher
        self.watcher = watcher
        self.phases: list[Phase] = []
        self.sustained_rate = 0.0
        self.caught_up_seconds: float | None = None  # after the spike; none where it never was, or was not tried

    def phase(self, name: str, rate: float, seconds: float) -> Phase:
        """Publish at a rate for some time, and say what came of it."""
        began, published, costs = time.time(), self.publisher.published, costs_now()
        self.publisher.late_seconds, self.publisher.rate = 0.0, rate
        while time.time() - began < seconds and self.watcher.waiting_seconds() < 3 * BEHIND_SECONDS_MAX:
            if self.publisher.failed is not None:
                raise self.publisher.failed
            time.sleep(0.2)
        took = time.time() - began
        found = [one.seconds for one in self.watcher.answers if one.at >= began]
        released = [one.seconds for one in self.watcher.releases if one.at >= began]
        memory = [one for one in self.watcher.memory if one.at >= began] or [Memory(began, 0.0, {})]
        phase = Phase(
            name,
            rate,
            began,
            self.publisher.published - published,
            took,
            *percentiles(found),
            percentiles(released),
            self.watcher.waiting_seconds(),
            self.publisher.late_seconds,
            (memory[0].mebibytes, memory[-1].mebibytes),
            (memory[0].by_kind, memory[-1].by_kind),
            costs_between(costs, costs_now()),
        )
        self.phases.append(phase)
        print(line_of(phase), releases_of(phase), costs_of(phase), weights_of(phase), sep="\n", flush=True)
        return phase

    def catch_up(self, rate: float) -> float | None:
        """Go on at a rate until no probe waits for more than a second; how long that took, or none: it has not."""
        began = time.time()
        self.publisher.rate = rate
        while self.watcher.waiting_seconds() > 1:
            if time.time() - began > CATCH_UP_SECONDS_MAX:
                return None
            time.sleep(0.1)
        return time.time() - began


def percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99; of less than two answers there are none."""
    if len(seconds) < 2:
        return (float("nan"),) * 3
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]


def line_of(phase: Phase) -> str:
    """One line for people."""
    return (
        f"{phase.name:12} {phase.rate:7,.0f}/s for {phase.seconds:4.0f} s: p50 {phase.p50:6.2f}  p95 {phase.p95:6.2f}  "
        f"p99 {phase.p99:6.2f} s; behind {phase.waiting_seconds:5.1f} s; {phase.mebibytes[0]:,.0f} to "
        f"{phase.mebibytes[1]:,.0f} MiB{'' if phase.keeps_up else '  DOES NOT KEEP UP'}"
    )


def releases_of(phase: Phase) -> str:
    """Another: holds that ended, until the view showed it."""
    return "{:12} holds released: p50 {:6.2f}  p95 {:6.2f}  p99 {:6.2f} s".format("", *phase.released)


def costs_of(phase: Phase) -> str:
    """A third: microseconds of processor time for each message, by kind of process, without what is next to nothing."""
    each = {kind: seconds * 1e6 / max(1, phase.published) for kind, seconds in phase.costs.items()}
    shown = ", ".join(f"{kind} {micros:,.0f}" for kind, micros in each.items() if micros >= 1)
    return f"{'':12} {sum(each.values()):7,.0f} µs a message: {shown}"


def weights_of(phase: Phase) -> str:
    """A fourth: memory by kind of process at the beginning and at the end."""
    before, after = phase.by_kind
    return f"{'':12} MiB: " + ", ".join(f"{kind} {before.get(kind, 0):,.0f} to {after[kind]:,.0f}" for kind in after)


def suite(bench: Bench, given: Any) -> None:
    """All phases: rates upwards, the sustained rate held, half of it, and a spike."""
    gentle = min(WARM_RATE_MAX, *given.rates)
    bench.catch_up(gentle)  # what was published while the job started
    bench.phase("warm", gentle, given.warm_seconds)
    sustained = 0.0
    for rate in given.rates:
        if not bench.phase("step", rate, given.step_seconds).keeps_up:
            bench.catch_up(gentle)
            break
        sustained = rate
    while sustained and not bench.phase("hold", sustained, given.hold_seconds).keeps_up:
        bench.catch_up(gentle)
        sustained = max((rate for rate in given.rates if rate < sustained), default=0.0)
    if not sustained:
        raise RuntimeError(f"not even {min(given.rates):,.0f} messages/s are sustained")
    bench.sustained_rate, half = sustained, sustained / 2
    bench.phase("half", half, given.half_seconds)
    bench.phase("spike", half * SPIKE_FACTOR, given.spike_seconds)
    after = bench.caught_up_seconds = bench.catch_up(half)
    caught_up = f"not caught up {CATCH_UP_SECONDS_MAX} s" if after is None else f"caught up {after:.1f} s"
    print(f"{caught_up} after a spike of {SPIKE_FACTOR} x for {given.spike_seconds:.0f} s", flush=True)


@contextlib.contextmanager
def running(given: Any, folder: Path) -> Iterator[Bench]:
    """The queue, the runner, the job, the publisher and the watcher, until the end."""
    with contextlib.ExitStack() as ends:
        fake = Fake(folder, "-lean")
        ends.callback(fake.stop)
        queue, database = Queue("load"), folder / "views.db"
        create_views(database)
        options = _options(given, folder, ends)
        arguments = [f"--load_subscription={queue.subscription}", f"--load_database={database}"]
        arguments.append(f"--load_items={items_with_probes(given.items)}")
        command = [sys.executable, "-m", "benchmarks.load_job", *arguments, *options, *given.options]
        with (folder / "job.log").open("wb") as log:
            job = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        ends.callback(job.wait)
        ends.callback(job.kill)
        parts = payloads(given.messages, given.items)
        publisher = Publisher(os.environ["PUBSUB_EMULATOR_HOST"], queue.topic, parts, given.items)
        watcher = Watcher(database, publisher)
        publisher.start()
        ends.callback(publisher.stop)
        watcher.start()
        ends.callback(watcher.stop)
        _await_first(publisher, watcher, job)
        yield Bench(publisher, watcher)


def _options(given: Any, folder: Path, ends: contextlib.ExitStack) -> list[str]:
    if given.runner == "flink":
        return ends.enter_context(FlinkCluster(folder / "flink", fetch_jars(given.jars))).options
    prism = os.environ.get("SELLABLE_PRISM") or shutil.which("prism") or sys.exit("no `prism` on the PATH")
    return on_prism(prism)


def _await_first(publisher: Publisher, watcher: Watcher, job: subprocess.Popen[bytes]) -> None:
    publisher.rate, began = 10.0, time.time()
    while not watcher.answers:
        if job.poll() is not None or time.time() - began > START_SECONDS_MAX:
            raise RuntimeError("the job wrote nothing; see its log")
        time.sleep(0.2)


def keep(bench: Bench, given: Any) -> None:
    """Write the report, and draw it where the machine can."""
    report = {
        "runner": given.runner,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "sustained_rate": bench.sustained_rate,
        "caught_up_seconds": bench.caught_up_seconds,
        "phases": [phase._asdict() for phase in bench.phases],
    }
    result = given.result or RESULTS / f"load_{given.runner}.json"
    result.write_text(json.dumps(report, indent=2) + "\n")
    print(f"kept in {result}")
    if find_spec("matplotlib") is not None:
        plot(bench.watcher.answers, bench.watcher.memory, bench.phases, result.with_suffix(".svg"))
        print(f"drawn in {result.with_suffix('.svg')}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Load it, print and keep what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__.partition("\n")[0])
    parser.add_argument("--runner", choices=("flink", "prism"), default="flink")
    parser.add_argument("--rates", type=lambda text: [float(one) for one in text.split(",")], default=RATES)
    parser.add_argument("--step_seconds", type=float, default=45)
    parser.add_argument("--warm_seconds", type=float, default=30)
    parser.add_argument("--spike_seconds", type=float, default=30)
    parser.add_argument("--hold_seconds", type=float, default=600)
    parser.add_argument("--half_seconds", type=float, default=180)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=500_000, help="made beforehand, then repeated with other keys")
    parser.add_argument("--jars", type=Path, default=JARS)
    parser.add_argument("--folder", type=Path, help="logs and views stay there")
    parser.add_argument("--result", type=Path)
    given, given.options = parser.parse_known_args(arguments)
    if given.folder and given.folder.is_dir() and any(given.folder.iterdir()):
        parser.error(f"--folder {given.folder} is not empty: views of another run would be taken for answers")
    with tempfile.TemporaryDirectory() as temporary, running(given, given.folder or Path(temporary)) as bench:
        try:
            suite(bench, given)
        finally:  # of a run that is interrupted, what there is
            keep(bench, given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
