"""Confirmation rules: what a location was told to ship in, how much of it should have been confirmed by now out.

A partner that ships for us says so when it has shipped. What it was allocated and has not confirmed so many hours later
(`limits.confirmation_hours` of the policy, by location) is an alert `late_confirmation` of the item at that location,
until the shipment is told, the order is cancelled, or the goods are allocated no more.

    NORTH3PL has 4 hours.   08:00 allocated 5   11:00 shipped 2   12:00 alert: 3   13:00 shipped 3   alert: 0
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.records import StockEvent
from transforms.ledger.item_ledger import ItemLedger
from transforms.ledger.position_rules import ZERO

Confirm = Mapping[str, timedelta]  # by location, how long a confirmation may take; a location without one: for ever
ReleaseKey = tuple[str, str, datetime]  # order reference, location, when it was told to ship


class Release(NamedTuple):
    """That a location was told to ship so much of an order; negative where that is taken out again."""

    location: str
    occurred_at: datetime
    quantity: Decimal


def note_release(ledger: ItemLedger, event: StockEvent, change: Decimal) -> None:
    """Note an allocation, or take it out again."""
    releases = ledger.releases.setdefault(event.order_reference, [])
    releases.append(Release(event.location, event.occurred_at, change))
    opposite = Release(event.location, event.occurred_at, -change)
    if opposite in releases:
        releases.remove(opposite)
        releases.pop()
    ledger.dirty["release"].add((event.order_reference, event.location, event.occurred_at))


def clocked(ledger: ItemLedger) -> dict[str, Iterable[Any]]:
    """Everything in the books that the clock may have to look at again."""
    told = ((reference, one) for reference, releases in ledger.releases.items() for one in releases)
    released = [(reference, one.location, one.occurred_at) for reference, one in told]
    return {"claim": ledger.claims, "reported": ledger.reported, "release": released}


def due_at(key: ReleaseKey, confirm: Confirm) -> datetime | None:
    """When the confirmation of a release is late; None: never."""
    _, location, occurred_at = key
    return occurred_at + confirm[location] if location in confirm else None


def late(ledger: ItemLedger, now: datetime, confirm: Confirm) -> dict[str, Decimal]:
    """By location, what should have been confirmed by now and was not."""
    found = dict.fromkeys(confirm, ZERO)
    for reference, releases in ledger.releases.items() if confirm else ():
        claim = ledger.claims.get(reference)
        still_open = claim.allocated_at(now) if claim is not None else {}
        for location in still_open.keys() & confirm.keys():
            told = (one for one in releases if one.location == location and one.occurred_at + confirm[location] <= now)
            due = sum((one.quantity for one in told), ZERO)
            shipped = claim.shipped.get(location, ZERO) if claim is not None else ZERO
            found[location] += min(still_open[location], max(ZERO, due - shipped))
    return found
