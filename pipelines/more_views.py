"""More views: the rows of all views in, beside the database in Bigtable, BigQuery, files and topics where named.

--bigtable_views PROJECT/INSTANCE/TABLE     the newest row of each, in a table that is made where there is none
--bigquery_views PROJECT.DATASET            every change of the views of `BIGQUERY_VIEWS`, a table for each
"""

import re
from typing import Any, NamedTuple

import apache_beam as beam

from transforms.publication.bigquery_views import WriteBigQueryViews
from transforms.publication.bigtable_views import WriteBigtableViews, create_bigtable_views
from transforms.publication.databases import ViewsError
from transforms.publication.record_files import WriteRecordFiles
from transforms.publication.topics import PublishRecords

BIGQUERY_VIEWS = ("position", "claim", "availability", "channel_update", "discrepancy", "dead_letter", "alert")
PROJECT = r"[a-z][a-z0-9-]{4,28}[a-z0-9]"
BIGTABLE = re.compile(rf"({PROJECT})/([a-z][a-z0-9-]{{4,31}}[a-z0-9])/([A-Za-z0-9_.-]{{1,50}})")
BIGQUERY = re.compile(rf"({PROJECT})\.([A-Za-z0-9_]{{1,1024}})")


class MoreViews(NamedTuple):
    """Where else views are kept."""

    bigtable: tuple[str, ...] = ()  # project, instance, table; () for nowhere
    bigquery: str = ""  # project.dataset


def add_more_views(views: Any) -> None:
    """The flags."""
    views.add_argument("--bigtable_views", help="PROJECT/INSTANCE/TABLE: the same rows in Bigtable, the newest of each")
    views.add_argument("--bigquery_views", help="PROJECT.DATASET: every change of the main views in BigQuery")


def more_views_of(given: Any) -> MoreViews:
    """What the flags name; `ViewsError` says which is wrong, and what was expected."""
    bigtable, bigquery = given.bigtable_views or "", given.bigquery_views or ""
    found = BIGTABLE.fullmatch(bigtable)
    if bigtable and found is None:
        raise ViewsError(
            f"--bigtable_views {bigtable!r}, expected PROJECT/INSTANCE/TABLE such as acme-stock/views/main"
        )
    if bigquery and not BIGQUERY.fullmatch(bigquery):
        raise ViewsError(f"--bigquery_views {bigquery!r}, expected PROJECT.DATASET such as acme-stock.views")
    return MoreViews(found.groups() if found else (), bigquery)


def create_more_views(more: MoreViews) -> None:
    """Make what is missing and can be made beforehand; BigQuery makes its tables with the first row."""
    if more.bigtable:
        project, instance, table = more.bigtable
        create_bigtable_views(project, instance, table)


def write_more_views(views: tuple[Any, ...], records: tuple[Any, ...], settings: Any, run_id: str) -> None:
    """Wire what is named."""
    more, folder = settings.more_views, settings.records_folder
    if folder is not None or more != MoreViews():
        rows = views | "AllViews" >> beam.Flatten()
        if folder is not None:
            _ = rows | "WriteRecordFiles" >> WriteRecordFiles(str(folder), settings.records_format, run_id)
        if more.bigtable:
            project, instance, table = more.bigtable
            _ = rows | "WriteBigtableViews" >> WriteBigtableViews(project, instance, table, run_id)
        if more.bigquery:
            _ = rows | "WriteBigQueryViews" >> WriteBigQueryViews(more.bigquery, BIGQUERY_VIEWS, run_id)
    if settings.topics:
        topics = PublishRecords(settings.topics, run_id)
        _ = records | "AllRecords" >> beam.Flatten() | "PublishRecords" >> topics
