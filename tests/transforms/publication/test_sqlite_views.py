"""The views in SQLite, as pipelines write them."""

from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from tests.transforms.publication.rows import alert, decision, ended, parked, position, rejection
from transforms.publication.sqlite_views import WriteSqliteViews
from transforms.publication.view_database import create_views, open_to_read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_views(tmp_path / "views.db")
    return tmp_path / "views.db"


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
