"""The views on a PostgreSQL server: the same rules as in a file, and a server that goes away for a while."""

import os
import threading
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.postgres_server import PostgresServer
from tests.transforms.publication.rows import alert, availability, decision, parked, position, rejection
from transforms.publication.newest_rows import NewestRows
from transforms.publication.postgres_database import (
    PostgresPlace,
    PostgresWriter,
    create_views,
    open_to_read,
    place_of,
)
from transforms.publication.view_database import ViewsError
from transforms.publication.view_tables import VIEWS

pytestmark = pytest.mark.postgres


@pytest.fixture
def place(postgres_server: PostgresServer) -> PostgresPlace:
    place = place_of(postgres_server.new_database())
    create_views(place)
    return place


def write(place: PostgresPlace, records: Iterable[Any], run_id: str = "R1") -> None:
    rows = NewestRows(run_id)
    for record in records:
        rows.add(record)
    writer = PostgresWriter(place)
    writer.write(rows.batches())
    writer.close()


def read(place: PostgresPlace, sql: str) -> list[tuple[Any, ...]]:
    connection = open_to_read(place)
    rows = [tuple(row) for row in connection.execute(sql)]
    connection.close()
    return rows


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=st.permutations([(1, "5"), (2, "7"), (3, "4"), (3, "4")]))
def test_whatever_the_order_the_newest_row_stays(place: PostgresPlace, versions: list[tuple[int, str]]) -> None:
    location = "-".join(f"{version}" for version, _ in versions)
    for version, quantity in versions:
        write(place, [position(quantity, version, location=location)])
    assert read(place, f"SELECT on_hand_quantity, version FROM position WHERE location = '{location}'") == [("4", 3)]


def test_the_same_version_with_another_content_replaces_and_with_the_same_does_not(place: PostgresPlace) -> None:
    write(place, [position("5", 1)])
    before = read(place, "SELECT xmin::text FROM position")
    write(place, [position("5.00", 1)])
    assert read(place, "SELECT xmin::text FROM position") == before
    write(place, [position("6", 1)])
    assert read(place, "SELECT on_hand_quantity FROM position") == [("6",)]


def test_a_decision_is_given_once(place: PostgresPlace) -> None:
    write(place, [decision()])
    write(place, [decision()._replace(outcome="refused")])
    assert read(place, "SELECT outcome FROM decision") == [("granted",)]


def test_rows_read_as_sqlite_gives_them(place: PostgresPlace) -> None:
    write(place, [position("5.50", 1), availability(), alert(), parked(), rejection()])
    connection = open_to_read(place)
    row = connection.execute("SELECT * FROM availability WHERE item = ?", ("ABC-1",)).fetchone()
    connection.close()
    assert row["changed_at"] == "2026-03-02T12:00:00+00:00"
    assert (row["available_quantity"], row[0], row.keys()[:3]) == (3, "ABC-1", ["item", "channel", "listing"])
    assert read(place, "SELECT on_hand_quantity, counted_at FROM position") == [("5.5", None)]


def test_what_its_text_cannot_hold_is_made_visible(place: PostgresPlace) -> None:
    write(place, [position(item="A\0B\ud800C 'x'; DROP TABLE position; --")])
    assert read(place, "SELECT item FROM position") == [("A\u2400B?C 'x'; DROP TABLE position; --",)]


def test_every_view_has_a_table_that_says_what_its_columns_mean(place: PostgresPlace) -> None:
    tables = {
        name
        for (name,) in read(place, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    }
    assert tables == {view.name for view in VIEWS} | {"views_version"}
    assert read(place, "SELECT col_description('position'::regclass, 5)") == [
        ("on hand in base units; below zero where more left than was known",)
    ]


def test_readers_cannot_write(place: PostgresPlace) -> None:
    with pytest.raises(ViewsError, match="read-only"):
        read(place, "DELETE FROM position")


def test_views_of_another_version_are_refused(place: PostgresPlace) -> None:
    import psycopg

    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("UPDATE views_version SET version = 99")
    with pytest.raises(ViewsError, match="has views of version 99, expected"):
        create_views(place)
    with pytest.raises(ViewsError, match="has views of version 99, expected"):
        open_to_read(place)


def test_two_writers_of_the_same_rows_both_succeed(place: PostgresPlace) -> None:
    def many(start: int) -> None:
        for version in range(start, start + 40, 2):
            write(place, [position(str(version), version, item=f"I-{number}") for number in range(50)])

    writers = [threading.Thread(target=many, args=(start,)) for start in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert read(place, "SELECT DISTINCT on_hand_quantity, version FROM position") == [("40", 40)]


def test_a_server_that_restarts_is_waited_for(postgres_server: PostgresServer, place: PostgresPlace) -> None:
    writer = PostgresWriter(place)
    rows = NewestRows("R1")
    rows.add(position("9", 9))
    postgres_server.stop()
    back = threading.Timer(1.5, postgres_server.start)  # the outage
    back.start()
    writer.write(rows.batches())
    back.join()
    writer.close()
    assert read(place, "SELECT on_hand_quantity FROM position") == [("9",)]


def test_a_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "PGPASSWORD": "hidden-secret"})
    with pytest.raises(ViewsError, match=r"postgresql://me@127.0.0.1:1/views: cannot be opened") as caught:
        create_views(place_of("postgresql://me@127.0.0.1:1/views"))
    assert "hidden-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://me:secret@db/views", "postgresql://me@db/views: a password stands in the address"),
        ("postgresql://me@db/views?password=secret", "a password stands in the address, expected it in PGPASSWORD"),
        ("postgresql://me@db", "names no database, expected postgresql://USER@HOST/NAME"),
        ("postgresql://me@[db/views", "cannot be read, expected postgresql://USER@HOST/NAME"),
    ],
)
def test_an_address_is_checked_and_holds_no_password(url: str, problem: str) -> None:
    with pytest.raises(ViewsError) as caught:
        place_of(url)
    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)
