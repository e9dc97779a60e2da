"""View stock: the database of views in, the stock of every item as offers read it out, and what channels were told.

Offers are functions of stock, master data and policy, and the views hold the stock; so figures by other rules, or as of
another time, can be worked out beside a pipeline that runs, without touching it.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from transforms.ledger.hearing_rules import Word
from transforms.offers.availability_rules import DatedClaim, ItemStock, Place, Supply
from transforms.offers.offer_rules import TOLD
from transforms.publication.databases import Connection, Database, open_to_read

ZERO = Decimal(0)


class StepSeen(NamedTuple):
    """One step of the chain that leads to a figure."""

    step: str
    quantity: Decimal
    rule: str


class FigureSeen(NamedTuple):
    """One figure of the view availability, and what the channel has been told."""

    item: str
    channel: str
    listing: str
    quantity: int
    steps: tuple[StepSeen, ...]
    told: int | None  # while the figure is held, what was told before; None: nothing
    state: str = TOLD
    reason: str = ""


class ViewStock(NamedTuple):
    """What offers can be worked out from, at one moment of the views."""

    stocks: dict[str, ItemStock]
    figures: dict[tuple[str, str], FigureSeen]  # by item and channel
    policy_version: str  # of the last run
    master_version: str
    options: dict[str, str]  # of that run; none where it has not ended
    heard: dict[str, datetime]  # source -> when it last spoke
    unknown: dict[str, dict[Place, Word]]  # item -> the places of which a source does not say how much there is

    def stock_of(self, item: str) -> ItemStock:
        """The stock of an item; nothing for one that no event named."""
        return self.stocks.get(item) or ItemStock(item, {}, {}, {})


class _Gathered:
    """The stock of one item while its rows are read."""

    def __init__(self) -> None:
        self.on_hand: dict[tuple[str, str, str], Decimal] = {}
        self.soft: dict[str, Decimal] = defaultdict(Decimal)
        self.hard: dict[str, Decimal] = defaultdict(Decimal)
        self.supplies: list[Supply] = []
        self.dated: list[DatedClaim] = []

    def claim(self, channel: str, open_quantity: Decimal, allocated: dict[str, Decimal], wanted: str | None) -> None:
        soft = open_quantity - sum(allocated.values(), ZERO)
        self.soft[channel] += soft
        for location, quantity in allocated.items():
            self.hard[location] += quantity
        if wanted:
            day = datetime.fromisoformat(wanted).date()
            self.dated += [DatedClaim(day, "", location, quantity) for location, quantity in allocated.items()]
            self.dated.append(DatedClaim(day, channel, "", soft))


def read_stock(database: Database, items: Collection[str] | None = None) -> ViewStock:
    """The stock and figures of every item, or of some; `ViewsError` where there are no views."""
    connection = open_to_read(database)
    try:
        connection.execute("BEGIN")  # one view of everything while others go on writing
        run = connection.execute("SELECT * FROM run ORDER BY run_id DESC LIMIT 1").fetchone()
        return ViewStock(
            stocks=_stocks(connection, items),
            figures=_figures(connection, items),
            policy_version=run["policy_version"] if run else "",
            master_version=run["master_version"] if run else "",
            options=_given(json.loads(run["options"])) if run else {},
            heard=_heard(connection),
            unknown=_unknown(connection, items),
        )
    finally:
        connection.close()


def read_options(database: Database) -> dict[str, str]:
    """The options of the last run; none where there was no run yet."""
    connection = open_to_read(database)
    try:
        run = connection.execute("SELECT options FROM run ORDER BY run_id DESC LIMIT 1").fetchone()
    finally:
        connection.close()
    return _given(json.loads(run["options"])) if run else {}


def _stocks(connection: Connection, items: Collection[str] | None) -> dict[str, ItemStock]:
    found: dict[str, _Gathered] = defaultdict(_Gathered)
    for item, *place, quantity in _rows(
        connection, "SELECT item, location, lot, disposition, on_hand_quantity FROM position WHERE {}", items
    ):
        found[item].on_hand[place[0], place[1], place[2]] = Decimal(quantity)
    for item, channel, quantity, allocated, planned, wanted in _rows(
        connection,
        "SELECT item, channel, open_quantity, allocated_by_location, planned_by_location, scheduled_at FROM claim"
        " WHERE open_quantity <> '0' AND {}",
        items,
    ):
        by_location = {location: Decimal(part) for location, part in json.loads(allocated).items()}
        for location, part in json.loads(planned).items():
            by_location[location] = by_location.get(location, ZERO) + Decimal(part)
        found[item].claim(channel, Decimal(quantity), by_location, wanted)
    for item, location, quantity, at in _rows(
        connection,
        "SELECT item, location, open_quantity, expected_at FROM inbound WHERE open_quantity <> '0' AND {}",
        items,
    ):
        found[item].supplies.append(Supply(location, Decimal(quantity), datetime.fromisoformat(at) if at else None))
    return {
        item: ItemStock(item, one.on_hand, one.soft, one.hard, tuple(one.supplies), tuple(one.dated))
        for item, one in found.items()
    }


def _rows(connection: Connection, sql: str, items: Collection[str] | None) -> Any:
    """The rows of a query for some items, for all where none are named; `{}` is where it says which."""
    if items is None:
        return connection.execute(sql.format("true"))
    return connection.execute(sql.format(f"item IN ({', '.join('?' * len(items))})"), tuple(items))


def _figures(connection: Connection, items: Collection[str] | None) -> dict[tuple[str, str], FigureSeen]:
    told = {tuple(key): quantity for *key, quantity in _rows(connection, _TOLD_SQL, items)}
    return {
        (item, channel): FigureSeen(
            item, channel, listing, quantity, steps_seen(json.loads(chain)), told.get((channel, listing)), state, reason
        )
        for item, channel, listing, quantity, chain, state, reason in _rows(connection, _FIGURES_SQL, items)
    }


_TOLD_SQL = "SELECT channel, listing, quantity FROM channel_update WHERE {}"
_FIGURES_SQL = (
    "SELECT item, channel, listing, available_quantity, chain, state, state_reason FROM availability WHERE {}"
)


def _heard(connection: Connection) -> dict[str, datetime]:
    rows = connection.execute("SELECT source, received_at FROM source_heard")
    return {source: datetime.fromisoformat(at) for source, at in rows}


def _unknown(connection: Connection, items: Collection[str] | None) -> dict[str, dict[Place, Word]]:
    found: dict[str, dict[Place, Word]] = defaultdict(dict)
    for item, location, lot, disposition, since, source in _rows(
        connection,
        "SELECT item, location, lot, disposition, unknown_since, unknown_source FROM position"
        " WHERE unknown_since IS NOT NULL AND {}",
        items,
    ):
        found[item][location, lot, disposition] = datetime.fromisoformat(since), source
    return dict(found)


def steps_seen(chain: Iterable[dict[str, str]]) -> tuple[StepSeen, ...]:
    """The steps of a stored chain."""
    return tuple(StepSeen(one["step"], Decimal(one["quantity"]), one["rule"]) for one in chain)


def _given(options: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if value and value != "None"}
