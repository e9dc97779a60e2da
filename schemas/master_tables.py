"""Master tables: opened rows in, one dict of records for each table out, every reference between tables checked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.master_files import Row, keyed
from schemas.master_records import Channel, Facts, Item, Listing, Location, Lot, LotStatus

ONE = Decimal(1)
ANY = "*"  # in a source, location or item column: every one

# The dispositions that rules name by themselves; they exist whether or not the table describes them.
SELLABLE = "sellable"
RETURNS_HOLD = "returns_hold"

# The source of corrections that a person decided on: posted whoever owns the facts.
CORRECTIONS = "reconcile"

Rows = Sequence[Row]
Factors = dict[str, Decimal]


def items_of(rows: Rows, unit_rows: Rows) -> dict[str, Item]:
    """Every item with the factor of each of its units; a factor of `*` holds for items without one of their own."""
    names = {row.text("item"): row.text("base_unit") for row in rows}
    for row in unit_rows:
        row.known("item", {ANY} | names.keys() if row.text("item") == ANY else names, "items.csv")
    pairs = keyed(unit_rows, lambda row: (row.text("item"), row.text("unit")), lambda row: _factor(row, names))
    own: dict[str, Factors] = {}
    for (item, unit), factor in pairs.items():
        own.setdefault(item, {})[unit] = factor
    shared: dict[str, Factors] = {}  # one dict for all items without units of their own: there are many of them

    def factors(item: str, base_unit: str) -> Factors:
        common = shared.setdefault(base_unit, {**own.get(ANY, {}), base_unit: ONE})
        return {**common, **own[item]} if item in own else common

    def item_of(row: Row) -> Item:
        item, base_unit = row.text("item"), row.text("base_unit")
        lot_controlled, divisible = row.flag("lot_controlled"), row.flag("divisible")
        return Item(item, row.text("description"), base_unit, lot_controlled, divisible, factors(item, base_unit))

    return keyed(rows, lambda row: row.text("item"), item_of)


def _factor(row: Row, base_units: Mapping[str, str]) -> Decimal:
    factor = row.factor("factor")
    if row.text("unit") == base_units.get(row.text("item")) and factor != ONE:
        row.problem(f"factor of {row.text('item')!r} in its own base unit is {factor}, expected 1")
    return factor


def unit_codes_of(rows: Rows, items: Iterable[Item], others: Iterable[str] = ()) -> dict[str, str]:
    """Every code, and every unit under its own name, with the unit it means; `others`: units of other times."""
    units = set(others) | {
        unit for factors in {id(item.factors): item.factors for item in items}.values() for unit in factors
    }
    codes = keyed(rows, lambda row: row.text("code"), lambda row: row.known("unit", units, "items or item_units.csv"))
    for row in rows:
        if row.text("code") in units and row.text("unit") != row.text("code"):
            row.problem(f"code {row.text('code')!r} is itself a unit, expected it to mean nothing else")
    return {**codes, **{unit: unit for unit in units}}


def codes_of(rows: Rows, column: str, names: Mapping[str, object], defined_in: str) -> dict[tuple[str, str], str]:
    """What each source calls an item or a location."""
    return keyed(
        rows,
        lambda row: (row.text("source"), row.text("code")),
        lambda row: row.known(column, names, defined_in),
    )


def locations_of(rows: Rows) -> dict[str, Location]:
    """Every location, its time zone known to this machine."""

    def location_of(row: Row) -> Location:
        timezone = row.text("timezone")
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            row.problem(f"unknown timezone {timezone!r}, expected a name such as America/New_York")
        return Location(row.text("location"), row.text("name"), row.text("kind"), timezone)

    return keyed(rows, lambda row: row.text("location"), location_of)


def dispositions_of(rows: Rows) -> dict[str, str]:
    """Every disposition with its meaning."""
    built_in = {SELLABLE: "may be sold", RETURNS_HOLD: "came back, not inspected yet"}
    return built_in | keyed(rows, lambda row: row.text("disposition"), lambda row: row.text("meaning"))


def channels_of(rows: Rows) -> dict[str, Channel]:
    """Every channel."""
    build: Callable[[Row], Channel] = lambda row: Channel(row.text("channel"), row.text("name"), row.text("kind"))  # noqa: E731  (one line reads better)
    return keyed(rows, lambda row: row.text("channel"), build)


def listings_of(
    rows: Rows, channels: Mapping[str, Channel], items: Mapping[str, Item]
) -> dict[tuple[str, str], Listing]:
    """Every listing by channel and item; one item has one listing on a channel, and one listing means one item."""

    def listing_of(row: Row) -> Listing:
        channel, listing = row.known("channel", channels, "channels.csv"), row.text("listing")
        item = items.get(row.known("item", items, "items.csv"))
        sell_unit = row.text("sell_unit") or (item.base_unit if item else "")
        factor = item.factors.get(sell_unit) if item else ONE
        if factor is None:
            row.problem(f"sell_unit {sell_unit!r} is no unit of {row.text('item')!r}, expected one of its item_units")
        if listing in items and listing != row.text("item"):
            row.problem(f"listing {listing!r} sells {row.text('item')!r} but is the name of another item: ambiguous")
        return Listing(channel, listing, row.text("item"), sell_unit, factor or ONE)

    keyed(rows, lambda row: (row.text("channel"), row.text("listing")), lambda row: row)
    return keyed(rows, lambda row: (row.text("channel"), row.text("item")), listing_of)


def lots_of(rows: Rows, items: Mapping[str, Item]) -> dict[tuple[str, str], Lot]:
    """Every known lot of lot-controlled items."""

    def lot_of(row: Row) -> Lot:
        item = items.get(row.known("item", items, "items.csv"))
        if item and not item.lot_controlled:
            row.problem(f"a lot of {item.item!r}, which is not lot controlled: it would have no effect")
        status = cast("LotStatus", row.choice("status", get_args(LotStatus)))
        return Lot(row.text("item"), row.text("lot"), row.day("expires_on"), status)

    return keyed(rows, lambda row: (row.text("item"), row.text("lot")), lot_of)


def ownership_of(rows: Rows, locations: Mapping[str, Location]) -> dict[tuple[str, str], str]:
    """Whose word counts, by location (`*` = all) and kind of fact."""

    def owner_of(row: Row) -> str:
        if row.text("location") != ANY:
            row.known("location", locations, "locations.csv")
        row.choice("facts", get_args(Facts))
        return row.text("source")

    return keyed(rows, lambda row: (row.text("location"), row.text("facts")), owner_of)


def epochs_of(rows: Rows) -> dict[str, tuple[tuple[datetime, str], ...]]:
    """From when the keys of a source are new ones, because it was restored or reset."""
    pairs = keyed(rows, lambda row: (row.text("source"), row.text("epoch")), lambda row: _moment(row, "from"))
    sources = {source for source, _ in pairs}
    return {
        source: tuple(sorted((at, epoch) for (of, epoch), at in pairs.items() if of == source and at is not None))
        for source in sorted(sources)
    }


def _moment(row: Row, column: str) -> datetime | None:
    text = row.text(column)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min  # noqa: DTZ901 - has no zone, like what it stands for
    if at.tzinfo is None:
        row.problem(f"{column} is {text!r}, expected a time with its zone such as 2026-03-03T08:00:00Z")
        return None
    return at.astimezone(UTC)


def approvals_of(rows: Rows) -> dict[tuple[str, str], str]:
    """Complete snapshots that a person lets through, with who said so and when."""

    def approval_of(row: Row) -> str:
        _moment(row, "at")
        return f"{row.text('by')} at {row.text('at')}"

    return keyed(rows, lambda row: (row.text("source"), row.text("snapshot")), approval_of)
