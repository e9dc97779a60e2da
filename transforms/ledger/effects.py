"""Effects: what each kind of event does to the books of one item, forwards (sign 1) and backwards (sign -1).

One function for each kind, in one table. An event on a kit does it once for each component.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from schemas.records import COUNT_KINDS, StockEvent
from transforms.kits.kit_rules import share_of
from transforms.ledger.claim_rules import NEVER, Claim, Grant, Inbound, Notice, add_to, note_time
from transforms.ledger.confirmation_rules import note_release
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
from transforms.ledger.shared_key_rules import counts_beside
from transforms.ledger.unknown_rules import note

WANTING_KINDS = frozenset({"order_recorded", "reservation_requested"})  # their expected_at is when goods are wanted

# Books, the event, its quantity with the sign (-1 where it is taken out again), and the sign.
Effect = Callable[[ItemLedger, StockEvent, Decimal, int], None]


def parts(books: Books, event: StockEvent) -> Sequence[tuple[ItemLedger, Decimal]]:
    """The books an event enters with the quantity for each: its components', or its own item's."""
    if not event.components:
        return ((books_of(books, event.item), event.quantity),)
    return [(books_of(books, component.item), component.quantity) for component in event.components]


def post(books: Books, event: StockEvent, sign: int, *, shared: bool) -> None:
    """Enter an event of the owner, or take it out. `shared`: other sources may report the same fact."""
    effect = EFFECTS[event.kind]
    for ledger, quantity in parts(books, event):
        change = quantity if sign > 0 else -quantity
        effect(ledger, event, change, sign)
        if shared and event.order_reference:
            key = (event.kind, event.location, event.order_reference)
            ledger.posted[key] = ledger.posted.get(key, ZERO) + change
            ledger.dirty["posted"].add(key)


def decide(books: Books, event: StockEvent, granted: Decimal) -> None:
    """Enter the one decision on a reservation request: `granted` of `event.quantity`."""
    claimed = tuple(part.item for part in event.components) or (event.item,)
    for ledger, quantity in parts(books, event):
        claim = claim_of(ledger, event, 1)
        if not granted:
            claim.refused = True  # and nothing else: a refusal neither prolongs nor ends what was granted before
            continue
        share = share_of(quantity, granted, event.quantity)
        grant = Grant(share, granted, claimed, event.expires_at or NEVER)
        ledger.enter_grant(event.order_reference, (event.item, event.transaction_key), grant)


def compare(books: Books, event: StockEvent, sign: int) -> None:
    """Note what a source that is not the owner reports, or take it out."""
    report = _compare_count if event.kind in COUNT_KINDS else _compare_movement
    for ledger, quantity in parts(books, event):
        report(ledger, event, quantity, sign)
    for other in counts_beside(books, event.transaction_key) if sign < 0 and report is _compare_count else ():
        compare(books, other, 1)


def _compare_count(ledger: ItemLedger, event: StockEvent, quantity: Decimal, sign: int) -> None:
    ledger.dirty["report"].add(event.transaction_key)
    if sign > 0:
        said = None if event.kind == "unknown_count" else quantity
        where = (event.source, event.location, event.lot, event.disposition)
        ledger.reports[event.transaction_key] = Report(event.occurred_at, said, *where)
    else:
        ledger.reports.pop(event.transaction_key, None)  # gone already where a kit and its part share the key


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
    ledger.dirty["reported"].add(key)


def _move(ledger: ItemLedger, event: StockEvent, disposition: str, change: Decimal, sign: int) -> None:
    place = (event.location, event.lot, disposition)
    cell = ledger.cell(place)
    move = Move(event.occurred_at, change if sign > 0 else -change, event.source, event.sequence)
    count = cell.add_move(move) if sign > 0 else cell.remove_move(move)
    cell.note_change(event.received_at, event.transaction_key)
    ledger.dirty["cell"].add(place)
    ledger.disturb(event.occurred_at)
    if count is not None:
        ledger.dirty["count"].add((place, count.key))


def _receipt(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, change, sign)
    ledger.transfer(SUPPLIER, -change)
    if event.order_reference:
        _inbound(ledger, event).received += change


def _shipment(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, -change, sign)
    ledger.transfer(CUSTOMER, change)
    if event.order_reference:
        add_to(claim_of(ledger, event, sign).shipped, event.location, change)


def _adjustment(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, change, sign)
    ledger.transfer(COUNT_DIFFERENCE, -change)


def _transfer_shipped(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, -change, sign)
    ledger.transfer(IN_TRANSIT, change)


def _transfer_received(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, change, sign)
    ledger.transfer(IN_TRANSIT, -change)


def _disposition_changed(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, -change, sign)
    _move(ledger, event, event.to_disposition, change, sign)


def _return_received(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    _move(ledger, event, event.disposition, change, sign)
    ledger.transfer(CUSTOMER, -change)


def _count(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    place = (event.location, event.lot, event.disposition)
    cell = ledger.cell(place)
    cell.note_change(event.received_at, event.transaction_key)
    ledger.dirty["cell"].add(place)
    if event.kind == "unknown_count":  # on hand stays as it is
        note(cell.unknowns, event, sign)
        return
    ledger.disturb(event.occurred_at)
    if sign < 0:
        cell.remove_count(event.transaction_key)
        ledger.dirty["count"].update((place, count.key) for count in cell.counts)
        ledger.dirty["count"].add((place, event.transaction_key))
        return
    count = Count(
        occurred_at=event.occurred_at,
        quantity=change,
        source=event.source,
        sequence=event.sequence,
        received_at=event.received_at,
        key=event.transaction_key,
        kind=event.kind,
    )
    ledger.dirty["count"].update((place, changed.key) for changed in cell.add_count(count))


def _inbound_announced(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    inbound = _inbound(ledger, event)
    inbound.announced += change
    notice = Notice(event.occurred_at, event.received_at, event.transaction_key, event.location, event.expected_at)
    if sign > 0:
        inbound.notices.append(notice)
    else:
        inbound.notices.remove(notice)


def _inbound_cancelled(ledger: ItemLedger, event: StockEvent, change: Decimal, _sign: int) -> None:
    _inbound(ledger, event).cancelled += change


def _inbound(ledger: ItemLedger, event: StockEvent) -> Inbound:
    ledger.dirty["inbound"].add(event.order_reference)
    inbound = ledger.expected(event.order_reference)
    note_time(inbound, event.occurred_at)
    return inbound


def claim_of(ledger: ItemLedger, event: StockEvent, sign: int) -> Claim:
    """The claim of the order that the event names, with what the event says of it beside quantities."""
    reference = event.order_reference
    ledger.dirty["claim"].add(reference)
    ledger.unsettled.add(reference)
    claim = ledger.claim(reference)
    note_time(claim, event.occurred_at)
    if event.channel:
        name = (event.occurred_at, event.transaction_key, event.channel)
        claim.names.append(name) if sign > 0 else claim.names.remove(name)
    if event.expected_at is not None and event.kind in WANTING_KINDS:
        wanted = (event.occurred_at, event.transaction_key, event.expected_at)
        claim.schedule.append(wanted) if sign > 0 else claim.schedule.remove(wanted)
    return claim


def _order_recorded(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    claim_of(ledger, event, sign).recorded += change


def _allocated(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    note_release(ledger, event, change)
    add_to(claim_of(ledger, event, sign).allocated, event.location, change)


def _released(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    claim_of(ledger, event, sign).released += change


def _cancelled(ledger: ItemLedger, event: StockEvent, change: Decimal, sign: int) -> None:
    claim_of(ledger, event, sign).cancelled += change


EFFECTS: dict[str, Effect] = {
    "receipt": _receipt,
    "shipment": _shipment,
    "adjustment": _adjustment,
    "count": _count,
    "snapshot": _count,
    "unknown_count": _count,
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
