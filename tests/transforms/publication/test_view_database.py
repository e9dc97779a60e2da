"""The database of views: who may open it, what a write does to it, and that it moves forward only."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import written_views
from tests.transforms.publication.rows import (
    NOON,
    alert,
    availability,
    claim,
    decision,
    delivery,
    discrepancy,
    ended,
    inbound,
    parked,
    position,
    posting,
    preemption,
    promise,
    rejection,
    settlement,
    signal,
    source_heard,
    update,
)
from transforms.publication.newest_rows import NewestRows
from transforms.publication.view_database import ViewsError, create_views, open_to_read, open_to_write, write_batches
from transforms.publication.view_tables import VIEWS

ROOT = Path(__file__).parents[3]


def write(path: Path, records: Iterable[Any], run_id: str = "R1") -> None:
    written_views.write(path, *records, run_id=run_id)


def read(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = open_to_read(path)
    rows = [tuple(row) for row in connection.execute(sql)]
    connection.close()
    return rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_views(tmp_path / "views.db")
    return tmp_path / "views.db"


def test_a_database_holds_every_view_and_can_be_made_again(path: Path) -> None:
    write(path, [position()])
    create_views(path)
    tables = read(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    assert [name for (name,) in tables] == sorted(view.name for view in VIEWS)
    assert read(path, "SELECT count(*) FROM position") == [(1,)]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    create_views(tmp_path / "out" / "today" / "views #1?.db")
    assert read(tmp_path / "out" / "today" / "views #1?.db", "SELECT count(*) FROM run") == [(0,)]


def test_readers_are_not_held_up_by_a_writer(path: Path) -> None:
    writer = open_to_write(path)
    writer.execute("BEGIN IMMEDIATE")
    assert read(path, "SELECT count(*) FROM position") == [(0,)]
    writer.close()


def other_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()


def other_version(path: Path) -> None:
    create_views(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def no_database(path: Path) -> None:
    path.write_text("item,quantity\nABC-1,5\n" * 100)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (other_program, r"is the database of another program, expected one of ours or none"),
        (other_version, r"has views of version 99, expected 5: move it away and run again"),
        (no_database, r"file is not a database"),
        (Path.mkdir, r"unable to open database file|cannot be made|no such file"),
    ],
)
def test_what_is_not_ours_is_refused_and_left_alone(tmp_path: Path, make: Any, message: str) -> None:
    path = tmp_path / "other.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    for use in (create_views, open_to_write, open_to_read):
        with pytest.raises(ViewsError, match=message) as error:
            use(path)
        assert str(error.value).startswith(f"{path}: ")
    assert before is None or path.read_bytes() == before


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ViewsError, match=r"cannot be made or opened for writing"):
        create_views(tmp_path / "file" / "views.db")


def test_a_database_must_exist_to_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(ViewsError, match="no such file, expected the database that a run of the pipeline made"):
        open_to_write(tmp_path / "views.db")
    assert not (tmp_path / "views.db").exists()


def test_readers_cannot_write(path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        open_to_read(path).execute("DELETE FROM position")


@pytest.mark.parametrize(
    ("story", "writes", "quantity"),
    [
        ("newer replaces", [position("5", 5), position("6", 6)], "6"),
        ("older changes nothing", [position("5", 5), position("4", 4)], "5"),
        ("the same version computed by new rules replaces", [position("5", 5), position("9", 5)], "9"),
    ],
)
def test_a_row_moves_forward_only(path: Path, story: str, writes: list[Any], quantity: str) -> None:
    for record in writes:
        write(path, [record])
    assert read(path, "SELECT on_hand_quantity FROM position") == [(quantity,)]


def test_a_source_was_heard_by_its_newest_message_whatever_comes_late(path: Path) -> None:
    for hour in (9, 14, 11):
        write(path, [source_heard(NOON.replace(hour=hour))])
    assert read(path, "SELECT * FROM source_heard") == [("wms-east", "2026-03-02T14:00:00+00:00")]


def test_a_decision_is_never_overwritten(path: Path) -> None:
    write(path, [decision("refused")])
    write(path, [decision("granted")])
    assert read(path, "SELECT outcome, granted_quantity FROM decision") == [("refused", "0")]


def test_a_rejection_stays_as_it_was_first_found_and_every_run_notes_that_it_found_it(path: Path) -> None:
    write(path, [parked("NEW-1"), parked("NEW-2", event_index=1)], "R1")
    write(path, [parked("NEW-2", event_index=1)], "R2")
    write(path, [parked("NEW-2", event_index=1)], "R1")
    assert read(path, "SELECT missing_key, run_id FROM parked ORDER BY missing_key") == [
        ("item:NEW-1", "R1"),
        ("item:NEW-2", "R1"),
    ]
    assert read(path, "SELECT run_id, event_index FROM run_rejection ORDER BY 1, 2") == [
        ("R1", 0),
        ("R1", 1),
        ("R2", 1),
    ]


def test_values_come_back_as_documented(path: Path) -> None:
    write(path, [position("2.50"), rejection(payload=b"\xff\x00")])
    assert read(path, "SELECT on_hand_quantity, typeof(on_hand_quantity), counted_at FROM position") == [
        ("2.5", "text", None)
    ]
    assert read(path, "SELECT payload, received_at FROM dead_letter") == [(b"\xff\x00", "2026-03-02T12:00:00+00:00")]


def test_every_kind_of_record_is_written_where_it_belongs(path: Path) -> None:
    records = [
        *(position(), claim(), inbound(), availability(), update(), signal(), promise()),
        *(discrepancy(), decision(), preemption(), alert(), rejection(), parked(), settlement(), ended(1, "posted")),
        *(posting(), delivery(), source_heard()),
    ]
    write(path, records)
    written = [view.name for view in VIEWS if view.name != "run"]
    rows = {name: read(path, f"SELECT count(*) FROM {name}")[0][0] for name in written}
    assert rows == {**dict.fromkeys(written, 1), "run_rejection": 2}


def test_a_write_is_all_or_nothing(path: Path) -> None:
    rows = NewestRows("R1")
    rows.add(position())
    rows.add(claim()._replace(channel=None))  # type: ignore[arg-type]
    connection = open_to_write(path)
    with pytest.raises(sqlite3.IntegrityError, match=r"NOT NULL constraint failed: claim\.channel"):
        write_batches(connection, rows.batches())
    assert not connection.in_transaction
    connection.close()
    assert read(path, "SELECT count(*) FROM position") == [(0,)]


def test_a_lock_that_is_never_given_up_ends_in_a_clear_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transforms.publication.view_database.LOCK_PAUSE_SECONDS_MAX", 0.01)
    holder = open_to_write(path)
    holder.execute("BEGIN IMMEDIATE")
    rows = NewestRows("R1")
    rows.add(position())
    with pytest.raises(ViewsError, match="kept the database locked for 6 attempts"):
        write_batches(open_to_write(path, lock_wait_seconds=0.01), rows.batches())
    holder.close()


def test_a_lock_that_is_given_up_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = open_to_write(path)
    holder.execute("BEGIN IMMEDIATE")
    pauses: list[float] = []

    def give_up_at_the_third(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            holder.execute("ROLLBACK")

    monkeypatch.setattr("transforms.publication.view_database.time.sleep", give_up_at_the_third)
    rows = NewestRows("R1")
    rows.add(position())
    write_batches(open_to_write(path, lock_wait_seconds=0.01), rows.batches())
    holder.close()
    assert len(pauses) == 3
    assert read(path, "SELECT count(*) FROM position") == [(1,)]


WRITER = """
import sys
from pathlib import Path
from tests.transforms.publication.rows import position
from transforms.publication.newest_rows import NewestRows
from transforms.publication.view_database import open_to_write, write_batches

