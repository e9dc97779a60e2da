"""Effects: what each kind of event does to the books of one item, forwards (sign 1) and backwards (sign -1).

One function for each kind, in one table. An event on a kit does it once for each component.
"""

from bisect import insort
from collections.abc import Callable, Iterator
from decimal import Decimal

from schemas.records import StockEvent
from transforms.kits.kit_rules import share_of
from transforms.ledger.claim_rules import NEVER, Inbound, Notice, add_to, note_time
from transforms.ledger.item_ledger import (
    COUNT_DIFFERENCE,
    CUSTOMER,
    IN_TRANSIT,
    SUPPLIER,
    Books,
    ItemLedger,
    Report,
    Reported,
    books_of,
)
from transforms.ledger.position_rules import ZERO, Count, Move

WANTING_KINDS = frozenset({"order_recorded", "reservation_requested"})  # their expected_at is when goods are wanted

Effect = Callable[[ItemLedger, StockEvent, Decimal, int], None]


def parts(books: Books, event: StockEvent) -> Iterator[tuple[ItemLedger, Decimal]]:
    """The books an event enters with the quantity for each: its components', or its own item's."""
    if not event.components:
        yield books_of(books, event.item), event.quantity
    for component in event.components:
        yield books_of(books, component.item), component.quantity


def post(books: Books, event: StockEvent, sign: int, *, shared: bool) -> None:
    """Enter an event of the owner, or take it out. `shared`: other sources may report the same fact."""
    effect = EFFECTS[event.kind]
    for ledger, quantity in parts(books, event):
        effect(ledger, event, quantity, sign)
        if shared and event.order_reference:
            key = (event.kind, event.location, event.order_reference)
            ledger.posted[key] = ledger.posted.get(key, ZERO) + sign * quantity
            ledger.dirty.add(("posted", key))


def decide(books: Books, event: StockEvent, granted: Decimal) -> None:
    """Enter the one decision on a reservation request: `granted` of `event.quantity`."""
    for ledger, quantity in parts(books, event):
        claim = ledger.claim(event.order_reference)
        _name(ledger, event, 1)
        if not granted:
            claim.refused = True  # and nothing else: a refusal neither prolongs nor ends what was granted before
            continue
        claim.granted += share_of(quantity, granted, event.quantity)
        claim.expiries.append((event.expires_at or NEVER, event.transaction_key))
        if event.expires_at is not None:
            insort(ledger.expiring, (event.expires_at, event.order_reference))


def compare(books: Books, event: StockEvent, sign: int) -> None:
    """Note what a source that is not the owner reports, or take it out."""
    for ledger, quantity in parts(books, event):
        if event.kind in ("count", "snapshot"):
            _compare_count(ledger, event, quantity, sign)
        else:
            _compare_movement(ledger, event, quantity, sign)


