"""BigQuery views: records of some views in, every change of a row appended to a table of a BigQuery dataset.

BigQuery cannot keep a row from being replaced by an older one while a stream writes, so nothing is replaced: each
change is a row of its own, and `newest_sql` is the view over a table that shows of each key the newest. What a retry
writes twice is the same row twice, of which the view shows one.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.bigquery import BigQueryDisposition, WriteToBigQuery

from transforms.publication.row_documents import json_maker
from transforms.publication.view_tables import VIEW_NAMED, Column, View, view_of


class WriteBigQueryViews(beam.PTransform[Any, Any]):
    """Append the rows of some views, each view to the table of its name.

    In:       records of any view; those of views that are not named are left out.
    Out:      nothing.
    State:    none.
    Rejects:  nothing; what BigQuery refuses it tries again, and fails the bundle in the end.
    Source:   BigQuery: streaming inserts, whose retries may repeat a row; `newest_sql` does not mind.
    """

    def __init__(self, dataset: str, views: Iterable[str], run_id: str = "") -> None:
        super().__init__()
        self.views = tuple(views)
        unknown = sorted(set(self.views) - set(VIEW_NAMED))
        if unknown:
            raise ValueError(f"no view is named {unknown[0]!r}, expected one of {', '.join(VIEW_NAMED)}")
        if dataset.count(".") != 1:
            raise ValueError(f"dataset {dataset!r}, expected PROJECT.DATASET")
        self.dataset = dataset
        self.run_id = run_id

    def expand(self, records: Any) -> None:
        project, dataset = self.dataset.split(".")
        for name in self.views:
            view = VIEW_NAMED[name]
            to_row = beam.Map(json_maker(view, self.run_id)).with_output_types(dict[str, Any])
            rows = records | f"Pick{view.step_name}" >> beam.Filter(_is_of, name) | f"RowOf{view.step_name}" >> to_row
            _ = rows | f"Append{view.step_name}" >> WriteToBigQuery(
                table=f"{project}:{dataset}.{name}",
                schema=bigquery_schema(view),
                method=WriteToBigQuery.Method.STREAMING_INSERTS,
                create_disposition=BigQueryDisposition.CREATE_IF_NEEDED,
                write_disposition=BigQueryDisposition.WRITE_APPEND,
            )


def _is_of(record: Any, name: str) -> bool:
    return view_of(record).name == name


def bigquery_schema(view: View) -> dict[str, Any]:
    """The schema of a view's table: exact quantities, times as timestamps, what each column means."""
    fields = [_field(column) for column in view.columns if column.name != "payload"]
    if view.has_payload:  # as JSON has it: text where it is text
        either = {"type": "STRING", "mode": "NULLABLE", "description": "the message"}
        fields += [{"name": name, **either} for name in ("payload", "payload_base64")]
    return {"fields": fields}


def _field(column: Column) -> dict[str, Any]:
    # BIGNUMERIC keeps 38 digits before and after the point, and takes decimals in text as they are.
    kind = {int: "INTEGER", Decimal: "BIGNUMERIC", datetime: "TIMESTAMP"}.get(column.type, "STRING")
    mode = "NULLABLE" if column.optional else "REQUIRED"
    return {"name": column.name, "type": kind, "mode": mode, "description": column.means}


def newest_sql(view: View, dataset: str) -> str:
    """The statement that makes `<view>_newest`: of each key the newest row, or the first where none is newer."""
    key = ", ".join(f"`{name}`" for name in view.key)
    order = f" ORDER BY `{view.grows}` DESC" if view.grows else ""
    return (
        f"CREATE OR REPLACE VIEW `{dataset}.{view.name}_newest` AS\n"
        f"SELECT * FROM `{dataset}.{view.name}` WHERE true\n"
        f"QUALIFY row_number() OVER (PARTITION BY {key}{order}) = 1"
    )
