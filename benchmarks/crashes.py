"""Crashes: a Flink cluster whose parts are killed under load in, its views compared with an independent oracle out.

    python -m benchmarks.crashes                                  200,000 events, 20 faults of every kind
    python -m benchmarks.crashes --events 6000 --faults task-manager,worker-pool,savepoint

Nothing may be lost, nothing posted twice, every request decided once. Exit code 1 and the first difference where that
does not hold. Faults come while messages are being published; afterwards some messages are sent again, as a queue or a
partner may do hours later.
"""

import argparse
import contextlib
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.crash_audit import differences
from benchmarks.proof_audit import Deliveries
from benchmarks.proof_traffic import make_master, make_traffic
from deploy.flink.cluster import JARS, FlinkCluster, fetch_jars
from schemas.encoding import pack, unpack
from schemas.records import StockEvent
from tests.queues import Queue
from transforms.publication.view_database import create_views

ROOT = Path(__file__).parents[1]
MESSAGE_EVENTS = 10
AGAIN = 0.05  # share of messages that are sent again at the end
SHOWN_MAX = 10
SUBSCRIPTION_SECONDS = 10  # Pub/Sub's own default; what a killed worker had just got comes again only after that
QUIET_SECONDS = 45.0  # longer than a lease: whatever was not acknowledged has come again by then
QUIETS_MAX = 8  # after a fault a job may be silent for longer than a lease and still come back
SETTLE_SECONDS_MAX = 900.0
RECOVERY_SECONDS_MAX = 300.0
KILLS = ("task-manager", "worker-pool", "task-manager", "job-server", "task-manager", "worker-pool")
FAULTS = ("savepoint", "sink", *KILLS, "queue", *KILLS, *KILLS, "task-manager", "worker-pool")


class Report(NamedTuple):
    """What was done and what came of it."""

    faults: list[tuple[str, float]]  # with the seconds until rows were written again
    compared: dict[str, int]
    differences: list[str]
    seconds: float


class Fake:
    """The Pub/Sub fake as a process that can be away for a while."""

    def __init__(self, folder: Path, *options: str) -> None:
        binary = folder / "pubsub_fake"
        build = ["go", "build", "-mod=readonly", "-buildvcs=false", "-o", str(binary), "."]
        subprocess.run(build, cwd=ROOT / "tests/pubsub_fake", check=True)
        self.process = subprocess.Popen([binary, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        os.environ["PUBSUB_EMULATOR_HOST"] = self.process.stdout.readline().strip()  # type: ignore[union-attr]

    def away(self, seconds: float) -> None:
        """Answer nobody for some time."""
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


class Run:
    """One job under load, and what is done to it."""

    def __init__(self, folder: Path, cluster: FlinkCluster, fake: Fake, items: int, away_seconds: float) -> None:
        self.folder = folder
        self.cluster = cluster
        self.fake = fake
        self.items = items
        self.away_seconds = away_seconds
        self.queue = Queue("crashes", SUBSCRIPTION_SECONDS)
        self.database = folder / "views.db"
        self.clients: list[subprocess.Popen[bytes]] = []
        create_views(self.database)

    def submit(self, *more: str) -> None:
        """Start the job, or the next version of it."""
        arguments = [f"--crash_subscription={self.queue.subscription}", f"--crash_database={self.database}"]
        arguments += [f"--crash_items={self.items}", *self.cluster.options, *more]
        command = [sys.executable, "-m", "benchmarks.crash_job", *arguments]
        with (self.folder / "client.log").open("ab") as log:
            self.clients.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log))
        self._until(lambda: bool(self.cluster.jobs("RUNNING")), "no job is running")

    def cause(self, fault: str, before: list[bytes], after: list[bytes]) -> float:
        """Do what the name says under load, and return how long it took until new rows were written again."""
        known = self.changes()
        load = threading.Thread(target=self.queue.publish, args=(before,))
        load.start()
        self._until(lambda: self.changes() > known, "no rows under load")
        started = time.monotonic()
        self._do(fault)
        load.join()
        known = self.changes()
        self.queue.publish(after)
        self._until(lambda: self.changes() > known and bool(self.cluster.jobs("RUNNING")), f"no rows after {fault}")
        return time.monotonic() - started

    def changes(self) -> int:
        """A number that grows with every row that is written anew."""
        connection = sqlite3.connect(self.database, timeout=60)
        try:
            views = ("position", "claim", "availability")
            found = [connection.execute(f"SELECT total(version) FROM {one}").fetchone()[0] for one in views]
        finally:
            connection.close()
        return int(sum(found))

    def settle(self, seconds: float) -> None:
        """Return when nothing has changed for so long."""
        known, since = self.changes(), time.monotonic()
        deadline = since + SETTLE_SECONDS_MAX
        while time.monotonic() - since < seconds:
            time.sleep(1)
            if (now := self.changes()) != known:
                known, since = now, time.monotonic()
            if time.monotonic() > deadline:
                raise TimeoutError(f"rows were still changing after {SETTLE_SECONDS_MAX} s")

    def stop(self) -> None:
        """End what was started here."""
        for client in self.clients:
            client.kill()
            client.wait()

    def _do(self, fault: str) -> None:
        if fault == "sink":
            self._block_sink()
        elif fault == "queue":
            self.fake.away(self.away_seconds)
        elif fault == "savepoint":
            self._move()
        else:
            self.cluster.kill(fault)
            self.cluster.start(fault)

    def _block_sink(self) -> None:
        """Another program keeps the database to itself."""
        connection = sqlite3.connect(self.database, timeout=60, isolation_level=None)
        try:
            connection.execute("BEGIN EXCLUSIVE")
            time.sleep(self.away_seconds)
            connection.execute("ROLLBACK")
        finally:
            connection.close()

    def _move(self) -> None:
        """Cancel with a savepoint and resume it with new code of the same labels."""
        [job] = self.cluster.jobs("RUNNING", "RESTARTING")
        savepoint = self.cluster.cancel_with_savepoint(job)
        self.submit("--crash_code=2", f"--savepoint_path={savepoint}")

    def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + RECOVERY_SECONDS_MAX
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{otherwise} within {RECOVERY_SECONDS_MAX} s")
            time.sleep(0.2)


