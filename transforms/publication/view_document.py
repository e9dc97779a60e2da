"""View document: the table of views in, docs/views.md out: `python -m transforms.publication.view_document`."""

import sys
from datetime import datetime
from decimal import Decimal

from transforms.publication.view_tables import SCHEMA_VERSION, VIEWS, Column, View

OPENING = f"""# The views

What a run publishes, one table for each kind of record, in one SQLite file. This page is made from
`transforms/publication/view_tables.py`: `python -m transforms.publication.view_document > docs/views.md`.

- A row is replaced by one that is newer, that is, by a higher value of the column in **newer by**. An older one, or the
  same again, changes nothing, whatever is retried or overtaken. Only where a later run computes other figures from the
  same events, by a new policy or master data, does the same version replace. Where nothing is newer, the first stays.
- Quantities are text, exact, in plain notation: SQLite has no decimals and would round. For a rough sum
  `CAST(on_hand_quantity AS REAL)`. A quantity of nothing is always `0`.
- Times are ISO 8601 text in UTC, so text order is time order.
- Rows are not deleted: a closed claim has an open quantity of 0, a cured alert a quantity of 0, a discrepancy that was
  cured two equal quantities. A row of `dead_letter` or `parked` is closed by a row in `settlement` that says how, such
  as `released` when master data has learnt what was missing; without one it is open.
- The file has `application_id` 0x53454C4C and `user_version` {SCHEMA_VERSION}; a program that expects another version
  refuses it.
- Readers may read while runs write (write-ahead log): `sqlite3 -readonly out/sellable.db`.
- The same columns are in the files of `WriteRecordFiles` and the messages of `PublishRecords`. There every change is
  written, so take for each key the row that is newest. JSON holds a payload that is not text as `payload_base64`; Avro
  holds times as `timestamp-micros`.
"""

_TYPE_NAMES = {str: "text", Decimal: "quantity", datetime: "time", int: "integer", bytes: "bytes"}


def views_markdown() -> str:
    """The whole page."""
    return "\n".join([OPENING, *(_section(view) for view in VIEWS)])


def _section(view: View) -> str:
    newer = f"`{view.grows}`" if view.grows else "nothing: the first row stays"
    key = ", ".join(f"`{name}`" for name in view.key)
    head = [f"## {view.name}", "", f"One row is {view.means}.", "", f"Key: {key}. Newer by: {newer}.", ""]
    table = ["| column | holds | meaning |", "|---|---|---|", *(_line(column) for column in view.columns)]
    return "\n".join([*head, *table, ""])


def _line(column: Column) -> str:
    empty = " or empty" if column.optional else ""
    return f"| `{column.name}` | {_TYPE_NAMES[column.type]}{empty} | {column.means} |"


if __name__ == "__main__":
    sys.stdout.write(views_markdown())
