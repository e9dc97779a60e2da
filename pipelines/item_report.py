"""Item report: the database of views and an item in, everything the views know of it out."""

import json
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from transforms.publication.databases import Connection, Database, open_to_read

ITEM_VIEWS = ("availability", "position", "claim", "inbound")
NEAR_SHOWN_MAX = 5
NEAR_LIKENESS_MIN = 0.6
ITEMS_COMPARED_MAX = 50_000  # a comparison takes some ten microseconds

Row = Any  # of SQLite or of a server: by place and by name
Rows = list[Row]


class Step(NamedTuple):
    """One step of a chain: what it changed and what was left after it."""

    name: str
    quantity: Decimal
    left: Decimal
    rule: str


class ItemReport(NamedTuple):
    """What the views say of one item."""

    item: str
    offers: Rows  # rows of availability
    positions: Rows
    claims: Rows  # open ones
    inbound: Rows  # open ones
    discrepancies: Rows  # not cured
    alerts: Rows  # not cured
    promises: Rows  # rows of promise, by channel and day
    deliveries: Rows  # of figures, by partner
    run: Row | None  # the last run that is noted

    def option(self, name: str) -> str:
        """An option of that run; empty where it was not given."""
        given = json.loads(self.run["options"]).get(name) if self.run else None
        return "" if given in (None, "None") else str(given)


class UnknownItemError(LookupError):
    """The views have no such item, or the item no such channel; the message says what they have instead."""


def read_item(database: Database, name: str, channel: str | None = None) -> ItemReport:
    """The report of an item, by its own id or by a listing of it; `UnknownItemError` where there is none."""
    connection = open_to_read(database)
    try:
        connection.execute("BEGIN")  # one view of everything while others go on writing
        item = _resolved(connection, name)
        report = _read(connection, item, channel)
    finally:
        connection.close()
    if channel is not None and not report.offers:
        raise UnknownItemError(_no_channel(database, item, channel))
    return report


def read_on_hand(database: Database, item: str) -> dict[tuple[str, str], Decimal]:
    """On hand of an item by location and disposition, all lots together."""
    connection = open_to_read(database)
    try:
        rows = connection.execute(
            "SELECT location, disposition, on_hand_quantity FROM position WHERE item = ? ORDER BY 1, 2",
            (item,),
        ).fetchall()
    finally:
        connection.close()
    totals: dict[tuple[str, str], Decimal] = {}
    for location, disposition, quantity in rows:
        totals[location, disposition] = totals.get((location, disposition), Decimal(0)) + Decimal(quantity)
    return totals


def steps_of(chain: str) -> list[Step]:
    """The steps of an availability row with what is left after each; the last one is the figure itself."""
    steps: list[Step] = []
    left = Decimal(0)
    for entry in json.loads(chain):
        quantity = Decimal(entry["quantity"])
        left = quantity if entry["step"] == "sell_units" else left + quantity
        steps.append(Step(entry["step"], quantity, left, entry["rule"]))
    return steps


def _read(connection: Connection, item: str, channel: str | None) -> ItemReport:
    def rows(sql: str, *more: str) -> Rows:
        found: Rows = connection.execute(sql, (item, *more)).fetchall()
        return found

    of_channel, more = (" AND channel = ?", (channel,)) if channel else ("", ())
    run = connection.execute("SELECT * FROM run ORDER BY run_id DESC LIMIT 1").fetchone()
    return ItemReport(
        item=item,
        offers=rows(f"SELECT * FROM availability WHERE item = ?{of_channel} ORDER BY channel", *more),  # noqa: S608
        positions=rows("SELECT * FROM position WHERE item = ? ORDER BY location, lot, disposition"),
        claims=rows("SELECT * FROM claim WHERE item = ? AND open_quantity <> '0' ORDER BY order_reference"),
        inbound=rows("SELECT * FROM inbound WHERE item = ? AND open_quantity <> '0' ORDER BY expected_at, location"),
        discrepancies=rows("SELECT * FROM discrepancy WHERE item = ? AND expected_quantity <> reported_quantity"),
        alerts=rows("SELECT * FROM alert WHERE item = ? AND quantity <> '0' ORDER BY kind, location"),
        promises=rows(f"SELECT * FROM promise WHERE item = ?{of_channel} ORDER BY channel, day", *more),  # noqa: S608
        deliveries=rows("SELECT * FROM delivery WHERE item = ? AND kind = 'figure' ORDER BY partner, reference"),
        run=run,
    )


def _resolved(connection: Connection, name: str) -> str:
    for view in ITEM_VIEWS:
        if connection.execute(f"SELECT 1 FROM {view} WHERE item = ? LIMIT 1", (name,)).fetchone():  # noqa: S608
            return name
    listed = connection.execute("SELECT DISTINCT item FROM availability WHERE listing = ?", (name,)).fetchall()
    if len(listed) == 1:
        return str(listed[0]["item"])
    raise UnknownItemError(_no_item(connection, name))


def _no_item(connection: Connection, name: str) -> str:
    lines = [f"no item or listing {name!r} in the views"]
    found = connection.execute(" UNION ".join(f"SELECT item FROM {view}" for view in ITEM_VIEWS))  # noqa: S608
    items = {str(item).casefold(): str(item) for (item,) in found.fetchmany(ITEMS_COMPARED_MAX)}
    near = get_close_matches(name.casefold(), items, NEAR_SHOWN_MAX, NEAR_LIKENESS_MIN)
    inside = sorted(folded for folded in items if name.casefold() in folded)[:NEAR_SHOWN_MAX]
    if near or inside:
        lines.append(f"did you mean {', '.join(items[folded] for folded in dict.fromkeys([*near, *inside]))}?")
    (waiting,) = connection.execute(
        "SELECT count(*) FROM parked WHERE substr(missing_key, length(missing_key) - length(?) + 1) = ?",
        (f":{name}", f":{name}"),
    ).fetchone()
    if waiting:
        lines.append(f"{waiting:,} of its events wait for master data to know it: view parked")
    return "\n".join(lines)


def _no_channel(database: Database, item: str, channel: str) -> str:
    channels = [str(row["channel"]) for row in read_item(database, item).offers]
    return f"{item} has no figure on channel {channel!r}, expected one of {', '.join(channels) or 'none'}"
