"""Claim rules: what orders and holds still want of one item, whatever the order in which their events arrive.

Everything about a claim is a sum, so nothing depends on order: a cancellation that overtakes its order, or a shipment
that is reported before the order it fulfils, ends in the same claim.

    order 5, cancel 2, ship 3      open 0
    cancel 2, ship 3, order 5      open 0
    hold 4 until 10:00, order 4    open 4: the order takes the hold over, it is not added to it
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar

from transforms.kits.kit_rules import share_of
from transforms.ledger.position_rules import ZERO

K = TypeVar("K")

Placed = tuple[str, Decimal, dict[str, Decimal], str]  # channel, open without a location, open by location, its day

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # the end of a hold that was granted without one

NOWHERE: Placed = ("", ZERO, {}, "")


class Grant(NamedTuple):
    """What one reservation request was granted, as far as it claims one item."""

    quantity: Decimal  # of the item of the claim
    granted: Decimal  # of the item of the request, of which this may be a component
    items: tuple[str, ...]  # all that it claims
    expires_at: datetime  # NEVER where it has no end
    places: tuple[tuple[str, Decimal], ...] = ()  # of a kit: from where how many of the request's item can ship whole


class Claim:
    """The sums of one order reference on one item."""

    __slots__ = (
        "allocated",
        "cancelled",
        "expiries",
        "granted",
        "grants",
        "names",
        "newest_at",
        "placed",
        "preempted",
        "recorded",
        "refused",
        "released",
        "schedule",
        "shipped",
    )

    def __init__(self) -> None:
        self.recorded = ZERO
        self.cancelled = ZERO
        self.released = ZERO
        self.granted = ZERO
        self.refused = False
        self.preempted = False  # what was granted gave way to a request of a higher priority class
        self.grants: dict[tuple[str, str], Grant] = {}  # by item and key of the request
        self.newest_at: datetime | None = None  # of its events: when nothing is open, it can be forgotten after this
        self.placed: Placed = NOWHERE  # what it last added to its item's open claims
        self.allocated: dict[str, Decimal] = {}
        self.shipped: dict[str, Decimal] = {}
        self.names: list[tuple[datetime, str, str]] = []  # (occurred_at, key, channel), unordered
        self.expiries: list[tuple[datetime, str]] = []  # (expires_at, key), unordered
        self.schedule: list[tuple[datetime, str, datetime]] = []  # (occurred_at, key, expected_at), unordered

    @property
    def channel(self) -> str:
        """The channel that its earliest event names."""
        names = self.names
        if len(names) == 1:
            return names[0][2]
        return min(names)[2] if names else ""

    @property
    def expires_at(self) -> datetime | None:
        """When the hold ends: the latest end of what was granted; never, if any of it was granted without one."""
        latest = max(self.expiries)[0] if self.expiries else NEVER
        return None if latest == NEVER else latest

    @property
    def scheduled_at(self) -> datetime | None:
        """When the goods are wanted, by the newest order or request that says so; None: at once."""
        return max(self.schedule)[2] if self.schedule else None

    def hold_at(self, now: datetime) -> Decimal:
        """What is held without an order; gone once expired."""
        expires_at = self.expires_at
        if expires_at is not None and expires_at <= now:
            return ZERO
        return max(ZERO, self.granted - self.released)

    def open_at(self, now: datetime) -> Decimal:
        """What is still wanted."""
        demand = max(self.recorded, self.hold_at(now)) if self.granted else self.recorded
        left = demand - self.cancelled - self.shipped_total()
        return left if left > 0 else ZERO

    def shipped_total(self) -> Decimal:
        shipped = self.shipped
        return sum(shipped.values(), ZERO) if shipped else ZERO

    def allocated_at(self, now: datetime) -> dict[str, Decimal]:
        """The part of `open_at` that is promised from one location, never more than is open."""
        return self.allocated_of(self.open_at(now)) if self.allocated else {}

    def allocated_of(self, still_open: Decimal) -> dict[str, Decimal]:
        """The same of what `open_at` gave."""
        left = still_open
        placed: dict[str, Decimal] = {}
        for location in sorted(self.allocated):
            wanted = max(ZERO, self.allocated[location] - self.shipped.get(location, ZERO))
            placed[location] = min(wanted, left)
            left -= placed[location]
        return {location: quantity for location, quantity in placed.items() if quantity}

    def placed_at(self, now: datetime) -> Placed:
        """What it adds to the open claims of its item: by channel, or by location where it is allocated."""
        still_open = self.open_at(now)
        day = max(self.schedule)[2].date().isoformat() if self.schedule else ""
        if not (self.allocated or self.grants):
            return self.channel, still_open, {}, day
        allocated = self.allocated_of(still_open) if self.allocated else {}
        soft = still_open - sum(allocated.values(), ZERO)
        planned = self.planned_of(soft) if soft and self.grants else {}
        for location, quantity in planned.items():
            soft -= quantity
            allocated[location] = allocated.get(location, ZERO) + quantity
        return self.channel, soft, allocated, day

    def planned_of(self, soft: Decimal) -> dict[str, Decimal]:
        """Where the unallocated part of granted kits is thought to ship from, together with the rest of each kit."""
        wanted: dict[str, Decimal] = {}
        for grant in self.grants.values():
            for location, kits in grant.places:
                share = share_of(grant.quantity, kits, grant.granted)
                wanted[location] = wanted.get(location, ZERO) + share
        planned = {}
        for location, quantity in sorted(wanted.items()):
            served = max(ZERO, self.shipped.get(location, ZERO) - self.allocated.get(location, ZERO))
            planned[location] = min(soft, max(ZERO, quantity - served))
            soft -= planned[location]
        return {location: quantity for location, quantity in planned.items() if quantity}

    def has_remainder(self) -> bool:
        """Whether more was cancelled, given back or shipped than was wanted: an order that is still to come owes it."""
        wanted = max(self.recorded, self.granted - self.released)
        return self.cancelled + self.shipped_total() > wanted or self.released > self.granted

    def compact(self) -> None:
        """Keep of its history only what still says something; for a claim none of whose events can be taken out."""
        self.names = [min(self.names)] if self.names else []
        self.schedule = [max(self.schedule)] if self.schedule else []
        self.expiries = [max(self.expiries)] if self.expiries else []
        self.grants = {}

    def status_at(self, now: datetime) -> str:
        """Where it stands, for people."""
        return self.status_of(self.open_at(now), self.allocated_at(now))

    def status_of(self, still_open: Decimal, allocated: Mapping[str, Decimal]) -> str:
        """The same of what `open_at` and `allocated_at` gave."""
        if not still_open:
            if self.preempted and not self.recorded:
                return "preempted"
            return "refused" if self.refused and not self.recorded else "closed"
        if allocated:
            return "allocated"
        return "recorded" if self.recorded else "granted"


class Notice(NamedTuple):
    """One announcement; the newest says where and when."""

    occurred_at: datetime
    received_at: datetime
    key: str
    location: str
    expected_at: datetime | None


class Inbound:
    """The sums of one purchase order or advance ship notice on one item."""

    __slots__ = ("announced", "cancelled", "newest_at", "notices", "received")

    def __init__(self) -> None:
        self.announced = ZERO
        self.cancelled = ZERO
        self.received = ZERO
        self.newest_at: datetime | None = None
        self.notices: list[Notice] = []  # unordered

    def open(self) -> Decimal:
        """What is still to come."""
        return max(ZERO, self.announced - self.cancelled - self.received)

    def has_remainder(self) -> bool:
        """Whether more was received or cancelled than was announced: an announcement still to come owes it."""
        return self.cancelled + self.received > self.announced

    def compact(self) -> None:
        """Keep only the newest notice; for an inbound none of whose events can be taken out."""
        self.notices = [max(self.notices, key=lambda notice: notice[:3])] if self.notices else []

    def expected(self) -> tuple[str, datetime | None]:
        """Where and when, by the newest notice."""
        if not self.notices:
            return "", None
        newest = max(self.notices, key=lambda notice: notice[:3])
        return newest.location, newest.expected_at


def note_time(of: Claim | Inbound, occurred_at: datetime) -> None:
    """Keep the newest time of a claim's or an inbound's events."""
    if of.newest_at is None or occurred_at > of.newest_at:
        of.newest_at = occurred_at


def add_to(sums: dict[K, Decimal], place: K, quantity: Decimal) -> None:
    """Add to a sum by place, or by what else names it, dropping it when it is zero again."""
    total = sums.get(place, ZERO) + quantity
    if total:
        sums[place] = total
    else:
        sums.pop(place, None)
