"""View pages: a view, filters and where to go on in; its next rows out, in the order of the key.

A page goes on behind the key of the last row, not at a number of rows, so that rows which come and go in between move
nothing. Names of columns and views come from the table of views alone; what a caller sends is only ever a value.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from transforms.publication.view_tables import VIEW_NAMED, View

PAGE_ROWS = 100
PAGE_ROWS_MAX = 1_000
VALUE_CHARS_MAX = 500
CURSOR_CHARS_MAX = 4_000

# Collections by the name they have in a path -> view. What is left out belongs to the program, not to its readers.
COLLECTIONS = {
    "availability": "availability",
    "positions": "position",
    "claims": "claim",
    "inbound": "inbound",
    "promises": "promise",
    "decisions": "decision",
    "discrepancies": "discrepancy",
    "alerts": "alert",
    "stock-signals": "stock_signal",
    "channel-updates": "channel_update",
    "deliveries": "delivery",
    "dead-letters": "dead_letter",
    "parked": "parked",
    "runs": "run",
}
FILTERS = (
    *("item", "channel", "location", "listing", "lot", "disposition", "order_reference", "status", "day", "kind"),
    *("source", "reason", "stage", "correlation_id", "message_id", "missing_key", "outcome", "partner"),
)
JSON_COLUMNS = {"chain", "allocated_by_location", "planned_by_location", "options"}


class QueryError(ValueError):
    """What a caller asked for is not to be had: names the parameter, the value and what was expected."""


class Page(NamedTuple):
    """Some rows, and where the next ones begin; None: there are no more."""

    rows: list[dict[str, Any]]
    next: str | None


def view_of_collection(name: str) -> View | None:
    """The view behind a name in a path."""
    return VIEW_NAMED[COLLECTIONS[name]] if name in COLLECTIONS else None


def filters_of(view: View) -> list[str]:
    """By which columns the rows of a view can be picked."""
    return [column.name for column in view.columns if column.name in FILTERS]


def read_page(connection: Any, view: View, parameters: Mapping[str, str]) -> Page:
    """The rows that the parameters ask for; `QueryError` for parameters that mean nothing."""
    limit = _limit(parameters.get("limit"))
    picked = {name: value for name, value in parameters.items() if name not in {"limit", "after"}}
    for name, value in picked.items():
        if name not in filters_of(view):
            raise QueryError(f"no parameter {name[:80]!r} here, expected some of {', '.join(filters_of(view))}")
        if len(value) > VALUE_CHARS_MAX:
            raise QueryError(f"{name} has {len(value)} characters, expected at most {VALUE_CHARS_MAX}")
    conditions = [f"{name} = ?" for name in picked]
    values: list[Any] = list(picked.values())
    if "after" in parameters:
        conditions.append(f"({', '.join(view.key)}) > ({', '.join('?' * len(view.key))})")
        values += _key_of_cursor(view, parameters["after"])
    shown = ", ".join(_shown(name) for name in (column.name for column in view.columns))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    sql = f"SELECT {shown} FROM {view.name}{where} ORDER BY {', '.join(view.key)} LIMIT ?"  # noqa: S608 - our own names
    found = connection.execute(sql, (*values, limit + 1)).fetchall()
    rows = [document_of(row) for row in found[:limit]]
    return Page(rows, _cursor(view, rows[-1]) if len(found) > limit else None)


def document_of(row: Any) -> dict[str, Any]:
    """A row as JSON can hold it; what is JSON inside becomes part of it."""
    return {
        name: json.loads(row[name]) if name in JSON_COLUMNS and row[name] else row[name]
        for name in row.keys()  # noqa: SIM118
    }


def _shown(column: str) -> str:
    """A payload may hold what not every reader may see: only how long it is is told."""
    return "length(payload) AS payload_bytes" if column == "payload" else column


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE_ROWS
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= PAGE_ROWS_MAX:
        raise QueryError(f"limit is {text[:40]!r}, expected 1 to {PAGE_ROWS_MAX}")
    return int(text)


def _cursor(view: View, row: Mapping[str, Any]) -> str:
    key = json.dumps([row[name] for name in view.key], ensure_ascii=False)
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _key_of_cursor(view: View, text: str) -> list[Any]:
    wrong = QueryError("after is not what a page before gave as next")
    if len(text) > CURSOR_CHARS_MAX:
        raise wrong
    try:
        key = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise wrong from None
    types = [column.type for name in view.key for column in view.columns if column.name == name]
    expected = [int if kind is int else str for kind in types]
    if not isinstance(key, list) or [type(part) for part in key] != expected:
        raise wrong
    return key
