"""Varying tables: rows of one stretch of time in, the tables of master data whose rows may have dates out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas import master_tables as tabled
from schemas.master_files import Row
from schemas.master_records import Channel, Listing, Location


def varying_tables(
    rows: Mapping[str, Sequence[Row]],
    unit_rows: Sequence[Row],
    channels: Mapping[str, Channel],
    locations: Mapping[str, Location],
) -> dict[str, Any]:
    """The tables whose rows may have dates, and those made from them; a code may mean a unit of another time."""
    items = tabled.items_of(rows["items"], rows["item_units"])
    listings = tabled.listings_of(rows["listings"], channels, items)
    item_codes = tabled.codes_of(rows["item_codes"], "item", items, "items.csv")
    location_codes = tabled.codes_of(rows["location_codes"], "location", locations, "locations.csv")
    return {
        "items": items,
        "listings": listings,
        "listings_of": _by_item(listings.values()),
        "listing_items": {(one.channel, one.listing): one.item for one in listings.values()},
        "item_codes": item_codes,
        "location_codes": location_codes,
        "code_counts": _counts(item=item_codes, location=location_codes),
        "unit_codes": tabled.unit_codes_of(rows["unit_codes"], items.values(), {row.text("unit") for row in unit_rows}),
        "ownership": tabled.ownership_of(rows["ownership"], locations),
    }


def _by_item(listings: Iterable[Listing]) -> dict[str, tuple[Listing, ...]]:
    found: dict[str, list[Listing]] = {}
    for listing in sorted(listings):
        found.setdefault(listing.item, []).append(listing)
    return {item: tuple(its) for item, its in found.items()}


def _counts(**codes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    return dict(Counter((what, source) for what, keys in codes.items() for source, _ in keys))