def _compare_count(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    key = event.transaction_key
    ledger.dirty.add(("report", key))
    if sign > 0:
        ledger.reports[key] = Report(
            event.occurred_at, quantity, event.source, event.location, event.lot, event.disposition
        )
    else:
        del ledger.reports[key]


def _compare_movement(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    reference = event.order_reference or event.transaction_key
    key = (event.kind, event.location, reference, event.source)
    reported = ledger.reported.get(key)
    if reported is None:
        reported = ledger.reported[key] = Reported()
    reported.quantity += sign * quantity
    if sign > 0:
        reported.times.append(event.occurred_at)
    else:
        reported.times.remove(event.occurred_at)
    if not reported.times:
        del ledger.reported[key]
    ledger.dirty.add(("reported", key))


def _move(ledger: ItemLedger, event: StockEvent, disposition: str, quantity: Decimal, sign: int) -> None:
    place = (event.location, event.lot, disposition)
    cell = ledger.cell(place)
    move = Move(event.occurred_at, quantity, event.source, event.sequence)
    count = cell.add_move(move) if sign > 0 else cell.remove_move(move)
    cell.note_change(event.received_at, event.transaction_key)
    ledger.dirty.add(("cell", place))
    ledger.disturb(event.occurred_at)
    if count is not None:
        ledger.dirty.add(("count", (place, count.key)))


def _receipt(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, quantity, sign)
    ledger.transfer(SUPPLIER, -sign * quantity)
    if event.order_reference:
        _inbound(ledger, event).received += sign * quantity


def _shipment(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, -quantity, sign)
    ledger.transfer(CUSTOMER, sign * quantity)
    if event.order_reference:
        add_to(ledger.claim(event.order_reference).shipped, event.location, sign * quantity)
        _name(ledger, event, sign)


def _adjustment(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, quantity, sign)
    ledger.transfer(COUNT_DIFFERENCE, -sign * quantity)


def _transfer_shipped(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, -quantity, sign)
    ledger.transfer(IN_TRANSIT, sign * quantity)


def _transfer_received(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, quantity, sign)
    ledger.transfer(IN_TRANSIT, -sign * quantity)


def _disposition_changed(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, -quantity, sign)
    _move(ledger, event, event.to_disposition, quantity, sign)


def _return_received(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, quantity, sign)
    ledger.transfer(CUSTOMER, -sign * quantity)


def _count(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    place = (event.location, event.lot, event.disposition)
    cell = ledger.cell(place)
    cell.note_change(event.received_at, event.transaction_key)
    ledger.dirty.add(("cell", place))
    ledger.disturb(event.occurred_at)
    if sign < 0:
        cell.remove_count(event.transaction_key)
        ledger.dirty.update(("count", (place, count.key)) for count in cell.counts)
        ledger.dirty.add(("count", (place, event.transaction_key)))
        return
    count = Count(
        occurred_at=event.occurred_at,
        quantity=quantity,
        source=event.source,
        sequence=event.sequence,
        received_at=event.received_at,
        key=event.transaction_key,
        kind=event.kind,
    )
    ledger.dirty.update(("count", (place, changed.key)) for changed in cell.add_count(count))


def _inbound_announced(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    inbound = _inbound(ledger, event)
    inbound.announced += sign * quantity
    notice = Notice(event.occurred_at, event.received_at, event.transaction_key, event.location, event.expected_at)
    if sign > 0:
        inbound.notices.append(notice)
    else:
        inbound.notices.remove(notice)


def _inbound_cancelled(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    _inbound(ledger, event).cancelled += sign * quantity


def _inbound(ledger: ItemLedger, event: StockEvent) -> Inbound:
    ledger.dirty.add(("inbound", event.order_reference))
    inbound = ledger.expected(event.order_reference)
    note_time(inbound, event.occurred_at)
    return inbound


def _name(ledger: ItemLedger, event: StockEvent, sign: int) -> None:
    ledger.dirty.add(("claim", event.order_reference))
    ledger.unsettled.add(event.order_reference)
    claim = ledger.claim(event.order_reference)
    note_time(claim, event.occurred_at)
    if event.channel:
        name = (event.occurred_at, event.transaction_key, event.channel)
        claim.names.append(name) if sign > 0 else claim.names.remove(name)
    if event.expected_at is not None and event.kind in WANTING_KINDS:
        wanted = (event.occurred_at, event.transaction_key, event.expected_at)
        claim.schedule.append(wanted) if sign > 0 else claim.schedule.remove(wanted)


def _order_recorded(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    ledger.claim(event.order_reference).recorded += sign * quantity
    _name(ledger, event, sign)


def _allocated(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    add_to(ledger.claim(event.order_reference).allocated, event.location, sign * quantity)
    _name(ledger, event, sign)


def _released(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    ledger.claim(event.order_reference).released += sign * quantity
    _name(ledger, event, sign)


def _cancelled(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    ledger.claim(event.order_reference).cancelled += sign * quantity
    _name(ledger, event, sign)


EFFECTS: dict[str, Effect] = {
    "receipt": _receipt,
    "shipment": _shipment,
    "adjustment": _adjustment,
    "count": _count,
    "snapshot": _count,
    "transfer_shipped": _transfer_shipped,
    "transfer_received": _transfer_received,
    "disposition_changed": _disposition_changed,
    "return_received": _return_received,
    "inbound_announced": _inbound_announced,
    "inbound_cancelled": _inbound_cancelled,
    "order_recorded": _order_recorded,
    "reservation_allocated": _allocated,
    "reservation_released": _released,
    "reservation_cancelled": _cancelled,
    "reservation_expired": _released,
}
