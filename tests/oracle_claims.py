"""The oracle's second half: posted events in, claims, inbound supply and shortages out.

Like `tests.oracle` it is docs/ledger.md again, without `transforms/`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from schemas.records import CLAIM_KINDS, StockEvent
from tests.books import ZERO, Claim, ClaimHead, Inbound, Pair, Position


def replay_claims(
    posted: list[StockEvent], granted: Mapping[str, Fraction], now: datetime
) -> tuple[dict[Pair, Claim], dict[Pair, ClaimHead]]:
    by_claim: dict[Pair, list[StockEvent]] = defaultdict(list)
    for event in posted:
        if event.kind in CLAIM_KINDS or (event.kind == "shipment" and event.order_reference):
            by_claim[event.item, event.order_reference].append(event)
    heads = {key: _claim_head(events, granted) for key, events in by_claim.items()}
    return {key: _claim(events, granted, heads[key].expires_at, now) for key, events in by_claim.items()}, heads


def _claim_head(events: list[StockEvent], granted: Mapping[str, Fraction]) -> ClaimHead:
    named = [event for event in events if event.channel]
    channel = min(named, key=lambda event: (event.occurred_at, event.transaction_key)).channel if named else ""
    requests = [event for event in events if event.kind == "reservation_requested"]
    ends = [event.expires_at for event in requests if granted.get(event.transaction_key)]
    known = [end for end in ends if end is not None]
    return ClaimHead(channel, max(known) if known and len(known) == len(ends) else None)


def _claim(
    events: list[StockEvent], granted: Mapping[str, Fraction], expires_at: datetime | None, now: datetime
) -> Claim:
    def total(*kinds: str, location: str | None = None) -> Decimal:
        return total_of(e for e in events if e.kind in kinds and location in {None, e.location})

    requests = [event for event in events if event.kind == "reservation_requested"]
    hold = sum((_share(request, granted) for request in requests), ZERO)
    hold = max(ZERO, hold - total("reservation_released", "reservation_expired"))
    if expires_at is not None and expires_at <= now:
        hold = ZERO
    demand = max(total("order_recorded"), hold)
    shipped, cancelled = total("shipment"), total("reservation_cancelled")
    open_quantity = max(ZERO, demand - cancelled - shipped)
    allocated_open = ZERO
    for location in sorted({event.location for event in events}):
        allocated_here = total("reservation_allocated", location=location) - total("shipment", location=location)
        allocated_open += min(max(ZERO, allocated_here), open_quantity - allocated_open)
    return Claim(open_quantity, allocated_open, shipped, cancelled)


def replay_late(
    posted: list[StockEvent], claims: Mapping[Pair, Claim], confirm: Mapping[str, timedelta], now: datetime
) -> dict[Pair, Decimal]:
    """By item and location, what should have been confirmed as shipped by now: the least of what is still allocated
    there and what was due by now less what was shipped, claim by claim."""
    late: dict[Pair, Decimal] = defaultdict(Decimal)
    for (item, reference), claim in claims.items():
        events = [event for event in posted if (event.item, event.order_reference) == (item, reference)]
        left = claim.open
        for location in sorted({event.location for event in events}):
            told = [e for e in events if e.kind == "reservation_allocated" and e.location == location]
            shipped = total_of(e for e in events if e.kind == "shipment" and e.location == location)
            still = min(max(ZERO, total_of(told) - shipped), left)
            left -= still
            if location in confirm:
                due = total_of(e for e in told if e.occurred_at + confirm[location] <= now)
                late[item, location] += min(still, max(ZERO, due - shipped))
    return late


def replay_planned(
    kept: Iterable[StockEvent],
    posted: Iterable[StockEvent],
    claims: Mapping[Pair, Claim],
    granted: Mapping[str, Fraction],
) -> dict[Pair, tuple[Decimal, Decimal]]:
    """By item and order, the least and the most that is kept in places where kits can ship whole: what is open and not
    allocated, as far as it was granted for kits. What an order of a kit only recorded is kept nowhere. It may be less
    where some of the order has shipped; or where the bill of a kit may have changed under its request."""
    kits = {one.transaction_key: one.item for one in kept if one.kind == "reservation_requested" and one.components}
    wanted: dict[Pair, Decimal] = defaultdict(Decimal)
    unsure: set[Pair] = set()
    for event in posted:
        key = (event.item, event.order_reference)
        if event.kind == "shipment" or kits.get(event.transaction_key) == "KIT-1":
            unsure.add(key)
        if event.kind == "reservation_requested" and event.transaction_key in kits:
            wanted[key] += _share(event, granted)
    planned = {}
    for key, claim in claims.items():
        most = min(wanted[key], claim.open - claim.allocated_open)
        planned[key] = (ZERO if key in unsure else most, most)
    return planned


def _share(request: StockEvent, granted: Mapping[str, Fraction]) -> Decimal:
    share = Fraction(request.quantity) * granted.get(request.transaction_key, 0)
    return Decimal(share.numerator) / Decimal(share.denominator)


def replay_inbound(posted: list[StockEvent]) -> dict[Pair, Inbound]:
    announced: dict[Pair, list[StockEvent]] = defaultdict(list)
    gone: dict[Pair, Decimal] = defaultdict(Decimal)
    for event in posted:
        if event.kind == "inbound_announced":
            announced[event.item, event.order_reference].append(event)
        elif event.kind in {"inbound_cancelled", "receipt"}:
            gone[event.item, event.order_reference] += event.quantity
    inbound = {}
    for key, events in announced.items():
        newest = max(events, key=lambda event: (event.occurred_at, event.received_at, event.transaction_key))
        inbound[key] = Inbound(max(ZERO, total_of(events) - gone[key]), newest.expected_at, newest.location)
    return inbound


def replay_shortage(
    claims: dict[Pair, Claim], positions: dict[Position, Decimal], for_sale: frozenset[str]
) -> dict[str, Decimal]:
    missing: dict[str, Decimal] = defaultdict(Decimal)
    for (item, _), claim in claims.items():
        missing[item] += claim.open
    for (item, _, _, disposition), on_hand in positions.items():
        missing[item] -= on_hand if disposition in for_sale else ZERO
    return {item: max(ZERO, quantity) for item, quantity in missing.items()}


def total_of(events: Iterable[StockEvent]) -> Decimal:
    return sum((event.quantity for event in events), ZERO)