path, start = Path(sys.argv[1]), int(sys.argv[2])
connection = open_to_write(path)
for flush in range(40):
    rows = NewestRows("R1")
    for item in range(100):
        version = flush * 2 + start
        rows.add(position(str(version), version, f"ITEM-{item}"))
    write_batches(connection, rows.batches())
"""


def test_processes_that_write_at_once_leave_the_newest_rows(path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, start], cwd=ROOT) for start in ("1", "2")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    newest = read(path, "SELECT DISTINCT on_hand_quantity, version FROM position")
    assert newest == [("80", 80)]
    assert read(path, "SELECT count(*) FROM position") == [(100,)]


CHANGES = st.lists(
    st.builds(
        lambda item, version: position(str(version * 10), version, item), st.sampled_from("ABC"), st.integers(1, 9)
    )
)


@settings(deadline=None, max_examples=40)  # each flush waits for the disk
@given(flushes=st.lists(CHANGES, max_size=6))
def test_in_any_order_and_number_the_newest_row_of_each_key_stays(
    tmp_path_factory: pytest.TempPathFactory, flushes: list[list[Any]]
) -> None:
    path = tmp_path_factory.mktemp("views") / "views.db"
    create_views(path)
    for flush in flushes:
        write(path, flush)
    newest: dict[str, int] = {}
    for change in [change for flush in flushes for change in flush]:
        newest[change.item] = max(newest.get(change.item, 0), change.version)
    rows = read(path, "SELECT item, on_hand_quantity, version FROM position ORDER BY item")
    assert rows == [(item, str(version * 10), version) for item, version in sorted(newest.items())]
