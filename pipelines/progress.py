"""Progress: the counts of a run that goes on in, a line for a person every few seconds out.

    00:35  messages 412,000 · rows written 61,020 · 12,300 messages/s

The counts are those of this process (`transforms.publication.tallies`), which is where DirectRunner works by default.
Where workers are other processes they stay at nothing, and the line tells the rows in the database instead.
"""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TextIO

from transforms.publication.databases import Database, ViewsError, open_to_read
from transforms.publication.tallies import clear_tallies, tallied

LINE_SECONDS = 5.0
COUNTED_VIEWS = ("position", "claim", "availability", "dead_letter", "parked")

Clock = Callable[[], float]


def progress_line(seconds: float, before: Mapping[str, int], now: Mapping[str, int], since_seconds: float) -> str:
    """One line: the time so far, each count, and the rate of the first count that moved since the last line."""
    minutes, rest = divmod(int(seconds), 60)
    counts = " · ".join(f"{label} {count:,}" for label, count in now.items()) or "starting"
    line = f"{minutes:02}:{rest:02}  {counts}"
    for label, count in now.items():
        moved = count - before.get(label, 0)
        if moved > 0 and since_seconds > 0:
            return f"{line} · {moved / since_seconds:,.0f} {label}/s"
    return line


class Progress:
    """Prints a line every few seconds for as long as its `with` block runs.

    On a terminal the line is written over itself; in a log each is a line of its own.
    """

    def __init__(
        self,
        database: Database,
        out: TextIO | None = None,
        line_seconds: float = LINE_SECONDS,
        clock: Clock = time.monotonic,
    ) -> None:
        self.database = database
        self.out = sys.stderr if out is None else out
        self.line_seconds = line_seconds
        self.clock = clock
        self.is_terminal = self.out.isatty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="progress", daemon=True)

    def __enter__(self) -> Self:
        clear_tallies()
        self._started_at = self._told_at = self.clock()
        self._told: dict[str, int] = {}
        self._thread.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        if self.is_terminal and self._told_at != self._started_at:
            print(file=self.out, flush=True)

    def _work(self) -> None:
        while not self._ended.wait(self.line_seconds):
            self.tell()

    def tell(self) -> None:
        """Print one line now."""
        counts, now = tallied() or self._rows(), self.clock()
        line = progress_line(now - self._started_at, self._told, counts, now - self._told_at)
        if self.is_terminal:
            print(f"\r\x1b[K{line}", end="", file=self.out, flush=True)
        else:
            print(line, file=self.out, flush=True)
        self._told, self._told_at = counts, now

    def _rows(self) -> dict[str, int]:
        try:
            connection = open_to_read(self.database)
        except ViewsError:
            return {}
        try:
            counts = {
                name: int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608 - our names
                for name in COUNTED_VIEWS
            }
        except (sqlite3.OperationalError, ViewsError):  # a writer holds the file; the next line will know
            return {}
        finally:
            connection.close()
        return {f"{name} rows": count for name, count in counts.items() if count}
