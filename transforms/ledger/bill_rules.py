"""Bill rules: which bill of materials an event on a kit moves its components by: that of the order, not of its own day.

An order claims the components that its kit was made of when it was placed. What becomes of it later (allocated,
cancelled, given back, shipped) must take the same components off again, even if the kit is made of others by then. So
all events of one order on one kit go by the bill that held at its first order or request, by (occurred_at,
transaction_key); those that came before it did are booked again by its bill. Without one they go by their own day.

    a GIFT takes a MUG until 1 March, then a JAR
    28 February  SO-1 orders 1 GIFT        claims a MUG
    2 March      SO-1 is cancelled         the claim on the MUG is closed; no JAR has anything to do with it
"""

from bisect import insort
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from schemas.records import CLAIM_KINDS, StockEvent
from transforms.kits.kit_rules import Boms, explode
from transforms.ledger import effects
from transforms.ledger.item_ledger import Books, ItemLedger, KitOrder, as_event, moved_items
from transforms.ledger.position_rules import ZERO

CLAIMING_KINDS = frozenset({"order_recorded", "reservation_requested"})
ORDER_KINDS = CLAIM_KINDS | {"shipment"}

IsShared = Callable[[StockEvent], bool]  # whether others than the owner may report the same fact


def goes_by_its_order(event: StockEvent, boms: Boms) -> bool:
    """Whether the components of an event depend on when its order was placed."""
    return event.item in boms and bool(event.order_reference) and event.kind in ORDER_KINDS


def billed_at(ledger: ItemLedger, event: StockEvent) -> datetime:
    """The moment whose bill of materials an event on a kit goes by."""
    order = ledger.orders.get(event.order_reference) if event.kind in ORDER_KINDS else None
    return order.claimed[0][0] if order is not None and order.claimed else event.occurred_at


def billed(ledger: ItemLedger, event: StockEvent, boms: Boms) -> StockEvent:
    """The event with the components that it moves by the bill of its order."""
    return _by_bill_of(billed_at(ledger, event), event, boms)


def _by_bill_of(at: datetime, event: StockEvent, boms: Boms) -> StockEvent:
    if at == event.occurred_at:
        return event
    return event._replace(components=explode(boms, event.item, event.quantity, at))


def join(
    books: Books, ledger: ItemLedger, event: StockEvent, boms: Boms, is_shared: IsShared, *, posted: bool
) -> set[str]:
    """Note an event that is about to enter; the items whose books changed because it is the first of its order."""
    order = ledger.orders.setdefault(event.order_reference, KitOrder())
    before = order.claimed[0][0] if order.claimed else None
    if posted and event.kind in CLAIMING_KINDS:
        insort(order.claimed, (event.occurred_at, event.transaction_key))
    touched = _rebook(books, ledger, order, before, boms, is_shared)
    order.keys.add(event.transaction_key)
    return touched


def leave(books: Books, ledger: ItemLedger, event: StockEvent, boms: Boms, is_shared: IsShared) -> set[str]:
    """Forget an event that has been taken out; the items whose books changed because it was the first of its order."""
    order = ledger.orders[event.order_reference]
    order.keys.discard(event.transaction_key)
    before = order.claimed[0][0] if order.claimed else None
    order.claimed = [one for one in order.claimed if one[1] != event.transaction_key]
    return _rebook(books, ledger, order, before, boms, is_shared)


def _rebook(
    books: Books, ledger: ItemLedger, order: KitOrder, before: datetime | None, boms: Boms, is_shared: IsShared
) -> set[str]:
    """Take every event of an order out by the bill of `before` and enter it by the one that holds now."""
    touched: set[str] = set()
    after = order.claimed[0][0] if order.claimed else None
    if after == before:
        return touched
    for key in sorted(order.keys):
        event = as_event(ledger.entries[key])
        was, will = (_by_bill_of(at or event.occurred_at, event, boms) for at in (before, after))
        if was.components == will.components:
            continue
        if key in ledger.compared:
            effects.compare(books, was, -1)
            effects.compare(books, will, 1)
        elif event.kind == "reservation_requested":
            effects.decide(books, will, undecide(books, was))
        else:
            effects.post(books, was, -1, shared=is_shared(event))
            effects.post(books, will, 1, shared=is_shared(event))
        touched.update(moved_items(was), moved_items(will))
    for item in touched:
        books[item].version += 1
    return touched


def undecide(books: Books, event: StockEvent) -> Decimal:
    """Take a decision out again, to enter it elsewhere or not at all; what had been granted and has not given way."""
    granted = ZERO
    for ledger, _ in effects.parts(books, event):
        key = (event.item, event.transaction_key)
        grant = effects.claim_of(ledger, event, -1).grants.get(key)
        if grant is not None:
            granted = grant.granted
            ledger.remove_grant(event.order_reference, key, grant)
    return granted
