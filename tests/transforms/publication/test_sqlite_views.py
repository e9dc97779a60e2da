"""The views in SQLite, as pipelines write them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from tests.transforms.publication.rows import alert, decision, ended, parked, position, rejection
from transforms.publication.sqlite_views import WriteSqliteViews
from transforms.publication.tallies import clear_tallies, tallied
from transforms.publication.view_database import ViewsError, create_views, open_to_read
from transforms.publication.view_upserts import FLUSH_ROWS, ROWS_WRITTEN, _UpsertFn


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_views(tmp_path / "views.db")
    return tmp_path / "views.db"


@pytest.fixture
def upserting(path: Path) -> Iterator[_UpsertFn]:
    upserting = _UpsertFn(path, "R1")
    upserting.setup()
    yield upserting
    upserting.teardown()


def read(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = open_to_read(path)
    rows = [tuple(row) for row in connection.execute(sql)]
    connection.close()
    return rows


def run(path: Path, records: list[Any], run_id: str = "R1", *options: str) -> None:
    with beam.Pipeline(runner="FnApiRunner", options=PipelineOptions(options)) as pipeline:
        _ = pipeline | beam.Create(records) | WriteSqliteViews(path, run_id)


def test_records_of_any_view_end_in_their_tables(path: Path) -> None:
    run(path, [position("5", 1), alert(), position("7", 2), decision(), parked(), rejection(), ended(4, "posted")])
    assert read(path, "SELECT item, on_hand_quantity, version FROM position") == [("ABC-1", "7", 2)]
    assert read(path, "SELECT kind, quantity FROM alert") == [("oversell", "1")]
    assert read(path, "SELECT missing_key, run_id FROM parked") == [("item:NEW-1", "R1")]
    assert read(path, "SELECT run_id, source, level, outcome, total FROM run_count") == [
        ("R1", "shop", "event", "posted", 4)
    ]


def test_several_collections_are_written_without_being_flattened(path: Path) -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        rows = pipeline | "Rows" >> beam.Create([position("5", 1), position("7", 2)])
        others = pipeline | "Others" >> beam.Create([position("6", 1), decision()])
        done = (rows, others) | WriteSqliteViews(path)
        assert_that(done, equal_to([]))
    assert read(path, "SELECT item, on_hand_quantity, version FROM position") == [("ABC-1", "7", 2)]
    assert read(path, "SELECT outcome FROM decision") == [("granted",)]


def test_a_second_run_with_older_news_changes_nothing(path: Path) -> None:
    run(path, [position("7", 7), decision("refused")])
    run(path, [position("5", 5), position("7", 7), decision("granted")], "R2")
    assert read(path, "SELECT on_hand_quantity, version FROM position") == [("7", 7)]
    assert read(path, "SELECT outcome FROM decision") == [("refused",)]


def test_worker_processes_write_to_one_file(path: Path) -> None:
    records = [position(str(number), number, f"ITEM-{number}") for number in range(1, 201)]
    run(path, records, "R1", "--direct_running_mode=multi_processing", "--direct_num_workers=2")
    assert read(path, "SELECT count(*), max(version) FROM position") == [(200, 200)]


def test_the_output_is_empty_and_says_when_all_is_written(path: Path) -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        written = pipeline | beam.Create([position()]) | WriteSqliteViews(path)
        assert_that(written, equal_to([]))


def test_a_flush_is_due_after_so_many_different_rows(path: Path, upserting: _UpsertFn) -> None:
    clear_tallies()
    upserting.start_bundle()
    for number in range(FLUSH_ROWS - 1):
        upserting.process(position("1", 1, f"ITEM-{number}"))
    upserting.process(position("2", 2, "ITEM-0"))
    assert read(path, "SELECT count(*) FROM position") == [(0,)]
    upserting.process(position("1", 1, "ONE-MORE"))
    assert read(path, "SELECT count(*) FROM position") == [(20_000,)]
    assert tallied() == {ROWS_WRITTEN: 20_000}
    upserting.finish_bundle()
    assert tallied() == {ROWS_WRITTEN: 20_000}


def test_a_flush_is_due_after_so_many_bytes_of_payload(path: Path, upserting: _UpsertFn) -> None:
    upserting.start_bundle()
    for number in range(5):
        upserting.process(rejection(event_index=number, payload=b"x" * 4 * 1024 * 1024))
    assert read(path, "SELECT count(*) FROM dead_letter") == [(4,)]


def test_what_a_failed_bundle_left_is_forgotten(path: Path, upserting: _UpsertFn) -> None:
    upserting.start_bundle()
    upserting.process(position("9", 9))
    upserting.start_bundle()
    upserting.process(position("1", 1))
    upserting.finish_bundle()
    assert read(path, "SELECT on_hand_quantity FROM position") == [("1",)]


def test_a_run_without_a_database_ends_with_a_clear_error(tmp_path: Path) -> None:
    missing = _UpsertFn(tmp_path / "views.db", "R1")
    with pytest.raises(ViewsError, match="no such file, expected the database that a run of the pipeline made"):
        missing.setup()
