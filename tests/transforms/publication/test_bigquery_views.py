"""BigQuery itself is not here: what is tested is the schema, the view over it, and that a pipeline can be built."""

import apache_beam as beam
import pytest

from tests.transforms.publication.rows import position
from transforms.publication.bigquery_views import WriteBigQueryViews, bigquery_schema, newest_sql
from transforms.publication.row_documents import json_maker
from transforms.publication.view_tables import VIEW_NAMED, VIEWS


def test_quantities_and_times_keep_what_they_are() -> None:
    fields = {
        field["name"]: (field["type"], field["mode"]) for field in bigquery_schema(VIEW_NAMED["position"])["fields"]
    }
    assert fields["on_hand_quantity"] == ("BIGNUMERIC", "REQUIRED")
    assert fields["counted_at"] == ("TIMESTAMP", "NULLABLE")
    assert (fields["item"], fields["version"]) == (("STRING", "REQUIRED"), ("INTEGER", "REQUIRED"))


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_column_of_a_row_has_its_field(view: object) -> None:
    names = {field["name"] for field in bigquery_schema(view)["fields"]}  # type: ignore[arg-type]
    assert {column.name for column in view.columns} <= names  # type: ignore[attr-defined]


def test_a_row_as_json_fits_the_schema() -> None:
    view = VIEW_NAMED["position"]
    assert json_maker(view)(position("0.5")).keys() == {field["name"] for field in bigquery_schema(view)["fields"]}


def test_of_each_key_the_newest_is_shown() -> None:
    assert newest_sql(VIEW_NAMED["availability"], "p.d") == (
        "CREATE OR REPLACE VIEW `p.d.availability_newest` AS\n"
        "SELECT * FROM `p.d.availability` WHERE true\n"
        "QUALIFY row_number() OVER (PARTITION BY `item`, `channel` ORDER BY `version` DESC) = 1"
    )


def test_a_pipeline_with_it_can_be_built() -> None:
    pipeline = beam.Pipeline("FnApiRunner")
    _ = (
        pipeline
        | beam.Create([position()])
        | "Views" >> WriteBigQueryViews("a-project.views", ["position", "availability"])
    )
    steps = {step.unique_name for step in pipeline.to_runner_api().components.transforms.values()}
    assert {"Views/AppendPosition", "Views/AppendAvailability"} <= steps


def test_names_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="no view is named 'stock'"):
        WriteBigQueryViews("p.d", ["stock"])
    with pytest.raises(ValueError, match=r"expected PROJECT\.DATASET"):
        WriteBigQueryViews("d", ["position"])
