"""Retelling rules: books that went back to a checkpoint in, what the views have of later than that told once more.

After a crash a runner may take books back to a checkpoint, while rows that were written since stay written:

    checkpoint          BOLT on hand 10   version 7
    written since       BOLT on hand 12   version 9     a receipt, and a hold that ended
    after the crash     BOLT on hand 12   version 8     both at once: the view would refuse it, as older

So versions count on from the clock, which no crash takes back. And where events come again in another order, a step on
the way may be left out, of which a row or a channel was told: a hold that gave way before and does not now. So all rows
of an item are told once more with the first event that touches it. Whatever was told since the checkpoint came of
events that come again, so no other item needs it.
"""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from schemas.records import CLAIM_KINDS, INBOUND_KINDS, ON_HAND_KINDS, StockEvent
from transforms.ledger import effects
from transforms.ledger.claim_rules import note_time
from transforms.ledger.item_ledger import Books, ItemLedger, moved_items
from transforms.ledger.ledger_rules import CONFLICT, NOBODY, Result

VERSIONS_FROM = datetime(2026, 1, 1, tzinfo=UTC)
VERSIONS_A_SECOND = 1_000_000  # more than one item changes; a sum of hundreds stays below 2 ** 53 for decades


def floor_at(now: datetime) -> int:
    """A version that is higher than any told before `now`, and lower than any floor of a second later."""
    return int((now - VERSIONS_FROM).total_seconds() * VERSIONS_A_SECOND)


class Retelling:
    """What is still to be told once more of the books of a shard; nothing where they never went back."""

    def __init__(self, books: Books | None = None, floor: int = 0) -> None:
        self.rows = set(books or ())
        self.offers = set(self.rows)
        self.floor = floor
        for ledger in (books or {}).values():  # all at once, since the version of a kit is the sum of its parts'
            ledger.version = max(ledger.version, floor)

    def touched(self, books: Books, event: StockEvent, result: Result) -> AbstractSet[str]:
        """The items of an event that are to be told for it, whatever became of it this time."""
        if not self.floor:
            return NOBODY
        if result.reason == CONFLICT and result.loser is None:  # before the crash it may have been the one that counted
            _show(books, event)
            return moved_items(event)
        return moved_items(event) & self.rows

    def begin_rows(self, ledger: ItemLedger) -> None:
        """Before the rows of an item are worked out: all of them if they are still to be told."""
        ledger.version = max(ledger.version, self.floor)  # the item may be new to these books
        if ledger.item in self.rows:
            self.rows.remove(ledger.item)
            ledger.dirty["cell"] |= ledger.cells.keys()
            ledger.dirty["claim"] |= ledger.claims.keys()
            ledger.dirty["inbound"] |= ledger.inbound.keys()

    def begin_offers(self, item: str, ledger: ItemLedger | None) -> None:
        """Before channels are told of an item: nobody knows what they were told last."""
        if item in self.offers and ledger is not None:
            self.offers.remove(item)
            ledger.published.clear()
            ledger.promised.clear()


def _show(books: Books, event: StockEvent) -> None:
    """Have the places and the order of an event told, with whatever else is in them, or as empty."""
    reference = event.order_reference
    for ledger, _ in effects.parts(books, event):
        if event.kind in ON_HAND_KINDS:
            for disposition in {event.disposition, event.to_disposition} - {""}:
                place = (event.location, event.lot, disposition)
                ledger.cell(place)
                ledger.dirty["cell"].add(place)
        if reference and event.kind in CLAIM_KINDS | {"shipment"}:
            note_time(ledger.claim(reference), event.occurred_at)
            ledger.dirty["claim"].add(reference)
        if reference and event.kind in INBOUND_KINDS | {"receipt"}:
            note_time(ledger.expected(reference), event.occurred_at)
            ledger.dirty["inbound"].add(reference)
