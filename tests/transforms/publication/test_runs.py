"""The log of runs."""

from datetime import timedelta
from pathlib import Path

from tests.transforms.publication.rows import NOON
from transforms.publication.runs import finish_run, start_run
from transforms.publication.view_database import create_views, open_to_read
from transforms.publication.view_tables import Run

RUN = Run("R1", NOON, None, "day", "p1", "m1", '{"runner": "DirectRunner"}')


def runs(path: Path) -> list[tuple[object, ...]]:
    connection = open_to_read(path)
    rows = [tuple(row) for row in connection.execute("SELECT * FROM run ORDER BY run_id")]
    connection.close()
    return rows


def test_a_run_has_no_end_until_it_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "views.db"
    create_views(path)
    start_run(path, RUN)
    start_run(path, RUN._replace(run_id="R2"))
    begun = ("2026-03-02T12:00:00+00:00", None, "day", "p1", "m1", '{"runner": "DirectRunner"}')
    assert runs(path) == [("R1", *begun), ("R2", *begun)]
    finish_run(path, "R1", NOON + timedelta(seconds=90))
    assert [(row[0], row[2]) for row in runs(path)] == [("R1", "2026-03-02T12:01:30+00:00"), ("R2", None)]


def test_a_run_that_is_noted_twice_keeps_its_start(tmp_path: Path) -> None:
    path = tmp_path / "views.db"
    create_views(path)
    start_run(path, RUN)
    start_run(path, RUN._replace(started_at=NOON + timedelta(days=1)))
    assert [row[1] for row in runs(path)] == ["2026-03-02T12:00:00+00:00"]
