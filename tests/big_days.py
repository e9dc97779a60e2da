"""Big days: a seed and a number in, that many plausible events out, one by one and quickly: for benchmarks.

Orders are recorded, then shipped and forgotten, so open claims stay few however long the stream is.
"""

from bisect import bisect
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from schemas.records import CLAIM_KINDS, Component, Kind, StockEvent

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
LENGTH = timedelta(hours=12)
HOLD = timedelta(minutes=30)
LOCATIONS = ("EAST", "WEST", "NORTH3PL")
KEEPERS = ("wms-east", "wms-west", "3pl-north")
CHANNELS = ("web", "marketplace", "b2b")
RECENT_MAX = 10_000  # repeats are of one of so many events before
HELD_MAX = 5_000  # what comes late waits among so many others
OPEN_ORDERS_MAX = 20_000
KIT_SHARE = 0.05
QUANTITIES = tuple(Decimal(number) for number in range(1, 13))
KINDS: tuple[tuple[float, Kind], ...] = (  # cumulative shares
    (0.36, "order_recorded"),
    (0.72, "shipment"),
    (0.84, "receipt"),
    (0.88, "reservation_requested"),
    (0.92, "adjustment"),
    (0.95, "return_received"),
    (0.97, "inbound_announced"),
    (1.0, "count"),
)
KIT_KINDS = ("order_recorded", "shipment", "reservation_requested")
BATCHED = ("receipt", "inbound_announced", "count")
BATCH = 3  # a third as many receipts as shipments, each of three times as much
DOCUMENTED = ("shipment", "inbound_announced")


class _Order(NamedTuple):
    item: str
    quantity: Decimal
    reference: str
    components: tuple[Component, ...]


def make_big(seed: int, n: int, items: int, duplicates: float = 0.2, disorder: float = 0.2) -> Iterator[StockEvent]:
    """`n` deliveries on `items` items: a share of them repeats, a share overtaken by thousands that happened later."""
    random = Random(seed)
    facts = _facts(random, items, LENGTH / max(n, 1))
    held: list[StockEvent | None] = [None] * min(HELD_MAX, n // 10 + 1)
    recent: list[StockEvent] = []
    for number in range(n):
        received_at = START + LENGTH * (number + len(held)) / n  # as many facts are ahead of their delivery at most
        if recent and random.random() < duplicates:
            again = recent[random.randrange(len(recent))]
            yield again._replace(received_at=received_at, message_id=f"{again.source}/r{number}")
            continue
        event = next(facts)
        if random.random() < disorder:
            slot = random.randrange(len(held))
            held[slot], event = event, held[slot] or next(facts)
        event = event._replace(received_at=received_at)
        if len(recent) < RECENT_MAX:
            recent.append(event)
        else:
            recent[number % RECENT_MAX] = event
        yield event


def _facts(random: Random, items: int, gap: timedelta) -> Iterator[StockEvent]:
    """What happens, in order, without end; `received_at` is when it occurred."""
    orders: deque[_Order] = deque(maxlen=OPEN_ORDERS_MAX)
    shares = [share for share, _ in KINDS]
    kinds = [kind for _, kind in KINDS]
    names = tuple(f"SKU-{number:05}" for number in range(items))
    occurred_at = START
    number = 0
    while True:
        kind = kinds[bisect(shares, random.random())]
        if kind == "shipment" and orders:
            order = orders.popleft()
        else:
            order = _order(random, names, number, KIT_SHARE if kind in KIT_KINDS else 0)
            if kind == "order_recorded":
                orders.append(order)
        yield _event(random, kind, order, number, occurred_at)
        number += 1
        occurred_at += gap


def _order(random: Random, names: tuple[str, ...], number: int, kit_share: float) -> _Order:
    quantity = QUANTITIES[random.randrange(len(QUANTITIES))]
    at = int(len(names) * random.random() * random.random())  # some items sell more than others
    if random.random() >= kit_share:
        return _Order(names[at], quantity, f"SO-{number}", ())
    parts = (Component(names[at], quantity * 2), Component(names[at - 1], quantity))
    return _Order(f"KIT-{at:05}", quantity, f"SO-{number}", parts)


def _event(random: Random, kind: Kind, order: _Order, number: int, occurred_at: datetime) -> StockEvent:
    at = random.randrange(len(LOCATIONS))
    is_claim = kind in CLAIM_KINDS
    source = "shop" if is_claim else KEEPERS[at]
    quantity = order.quantity * BATCH if kind in BATCHED else order.quantity
    return StockEvent(
        transaction_key=f"{source}:{number}",
        kind=kind,
        item=order.item,
        quantity=quantity,
        occurred_at=occurred_at,
        source=source,
        message_id=f"{source}/{number}",
        correlation_id=f"c{number}",
        received_at=occurred_at,
        mapping_version="big@1",
        original_quantity=quantity,
        original_unit="each",
        location="" if is_claim else LOCATIONS[at],
        disposition="" if is_claim or kind == "inbound_announced" else "sellable",
        channel=CHANNELS[number % len(CHANNELS)] if is_claim else "",
        order_reference=order.reference if is_claim or kind in DOCUMENTED else "",
        expected_at=occurred_at + LENGTH if kind == "inbound_announced" else None,
        expires_at=occurred_at + HOLD if kind == "reservation_requested" else None,
        components=order.components,
    )
