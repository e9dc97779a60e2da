"""Traces: a correlation id in, every row of the views that carries it out: figures, answers, refusals, alerts."""

from typing import Any

from services.view_pages import COLLECTIONS, document_of
from transforms.publication.view_tables import VIEW_NAMED

ROWS_MAX = 100  # of each view
CORRELATION_COLUMNS = ("correlation_id", "changed_correlation_id")


def trace(connection: Any, correlation_id: str) -> dict[str, Any]:
    """Rows by collection, in the order of the views; collections with none are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for collection, name in COLLECTIONS.items():
        names = [column.name for column in VIEW_NAMED[name].columns]
        column = next((one for one in CORRELATION_COLUMNS if one in names), None)
        if column is None:
            continue
        shown = ", ".join(one for one in names if one != "payload")
        sql = f"SELECT {shown} FROM {name} WHERE {column} = ? LIMIT ?"  # noqa: S608 - our own names
        rows = [document_of(row) for row in connection.execute(sql, (correlation_id, ROWS_MAX))]
        if rows:
            found[collection] = rows
    return {"correlation_id": correlation_id, "found": found}
