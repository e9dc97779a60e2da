"""Views may be kept in Bigtable and BigQuery beside the database; a name that cannot be one is refused at once."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

import apache_beam as beam
import pytest

from pipelines import inventory_sync
from pipelines.more_views import BIGQUERY_VIEWS, MoreViews, add_more_views, more_views_of, write_more_views
from tests.pipelines.example_day import DAY, options
from tests.transforms.publication.rows import position
from tests.transforms.publication.test_bigtable_views import INSTANCE, PROJECT, emulator  # noqa: F401 - a fixture
from transforms.publication.bigtable_views import open_bigtable


def given(*arguments: str) -> Namespace:
    parser = ArgumentParser()
    add_more_views(parser)
    return parser.parse_args(arguments)


def test_without_flags_there_are_none() -> None:
    assert more_views_of(given()) == MoreViews()


def test_places_are_read_from_their_names() -> None:
    found = more_views_of(given("--bigtable_views=acme-stock/views-1/main", "--bigquery_views=acme-stock.views"))
    assert found == MoreViews(("acme-stock", "views-1", "main"), "acme-stock.views")


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--bigtable_views=acme-stock/views", "expected PROJECT/INSTANCE/TABLE"),
        ("--bigtable_views=bigtable://acme-stock/views-1/main", "expected PROJECT/INSTANCE/TABLE"),
        ("--bigquery_views=views", "expected PROJECT.DATASET"),
        ("--bigquery_views=acme-stock.views.position", "expected PROJECT.DATASET"),
    ],
)
def test_another_name_is_refused_with_what_was_expected(
    argument: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inventory_sync.run([f"--input_folder={DAY}", *options(tmp_path / "views.db"), argument]) == 2
    error = capsys.readouterr().err
    assert "nothing was started" in error
    assert argument.partition("=")[0] in error
    assert said in error


def test_bigquery_is_built_with_a_table_for_each_main_view() -> None:
    settings = Namespace(more_views=MoreViews((), "acme-stock.views"), records_folder=None, topics={})
    pipeline = beam.Pipeline("FnApiRunner", argv=["--temp_location=gs://acme-stock/temp"])
    records = (pipeline | beam.Create([position("5", 1)]),)
    write_more_views(records, records, settings, "R1")
    steps = str(pipeline.to_runner_api())
    assert all(f"Append{name.title().replace('_', '')}" in steps for name in BIGQUERY_VIEWS)


@pytest.mark.bigtable
def test_the_example_day_is_in_bigtable_too(emulator: str, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    table = f"--bigtable_views={PROJECT}/{INSTANCE}-1/day"
    assert emulator
    assert inventory_sync.run([f"--input_folder={DAY}", *options(tmp_path / "views.db"), table]) == 0
    rows = open_bigtable(PROJECT, f"{INSTANCE}-1", "day").read_rows()
    cells = {row.row_key.decode(): json.loads(row.cell_value("v", b"row")) for row in rows}
    assert cells["position#MUG-BLUE#EAST##sellable"]["on_hand_quantity"] == "141"
