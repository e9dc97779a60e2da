"""Verdicts: a few of the builders' events in, what the oracle says of them in short spellings out."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from schemas.records import StockEvent
from tests.books import Books
from tests.builders import hour
from tests.oracle import oracle

Owners = Mapping[tuple[str, str], frozenset[str]]
WMS_OWNS: Owners = {("EAST", facts): frozenset({"wms"}) for facts in ("on_hand", "dispositions", "inbound", "claims")}


def judged(events: list[StockEvent], owners: Owners | None = None, tolerance: int = 0, granted: str = "") -> Books:
    """The books at midnight: what occurred until 23:00 is settled. `granted` holds keys of one letter each."""
    owned = owners or {}
    return oracle(
        events,
        now=hour(24),
        owner_of=lambda location, facts, _at: owned.get((location, facts), frozenset()),
        settle=timedelta(hours=1),
        tolerance=Decimal(tolerance),
        granted=dict.fromkeys(granted, Fraction(1)),
    )


def on_hand(books: Books) -> dict[str, int]:
    """Positions other than zero, by what tells them from bolts for sale in EAST."""
    usual = {"BOLT", "EAST", "", "sellable"}
    short = {" ".join(part for part in key if part not in usual): quantity for key, quantity in books.positions.items()}
    return {name: int(quantity) for name, quantity in short.items() if quantity}


def disputes(books: Books) -> dict[str, tuple[int, int]]:
    """Expected and reported quantity by cause and reference."""
    return {f"{key.cause} {key.reference}": (int(a), int(b)) for key, (a, b) in books.discrepancies.items()}
