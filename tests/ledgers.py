"""Ledgers: a few of the builders' events in, books and shards that hold them out, for the tests of the ledger."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.encoding import pack
from schemas.records import StockEvent
from tests.builders import ITEM, hour
from tests.published import Published
from tests.schemas.small_company import company
from tests.transforms.offers.offered import rules as offer_rules
from tests.verdicts import Owners
from transforms.ledger.claim_rules import Claim, Inbound
from transforms.ledger.item_ledger import Books, ItemLedger, KitOrder, Place, Reported
from transforms.ledger.ledger_rules import LedgerRules, Result, record
from transforms.ledger.position_rules import Cell, Count
from transforms.ledger.shard_rules import Shard

MASTER = company(
    items=[
        {"item": "BOLT", "base_unit": "each"},
        {"item": "NUT", "base_unit": "each"},
        {"item": "OIL", "base_unit": "litre", "divisible": "yes"},
        {"item": "MILK", "base_unit": "each", "lot_controlled": "yes"},
        {"item": "SET", "base_unit": "each"},
        {"item": "CRATE", "base_unit": "each"},
    ],
    item_units=[{"item": "BOLT", "unit": "box", "factor": "10"}],
    unit_codes=[],
    item_codes=[],
    ownership=[],
    lots=[
        {"item": "MILK", "lot": "OLD", "expires_on": "2026-03-01"},
        {"item": "MILK", "lot": "NEW", "expires_on": "2026-05-01"},
        {"item": "MILK", "lot": "HELD", "expires_on": "2026-05-01", "status": "held"},
        {"item": "MILK", "lot": "BACK", "expires_on": "2026-05-01", "status": "recalled"},
    ],
    listings=[
        {"channel": channel, "listing": f"{channel}-{item}", "item": item}
        for channel in ("web", "b2b")
        for item in ("BOLT", "MILK", "SET", "CRATE")
    ],
    boms=[
        {
            "kit": "SET",
            "assembly": "on_demand",
            "components": [{"item": "BOLT", "quantity": 2}, {"item": "NUT", "quantity": 3}],
        },
        {
            "kit": "CRATE",
            "assembly": "on_demand",
            "components": [{"item": "SET", "quantity": 2}, {"item": "BOLT", "quantity": 1}],
        },
    ],
)
SHARED: dict[str, Any] = {
    "web": {"definition": "sellable", "locations": ["EAST", "WEST"]},
    "b2b": {"definition": "sellable", "locations": ["EAST", "WEST"]},
}
BUILT = (ItemLedger, Cell, Count, Claim, Inbound, Reported, KitOrder)
UNORDERED = ("names", "expiries", "schedule", "notices", "times")
HERE: Place = ("EAST", "", "sellable")


def rules(
    owners: Owners | None = None, *, granted: str = "", history_days: int = 30, tolerance: int = 0
) -> LedgerRules:
    """Rules under which reports settle after an hour and only requests whose key is in `granted` are granted."""
    owned = owners or {}
    return LedgerRules(
        owners_of=lambda location, facts, _at: owned.get((location, facts), frozenset()),
        decide=lambda _, event: event.quantity if event.transaction_key in granted.split() else Decimal(0),
        history=timedelta(days=history_days),
        settle=timedelta(hours=1),
        count_tolerance=Decimal(tolerance),
    )


def enter(books: Books, *events: StockEvent, by: LedgerRules | None = None) -> list[Result]:
    """What became of each event, entered in the given order."""
    return [record(books, event, pack(event), by or rules()) for event in events]


def books_after(events: Iterable[StockEvent], by: LedgerRules | None = None) -> Books:
    books: Books = {}
    enter(books, *events, by=by)
    return books


def cell(books: Books, place: Place = HERE, item: str = ITEM) -> Cell:
    return books[item].cells[place]


def on_hand(books: Books, item: str = ITEM) -> dict[str, int]:
    """What is not zero, by what tells a place from sellable stock in EAST."""
    places = {" ".join(p for p in place if p not in {"", *HERE}): c.quantity for place, c in books[item].cells.items()}
    return {name: int(quantity) for name, quantity in places.items() if quantity}


def a_shard(channels: dict[str, Any] | None = None, owners: Owners | None = None, **policy: Any) -> Shard:
    """An empty shard of the company; both channels share everything unless told otherwise."""
    owned = owners or {}
    return Shard(
        MASTER,
        offer_rules(MASTER, channels=channels or SHARED, **policy).policy,
        owners_of=lambda location, facts, _at: owned.get((location, facts), frozenset()),
    )


def fold(shard: Shard, *events: StockEvent, now: float | datetime = 24) -> Published:
    """One group of events into a shard, as of an hour of the day; what it publishes."""
    moment = now if isinstance(now, datetime) else hour(now)
    return Published().take(shard.fold([pack(event) for event in events], moment))


def contents(value: Any) -> Any:
    """Every slot of everything, so that one that is added later cannot be forgotten here."""
    if isinstance(value, BUILT):
        slots = {name: contents(getattr(value, name)) for name in type(value).__slots__}
        return {name: sorted(found, key=repr) if name in UNORDERED else found for name, found in slots.items()}
    if isinstance(value, dict):
        return {key: contents(one) for key, one in value.items()}
    return [contents(one) for one in value] if isinstance(value, list) else value
