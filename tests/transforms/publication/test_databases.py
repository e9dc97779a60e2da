"""One way to use a file or a server."""

from pathlib import Path

import pytest

from tests.transforms.publication.rows import position
from transforms.publication.databases import (
    ViewsError,
    create_views,
    database_of,
    open_to_read,
    open_to_write,
    write_batches,
)
from transforms.publication.newest_rows import NewestRows
from transforms.publication.postgres_database import PostgresPlace


@pytest.mark.parametrize(
    ("text", "database"),
    [
        ("out/sellable.db", Path("out/sellable.db")),
        (Path("out/sellable.db"), Path("out/sellable.db")),
        ("postgresql://me@db/views", PostgresPlace("postgresql://me@db/views")),
        ("postgres://me@db/views", PostgresPlace("postgres://me@db/views")),
    ],
)
def test_an_option_names_a_file_or_a_server(text: str, database: Path | PostgresPlace) -> None:
    assert database_of(text) == database


def test_a_file_is_made_written_and_read(tmp_path: Path) -> None:
    database = tmp_path / "views.db"
    create_views(database)
    rows = NewestRows("R1")
    rows.add(position("5", 1))
    writer = open_to_write(database)
    write_batches(writer, rows.batches())
    writer.close()
    reader = open_to_read(database)
    assert [tuple(row) for row in reader.execute("SELECT item, on_hand_quantity FROM position")] == [("ABC-1", "5")]
    with pytest.raises(TypeError, match="Reader cannot write"):
        write_batches(type("Reader", (), {})(), rows.batches())
    reader.close()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ViewsError, match="no such file"):
        open_to_read(tmp_path / "views.db")
