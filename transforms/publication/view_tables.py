"""View tables: records in, rows of the published views out; one table of views from which all SQL is made.

    position     ABC-1 EAST -- sellable   on hand 12   version 7
    arrives      ABC-1 EAST -- sellable   on hand 15   version 5     older: changes nothing
    arrives      ABC-1 EAST -- sellable   on hand 12   version 7     the same again: changes nothing
    arrives      ABC-1 EAST -- sellable   on hand 11   version 9     newer: replaces the row
    arrives      ABC-1 EAST -- sellable   on hand 13   version 9     the same input by other rules: replaces the row

So a view ends the same whatever is retried, doubled or overtaken. One job gives a version one content; where the same
version comes with another, a later run computed it from the same events by a new policy or master data, and its word
holds. Where a view names no column that grows, the first row stays: a decision is given once. A rejection that a later
run finds again stays as it is, and the run notes it in `run_rejection`: what the last run did not note is repaired.

Quantities are text in plain decimal notation, since SQLite would round them. Times are ISO 8601 text in UTC.
"""

import types
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from schemas.records import (
    Alert,
    AvailabilityRow,
    ChannelUpdate,
    ClaimRow,
    Decision,
    DeliveryRow,
    Discrepancy,
    InboundRow,
    OutcomeCount,
    PartnerPosting,
    PositionRow,
    Preemption,
    PromiseRow,
    Rejection,
    Settlement,
    SourceHeard,
    StockSignal,
)
from transforms.publication.view_columns import meaning_of

SCHEMA_VERSION = 5  # of all views together; a database of another version is refused, never changed


class Run(NamedTuple):
    """One run of the pipeline: what it read, by which rules."""

    run_id: str
    started_at: datetime
    finished_at: datetime | None
    input: str
    policy_version: str
    master_version: str
    options: str


class RejectionMark(NamedTuple):
    """That a run found a rejection; the rejection itself is kept once, by the first run that found it."""

    message_id: str
    event_index: int
    reason: str
    outcome: str


class View(NamedTuple):
    """One published table: the record that is a row of it, what makes a row the same row, what makes it newer."""

    name: str
    record: type[Any]
    means: str
    key: tuple[str, ...]
    grows: str = "version"  # the column whose higher value replaces a row; "" when the first row stays
    names_run: bool = False  # whether a column run_id stands beside the fields of the record

    @property
    def step_name(self) -> str:
        """The name as steps of a pipeline are named: ChannelUpdate."""
        return self.name.title().replace("_", "")

    @property
    def has_payload(self) -> bool:
        """Whether its rows carry whole messages."""
        return "payload" in self.record._fields

    @property
    def columns(self) -> "tuple[Column, ...]":
        """The columns in order: the fields of the record, then what is added."""
        hints = get_type_hints(self.record) | ({"run_id": str} if self.names_run else {})
        return tuple(_column(self.name, name, hint) for name, hint in hints.items())


class Column(NamedTuple):
    """One column: its Python type, whether it may be empty, and what it means."""

    name: str
    type: type[Any]
    optional: bool
    means: str


REJECTION_KEY = ("message_id", "event_index", "reason")

VIEWS: tuple[View, ...] = (
    View("position", PositionRow, "on hand of one item in one place", ("item", "location", "lot", "disposition")),
    View("claim", ClaimRow, "what one order or hold wants of one item", ("item", "order_reference")),
    View("inbound", InboundRow, "supply that is expected of one order", ("item", "order_reference")),
    View("availability", AvailabilityRow, "what one channel may sell of one item or kit", ("item", "channel")),
    View("channel_update", ChannelUpdate, "the last figure to tell one channel", ("channel", "listing")),
    View("posting", PartnerPosting, "one fact that partners are told", ("transaction_key", "posting_type"), grows=""),
    View("delivery", DeliveryRow, "how far one figure or posting has come at one partner", ("partner", "reference")),
    View("stock_signal", StockSignal, "the last threshold that the figure of one listing crossed", ("item", "channel")),
    View("promise", PromiseRow, "what one channel may promise of one item for one day", ("item", "channel", "day")),
    View(
        "discrepancy",
        Discrepancy,
        "two reports of one fact that disagree; cured when both quantities are equal",
        ("item", "location", "lot", "disposition", "cause", "source", "reference"),
    ),
    View("decision", Decision, "the one answer to one reservation request", ("transaction_key", "item"), grows=""),
    View("preemption", Preemption, "a hold that had to give way to somebody else", ("transaction_key", "item"), ""),
    View("alert", Alert, "something a person must look at, until its quantity is 0", ("item", "location", "kind")),
    View("source_heard", SourceHeard, "when a source was last heard, whatever it said", ("source",), "received_at"),
    View(
        "dead_letter",
        Rejection,
        "what could not be used, with all a replay needs, kept by the first run that found it",
        REJECTION_KEY,
        grows="",
        names_run=True,
    ),
    View("parked", Rejection, "what waits for master data to learn a key", REJECTION_KEY, grows="", names_run=True),
    View("settlement", Settlement, "whether a row of parked or dead_letter is still open", REJECTION_KEY),
    View("run", Run, "one run of the pipeline", ("run_id",), grows=""),
    View(
        "run_rejection",
        RejectionMark,
        "what a run refused: a rejection without a mark of the last run is repaired",
        ("run_id", *REJECTION_KEY),
        grows="",
        names_run=True,
    ),
    View(
        "run_count",
        OutcomeCount,
        "how many messages or events of one source ended the same way in one run",
        ("run_id", "source", "level", "outcome", "reason"),
        grows="pane",
        names_run=True,
    ),
)

