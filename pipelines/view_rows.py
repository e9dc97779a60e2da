"""View rows: a view and some of its columns in, its first rows as a table for people out; only our own tools needed."""

from rich.table import Table

from pipelines.terminal_text import plain
from transforms.publication.databases import Database, open_to_read
from transforms.publication.runs import IS_OPEN
from transforms.publication.view_tables import VIEW_NAMED

HEAD = "bold"
ROWS_SHOWN = 50
REJECTED = ("parked", "dead_letter")

# What a person looks at first; every other column is shown by name.
FIRST_COLUMNS = {
    "availability": ("item", "channel", "listing", "available_quantity", "changed_by"),
    "channel_update": ("channel", "listing", "item", "quantity"),
    "dead_letter": ("reason", "message", "message_id"),
    "discrepancy": ("item", "location", "cause", "source", "expected_quantity", "reported_quantity"),
    "parked": ("missing_key", "message", "message_id"),
}


class NoSuchColumnError(LookupError):
    """A view or column that is not there; the message says which are."""


def read_rows(
    database: Database, view: str, columns: tuple[str, ...] = (), limit: int = ROWS_SHOWN, *, closed: bool = False
) -> Table:
    """The first rows of a view in the order of its key; `NoSuchColumnError` for a name that is none of ours.

    `closed`: of what was parked or a dead letter, those too that have been settled since.
    """
    if view not in VIEW_NAMED:
        raise NoSuchColumnError(f"no view {view!r}, expected one of {', '.join(VIEW_NAMED)}")
    known = [column.name for column in VIEW_NAMED[view].columns]
    shown = columns or FIRST_COLUMNS.get(view) or tuple(name for name in known if name not in {"payload", "chain"})
    unknown = [name for name in shown if name not in known]
    if unknown:
        raise NoSuchColumnError(f"view {view} has no column {unknown[0]!r}, expected some of {', '.join(known)}")
    order = ", ".join(VIEW_NAMED[view].key)
    where = f" WHERE {IS_OPEN.format(view=view)}" if view in REJECTED and not closed else ""
    query = f"SELECT {', '.join(shown)} FROM {view}{where} ORDER BY {order} LIMIT ?"  # noqa: S608 - names checked above
    connection = open_to_read(database)
    try:
        rows = connection.execute(query, (limit + 1,)).fetchall()
    finally:
        connection.close()
    table = Table(*shown, title=view, title_justify="left", header_style=HEAD, box=None)
    for row in rows[:limit]:
        table.add_row(*(plain(value) for value in row))
    if len(rows) > limit:
        table.caption = f"the first {limit}; --limit shows more"
    return table
