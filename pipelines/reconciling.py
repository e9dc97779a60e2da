"""Reconciling: what the views hold of disagreements in, drift for people out, and corrections for the pipeline."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipelines.reconcile_rules import Drift, correction_id, corrections, is_settable, newest, totals
from pipelines.terminal_text import plain
from schemas.records import Envelope, Settlement
from transforms.publication.databases import Connection, Database, open_to_read, open_to_write, write_batches
from transforms.publication.view_tables import VIEW_NAMED, plain_decimal, row_maker

DRIFT = "drift"  # the reason under which sent corrections are noted
HEAD, QUIET, GOOD = "bold", "dim", "green"


class Reconciliation(NamedTuple):
    """Drift, and what would end it."""

    drifts: list[Drift]
    corrections: list[Envelope]
    unsettable: int  # drifts of the believed source that no count can end
    believed: str


def reconcile(
    database: Database, believed: str, now: datetime, *, item: str = "", location: str = ""
) -> Reconciliation:
    """The drift of the views as they are; with a believed source, the corrections that end it."""
    connection = open_to_read(database)
    try:
        connection.execute("BEGIN")  # one view of everything while others go on writing
        found = [one for one in _drifts_in(connection) if item in ("", one.item) and location in ("", one.location)]
        by_lot = connection.execute("SELECT item, location, disposition FROM position WHERE lot <> ''")
        lots = frozenset((row[0], row[1], row[2]) for row in by_lot)
        corrected = _corrected(connection)
    finally:
        connection.close()
    drifts = [one for one in newest(found) if not corrected(one)]
    unsettable = sum(one.source == believed and not is_settable(one, lots) for one in drifts)
    return Reconciliation(drifts, corrections(drifts, believed, lots, now), unsettable, believed)


def note_corrections(database: Database, sent: Iterable[Envelope], now: datetime) -> None:
    """Note which corrections are sent, so that a run over files, which forgets how drift ended, need not tell it."""
    view = VIEW_NAMED["settlement"]
    row_of = row_maker(view, "")
    version = int(now.timestamp() * 1_000_000)
    rows = [row_of(Settlement(one.message_id, 0, DRIFT, "corrected", now, version)) for one in sent]
    connection = open_to_write(database)
    try:
        write_batches(connection, [(view, rows)])
    finally:
        connection.close()


def _drifts_in(connection: Connection) -> list[Drift]:
    rows = connection.execute(
        "SELECT item, location, lot, disposition, source, reference, expected_quantity, reported_quantity, occurred_at"
        " FROM discrepancy WHERE cause = 'not_owner'"
    )
    return [_drift(*row) for row in rows]


def _drift(*row: Any) -> Drift:
    *names, books, reported, at = row
    return Drift._make((*names, Decimal(books), Decimal(reported), datetime.fromisoformat(at)))


def _corrected(connection: Connection) -> Callable[[Drift], bool]:
    """Whether a drift ended: its correction was sent, and the position has been counted as of then or later."""
    sent = {key for (key,) in connection.execute("SELECT message_id FROM settlement WHERE reason = ?", (DRIFT,))}
    rows = connection.execute("SELECT item, location, lot, disposition, counted_at FROM position")
    counted = {tuple(place): at for *place, at in rows if at}

    def is_corrected(one: Drift) -> bool:
        at = counted.get(one[:4])
        return at is not None and datetime.fromisoformat(at) >= one.as_of and correction_id(one) in sent

    return is_corrected


def shown(found: Reconciliation, limit: int, sent_to: str = "") -> RenderableType:
    """The drift, its totals and the corrections, as something that rich can print."""
    if not found.drifts:
        return Text("No drift: every newest report agrees with the books.", GOOD)
    lines: list[RenderableType] = [plain(f"{len(found.drifts):,} reports differ from the books", HEAD)]
    lines.append(_drifts(found.drifts[:limit]))
    if len(found.drifts) > limit:
        lines.append(plain(f"… and {len(found.drifts) - limit:,} more: --limit shows them", QUIET))
    lines.append(_totals(found.drifts))
    if not found.believed:
        lines.append(plain("--believe SOURCE proposes counts that set the books to what a source says", QUIET))
        return Group(*lines)
    done = f"sent to {sent_to}" if sent_to else "proposed; nothing was written: --to or --topic sends them"
    lines.append(plain(f"{len(found.corrections):,} counts as {found.believed} says, {done}", HEAD))
    if found.unsettable:
        lines.append(plain(f"{found.unsettable:,} need a person: documents, and positions that are kept by lot"))
    return Group(*lines)


def _drifts(drifts: list[Drift]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in ("item", "location", "lot", "disposition", "who says", "as of"):
        table.add_column(name)
    for name in ("books", "reported", "drift"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in drifts:
        names = (one.item, one.location, one.lot, one.disposition or one.reference, one.source)
        quantities = map(plain_decimal, (one.books_quantity, one.reported_quantity, one.difference))
        table.add_row(*map(plain, names), plain(one.as_of.isoformat()), *quantities)
    return table


def _totals(drifts: list[Drift]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in ("location", "who says", "of a"):
        table.add_column(name)
    for name in ("reports", "missing in the books", "too much in them"):
        table.add_column(name, justify="right")
    for one in totals(drifts):
        quantities = (plain_decimal(one.missing), plain_decimal(one.too_much))
        table.add_row(*map(plain, one[:3]), f"{one.places:,}", *quantities)
    return table