VIEW_NAMED: dict[str, View] = {view.name: view for view in VIEWS}
_VIEW_OF_TYPE: dict[type[Any], View] = {view.record: view for view in VIEWS if view.record is not Rejection}


def view_of(record: Any) -> View:
    """The view that a record is a row of; `TypeError` for what is no row of any."""
    view = _VIEW_OF_TYPE.get(type(record))
    if view is not None:
        return view
    if isinstance(record, Rejection) and record.outcome in VIEW_NAMED:
        return VIEW_NAMED[record.outcome]
    expected = ", ".join(sorted(view.record.__name__ for view in VIEWS))
    raise TypeError(f"no view has rows like {record!r:.200}, expected one of {expected}")


def key_maker(view: View) -> Callable[[Any], Any]:
    """A function that gives the key of a record within one run, cheap enough to call for each one."""
    fields = view.record._fields
    return itemgetter(*(fields.index(name) for name in view.key if name in fields))


def row_maker(view: View, run_id: str) -> Callable[[Any], list[Any]]:
    """A function that gives the row of a record: text, integers, bytes and None, in the order of the columns."""
    stored = [(index, _STORED[column.type]) for index, column in enumerate(view.columns) if column.type in _STORED]

    def row_of(record: Any) -> list[Any]:
        row = list(record)
        for index, store in stored:
            if row[index] is not None:
                row[index] = store(row[index])
        if view.names_run:
            row.append(run_id)
        return row

    return row_of


def plain_decimal(quantity: Decimal) -> str:
    """A quantity as text, exact, without exponent or trailing zeros, so that equal quantities are equal text."""
    text = str(quantity)
    if text.isdigit() or not quantity:
        return text if quantity else "0"
    text = format(quantity, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def utc_text(at: datetime) -> str:
    """A moment as ISO 8601 text in UTC."""
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat()


_STORED: dict[type[Any], Callable[[Any], Any]] = {Decimal: plain_decimal, datetime: utc_text}
_SQL_TYPES: dict[type[Any], str] = {str: "TEXT", Decimal: "TEXT", datetime: "TEXT", int: "INTEGER", bytes: "BLOB"}


def create_sql(view: View) -> str:
    """The statement that makes the table of a view; its comments stay readable in the database's own schema."""
    lines = [f"CREATE TABLE IF NOT EXISTS {view.name} ( -- {view.means}"]
    for column in view.columns:
        empty = "" if column.optional else " NOT NULL"
        lines.append(f"    {column.name} {_SQL_TYPES[column.type]}{empty}, -- {column.means}")
    lines.append(f"    PRIMARY KEY ({', '.join(view.key)})")
    # Rows with a payload are large, and large rows make a table that is clustered by its key slow.
    lines.append(")" if view.has_payload else ") WITHOUT ROWID")
    return "\n".join(lines)


def upsert_sql(view: View) -> str:
    """The statement that writes one row unless the table has it already, or a newer one."""
    names = [column.name for column in view.columns]
    marks = ", ".join("?" * len(names))
    change = _update_sql(view, names) if view.grows else "NOTHING"
    return (
        f"INSERT INTO {view.name} ({', '.join(names)}) VALUES ({marks}) "  # noqa: S608 - our own names
        f"ON CONFLICT ({', '.join(view.key)}) DO {change}"
    )


def _update_sql(view: View, names: list[str]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in view.key)
    newer = f"excluded.{view.grows} > {view.name}.{view.grows}"
    others = [name for name in names if name not in view.key and name != view.grows] or [view.grows]
    new_values, old_values = (", ".join(f"{table}.{name}" for name in others) for table in ("excluded", view.name))
    same_age = f"excluded.{view.grows} = {view.name}.{view.grows}"
    return f"UPDATE SET {changes} WHERE {newer} OR ({same_age} AND ({new_values}) IS NOT ({old_values}))"


def _column(view: str, name: str, hint: Any) -> Column:
    parts: Iterable[Any] = get_args(hint) if get_origin(hint) in (types.UnionType, Union) else (hint,)
    optional = type(None) in parts
    (kind,) = (part for part in parts if part is not type(None))
    if get_origin(kind) is Literal:
        kind = str
    return Column(name, kind, optional, meaning_of(view, name))