def messages_of(seed: int, events: int, items: int, deliveries: Deliveries) -> Iterator[bytes]:
    """The traffic as payloads of some events each."""
    stream = deliveries.noted(make_traffic(seed, events, items))
    while batch := list(itertools.islice(stream, MESSAGE_EVENTS)):
        yield pack([pack(event) for event in batch])


def suite(folder: Path, jars: Path, given: Any, say: Callable[[str], None] = partial(print, flush=True)) -> Report:
    """Run everything and audit what is left."""
    started, items, deliveries = time.monotonic(), max(40, given.events // 400 // 4 * 4), Deliveries()
    payloads = list(messages_of(given.seed, given.events, items, deliveries))
    slices = [payloads[number :: 2 * len(given.faults)] for number in range(2 * len(given.faults))]
    faults: list[tuple[str, float]] = []
    with contextlib.ExitStack() as ends:
        fake = Fake(folder)
        ends.callback(fake.stop)
        run = Run(folder, ends.enter_context(FlinkCluster(folder / "flink", jars)), fake, items, given.away_seconds)
        ends.callback(run.stop)
        run.submit()
        for fault, before, after in zip(given.faults, slices[::2], slices[1::2], strict=True):
            faults.append((fault, run.cause(fault, before, after)))
            say(f"{time.monotonic() - started:7.1f} s  {fault}: rows again after {faults[-1][1]:.1f} s")
        run.queue.publish(again := payloads[:: round(1 / AGAIN)])
        all(deliveries.noted(event for payload in again for event in events_in(payload)))
        return Report(faults, *_settled(run, deliveries, items), time.monotonic() - started)


def _settled(run: Run, deliveries: Deliveries, items: int) -> tuple[dict[str, int], list[str]]:
    """What differs for good: a job that still restarts after a fault has not lost what it has yet to read."""
    for _ in range(QUIETS_MAX):
        run.settle(QUIET_SECONDS)
        if not (found := differences(deliveries, run.database, make_master(items)))[1]:
            break
    return found


def events_in(payload: bytes) -> list[StockEvent]:
    """The events of one message."""
    return [StockEvent.from_row(unpack(packed)) for packed in unpack(payload)]


def report(done: Report) -> Iterator[str]:
    """The run as lines to read."""
    for fault in sorted({name for name, _ in done.faults}):
        took = sorted(seconds for name, seconds in done.faults if name == fault)
        yield f"{fault:<24}{len(took):>8,}  rows again after {took[0]:.0f} to {took[-1]:.0f} s"
    for what, count in done.compared.items():
        yield f"{what:<24}{count:>8,}"
    yield f"{'differences':<24}{len(done.differences):>8,}  lost, posted twice or decided otherwise"
    yield f"{'elapsed':<24}{done.seconds:>8,.0f} s"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where everything holds, 1 and the first differences where something does not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crashes", description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=lambda text: text.split(","), default=list(FAULTS), help=",".join(FAULTS))
    parser.add_argument("--away_seconds", type=float, default=60.0, help="how long the sink or the queue is away")
    parser.add_argument("--jars", type=Path, default=JARS)
    parser.add_argument("--folder", type=Path, help="keep logs and views here")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="crashes-") as scratch:
        done = suite(given.folder or Path(scratch), fetch_jars(given.jars), given)
    print(*report(done), sep="\n")
    for one in done.differences[:SHOWN_MAX]:
        print(one)
    return 1 if done.differences else 0


if __name__ == "__main__":
    sys.exit(main())
