"""The views on a PostgreSQL server, as pipelines write them."""

import pickle

import apache_beam as beam
import pytest

from tests.postgres_server import PostgresServer
from tests.transforms.publication.rows import alert, decision, position
from transforms.publication.databases import create_views, database_of, open_to_read
from transforms.publication.postgres_views import WritePostgresViews


@pytest.mark.postgres
def test_records_of_any_view_end_in_their_tables(postgres_server: PostgresServer) -> None:
    url = postgres_server.new_database()
    create_views(database_of(url))
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        rows = pipeline | "Rows" >> beam.Create([position("5", 1), position("7", 2), alert()])
        others = pipeline | "Others" >> beam.Create([position("6", 1), decision()])
        _ = (rows, others) | WritePostgresViews(url)
    connection = open_to_read(database_of(url))
    found = connection.execute("SELECT item, on_hand_quantity, version FROM position").fetchall()
    connection.close()
    assert found == [("ABC-1", "7", 2)]


def test_no_secret_travels_with_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hidden-secret")
    assert b"hidden-secret" not in pickle.dumps(WritePostgresViews("postgresql://me@db/views").place)
