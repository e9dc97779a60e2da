"""The log of runs."""

from datetime import timedelta
from pathlib import Path

from tests.transforms.publication.rows import NOON, parked
from transforms.publication.newest_rows import NewestRows
from transforms.publication.runs import IS_OPEN, finish_run, start_run
from transforms.publication.view_database import create_views, open_to_read, open_to_write, write_batches
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


def a_run(path: Path, run_id: str, *found: str, read: str = "day", read_all: bool = True) -> list[str]:
    """A run that parks these items; the items that are parked and open after it."""
    at = NOON + timedelta(hours=int(run_id[1:]))
    start_run(path, RUN._replace(run_id=run_id, input=read))
    rows = NewestRows(run_id)
    for item in found:
        rows.add(parked(item, message_id=f"m-{item}"))
    connection = open_to_write(path)
    write_batches(connection, rows.batches())
    connection.close()
    finish_run(path, run_id, at, read_all=read_all)
    connection = open_to_read(path)
    is_open = IS_OPEN.format(view="parked")
    found_open = connection.execute(f"SELECT missing_key FROM parked WHERE {is_open} ORDER BY 1").fetchall()
    connection.close()
    return [key.removeprefix("item:") for (key,) in found_open]


def test_what_a_later_run_over_the_same_input_does_not_park_again_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "views.db"
    create_views(path)
    assert a_run(path, "R1", "A", "B") == ["A", "B"]
    assert a_run(path, "R2", "B", read="another day") == ["A", "B"]
    assert a_run(path, "R3", "B", read_all=False) == ["A", "B"]
    assert a_run(path, "R4", "B") == ["B"]
    assert a_run(path, "R5", "A", "B") == ["A", "B"], "master data forgot it again"
    assert a_run(path, "R6") == []
