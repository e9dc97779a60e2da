"""Load watch: views and processes in; when each probe was answered, and how much memory the job takes, out."""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.load_costs import QUEUE, weights_now
from benchmarks.load_traffic import Probe, Publisher

LOOK_SECONDS = 0.02
ASKED_MAX = 500  # probes looked for at once, oldest first
MEMORY_SECONDS = 2.0
# By the keys of the tables: scans cost, and a reader that is always there keeps SQLite from starting its log anew.
ANSWERED = "SELECT DISTINCT item, item FROM availability WHERE item IN"
RELEASED = "SELECT item, order_reference FROM claim WHERE status = 'closed' AND item IN"


class Answer(NamedTuple):
    """When a probe was published, or a hold ended, and how long it took until the views showed it."""

    at: float
    seconds: float


class Memory(NamedTuple):
    """Resident memory of the processes of the job, and of the queue beside it by kind."""

    at: float
    mebibytes: float
    by_kind: Mapping[str, float]


class Watcher:
    """Looks at the views all the time, in a thread of its own."""

    def __init__(self, database: Path, publisher: Publisher) -> None:
        self.database = database
        self.publisher = publisher
        self.answers: list[Answer] = []
        self.releases: list[Answer] = []
        self.memory: list[Memory] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._look, self._weigh)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def waiting_seconds(self) -> float:
        """How long the oldest probe has waited that is not answered."""
        try:
            return time.time() - self.publisher.probes[0].at
        except IndexError:
            return 0.0

    def _look(self) -> None:
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=60)
        while not self._ended.wait(LOOK_SECONDS):
            self._take(connection, ANSWERED, self.publisher.probes, self.answers)
            self._take(connection, RELEASED, self.publisher.holds, self.releases)
        connection.close()

    def _take(self, connection: sqlite3.Connection, question: str, waiting: deque[Probe], found: list[Answer]) -> None:
        pending = list(waiting)[:ASKED_MAX]
        if not pending:
            return
        places = ",".join("?" * len(pending))
        rows = connection.execute(f"{question} ({places})", [probe.item for probe in pending]).fetchall()
        now, seen = time.time(), set(rows)
        for probe in pending:
            if (probe.item, probe.reference) in seen:
                waiting.remove(probe)
                found.append(Answer(probe.at, now - probe.at))

    def _weigh(self) -> None:
        while not self._ended.wait(MEMORY_SECONDS):
            weights = weights_now()
            self.memory.append(Memory(time.time(), weights.total() - weights[QUEUE], weights))
