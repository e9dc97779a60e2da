"""The line that moves while a run goes on."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import pytest

from pipelines.progress import Progress, progress_line
from tests.transforms.publication.rows import position
from transforms.publication.sqlite_views import WriteSqliteViews
from transforms.publication.tallies import TallyElements, clear_tallies, tally
from transforms.publication.view_database import create_views

GO_ON = threading.Event()
SECONDS_MAX = 30


class Told(io.StringIO):
    """An output that says when the first line with some text arrived."""

    def __init__(self, awaited: str, *, terminal: bool = False) -> None:
        super().__init__()
        self.awaited = awaited
        self.terminal = terminal
        self.arrived = threading.Event()

    def isatty(self) -> bool:
        return self.terminal

    def flush(self) -> None:
        if self.awaited in self.getvalue():
            self.arrived.set()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    clear_tallies()
    yield
    clear_tallies()


@pytest.mark.parametrize(
    ("before", "now", "line"),
    [
        ({}, {}, "01:05  starting"),
        ({}, {"messages": 1_200}, "01:05  messages 1,200 · 240 messages/s"),
        ({"messages": 1_000}, {"messages": 1_200, "rows": 7}, "01:05  messages 1,200 · rows 7 · 40 messages/s"),
        ({"messages": 1_200}, {"messages": 1_200, "rows": 7}, "01:05  messages 1,200 · rows 7 · 1 rows/s"),
        ({"messages": 1_200}, {"messages": 1_200}, "01:05  messages 1,200"),
    ],
)
def test_a_line_tells_time_counts_and_rate(before: dict[str, int], now: dict[str, int], line: str) -> None:
    assert progress_line(65.9, before, now, since_seconds=5) == line


def pause_in_the_middle(number: int) -> int:
    """Holds the bundle up until the test has seen a line about its first half."""
    if number == 2_500:
        assert GO_ON.wait(SECONDS_MAX)
    return number


def test_the_count_of_a_bundle_is_told_while_it_is_worked_in_the_default_runner(tmp_path: Path) -> None:
    out = Told("messages 2,000")
    GO_ON.clear()

    def look() -> None:
        if out.arrived.wait(SECONDS_MAX):
            GO_ON.set()

    watching = threading.Thread(target=look)
    watching.start()
    with Progress(tmp_path / "none.db", out, line_seconds=0.02), beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = (
            pipeline
            | beam.Create([0])
            | beam.FlatMap(lambda _: range(5_000))
            | TallyElements("messages")
            | beam.Map(pause_in_the_middle)
        )
    watching.join()
    assert "  messages 2,000" in out.getvalue()


def test_where_workers_are_elsewhere_the_rows_in_the_database_are_told(tmp_path: Path) -> None:
    database = tmp_path / "views.db"
    create_views(database)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = pipeline | beam.Create([position(), position(item="XYZ")]) | WriteSqliteViews(database)
    out = Told("position rows 2")
    with Progress(database, out, line_seconds=0.02):
        assert out.arrived.wait(SECONDS_MAX)


def test_on_a_terminal_the_line_is_written_over_itself(tmp_path: Path) -> None:
    out = Told("messages 5", terminal=True)
    with Progress(tmp_path / "none.db", out, line_seconds=0.02, clock=lambda: 7.0) as progress:
        tally("messages", 5)
        assert out.arrived.wait(SECONDS_MAX)
        progress.tell()
    assert "\r\x1b[K00:00  messages 5" in out.getvalue()


def test_a_run_shorter_than_one_line_prints_nothing(tmp_path: Path) -> None:
    out = io.StringIO()
    with Progress(tmp_path / "none.db", out):
        tally("messages", 5)
    assert out.getvalue() == ""
