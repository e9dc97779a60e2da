"""Snapshot rules: a complete snapshot in, zero as of its time at every place of the location that it leaves out.

A source that tells all it has at a location as of T says zero of every place it does not name. That zero is a count
like any other, with the difference it makes; it gives way if a line of the same source and time names the place after
all, and it is entered late where a place only becomes known by a late movement.

    08:00 receive 10 of A, 5 of B     A 10, B 5
    12:00 complete snapshot: A 8      A 8,  B 0, difference -5
    11:00 receive 3 of C, late        C 0, difference -3: it was there at 11:00 and not at 12:00
    13:00 receive 1 of B              B 1

A source that does not own the place only says so: what it leaves out and the books have is a discrepancy.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from schemas.records import SnapshotClosed, StockEvent
from transforms.ledger.item_ledger import LEFT_OUT, Books, ItemLedger, Place, Report, moved_items
from transforms.ledger.ledger_rules import LedgerRules
from transforms.ledger.position_rules import ZERO, Count
from transforms.offers.update_rules import LastEvent

NOT_RECEIVED = datetime(1, 1, 1, tzinfo=UTC)  # the receipt of a zero that nobody sent: a count of the same time wins

Kept = dict[tuple[datetime, str], SnapshotClosed]  # occurred_at and source -> the one of least key


class Snapshots:
    """The complete snapshots of the retained history of each location, as one shard knows them."""

    def __init__(self, closed: Iterable[SnapshotClosed] = ()) -> None:
        self.by_location: dict[str, Kept] = {}
        for one in closed:
            self._keep(one)

    def all(self) -> list[SnapshotClosed]:
        """Every snapshot that is retained."""
        return [one for kept in self.by_location.values() for one in kept.values()]

    def enter(self, closed: SnapshotClosed, books: Books, rules: LedgerRules) -> set[str]:
        """Apply a snapshot to every place that is known at its location; the items that it touched."""
        if not self._keep(closed):
            return set()
        return {item for item, ledger in books.items() if _apply(ledger, (closed,), rules)}

    def follow(self, event: StockEvent, books: Books, rules: LedgerRules) -> None:
        """Apply what is retained of a location where an event has just made a place known, or named or unnamed one."""
        kept = self.by_location.get(event.location)
        if kept is None:
            return
        same = kept.get((event.occurred_at, event.source)) if event.kind in ("count", "snapshot") else None
        for item in moved_items(event) & books.keys():
            ledger = books[item]
            places = ((event.location, event.lot, one) for one in (event.disposition, event.to_disposition))
            if any(place in ledger.cells and not ledger.cells[place].knows_snapshots for place in places):
                _apply(ledger, kept.values(), rules)
            elif same is not None:
                _apply(ledger, (same,), rules)

    def follow_all(self, items: Iterable[str], books: Books, rules: LedgerRules) -> None:
        """The same for items that other events than the one at hand may have moved, anywhere."""
        for item in items:
            cells = books[item].cells
            for location in {place[0] for place, cell in cells.items() if not cell.knows_snapshots}:
                _apply(books[item], self.by_location.get(location, {}).values(), rules)

    def forget(self, history: timedelta) -> None:
        """Drop what is older than the retained history of its location."""
        for location, kept in self.by_location.items():
            cut = max(at for at, _ in kept) - history
            self.by_location[location] = {key: one for key, one in kept.items() if key[0] >= cut}

    def _keep(self, closed: SnapshotClosed) -> bool:
        kept = self.by_location.setdefault(closed.location, {})
        key = (closed.occurred_at, closed.source)
        known = kept.get(key)
        if known is not None and known.transaction_key <= closed.transaction_key:
            return False
        kept[key] = closed
        return True


def _apply(ledger: ItemLedger, snapshots: Iterable[SnapshotClosed], rules: LedgerRules) -> bool:
    """Bring the places of one item in line with complete snapshots of one location; whether anything changed."""
    changed = False
    for closed in snapshots:
        places = [place for place in ledger.cells if place[0] == closed.location]
        for place in places:
            ledger.cells[place].knows_snapshots = True
        if not places or (ledger.newest_at is not None and closed.occurred_at < ledger.newest_at - rules.history):
            continue
        owners = rules.owners_of(closed.location, "on_hand")
        if owners and closed.source not in owners:
            changed |= _report(ledger, closed)
        elif [place for place in places if _fill(ledger, place, closed)]:
            changed = True
            ledger.note_change(_stamp(closed))
    ledger.version += changed
    return changed


def _fill(ledger: ItemLedger, place: Place, closed: SnapshotClosed) -> bool:
    """Zero where the owner's snapshot leaves the place out, and no zero of it where it does not."""
    cell = ledger.cells[place]
    of_it = [one for one in cell.counts if (one.occurred_at, one.source) == (closed.occurred_at, closed.source)]
    ours = [one.key for one in of_it if one.received_at == NOT_RECEIVED]
    named = any(one.kind == "snapshot" and one.received_at != NOT_RECEIVED for one in of_it)
    wanted = [] if named else [closed.transaction_key]
    if ours == wanted:
        return False
    for key in ours:
        cell.remove_count(key)
        ledger.dirty["count"].update((place, key) for key in (key, *(one.key for one in cell.counts)))
    if wanted:
        zero = Count(
            occurred_at=closed.occurred_at,
            quantity=ZERO,
            source=closed.source,
            sequence=None,
            received_at=NOT_RECEIVED,
            key=closed.transaction_key,
            kind="snapshot",
        )
        ledger.dirty["count"].update((place, changed.key) for changed in cell.add_count(zero))
    cell.note_change(closed.received_at, closed.transaction_key)
    ledger.dirty["cell"].add(place)
    ledger.disturb(closed.occurred_at)
    return True


def _report(ledger: ItemLedger, closed: SnapshotClosed) -> bool:
    """Have what another's snapshot leaves out compared, now and whenever its lines change."""
    nowhere = Report(closed.occurred_at, ZERO, closed.source, closed.location, LEFT_OUT, LEFT_OUT)
    for key in [key for key, one in ledger.reports.items() if one == nowhere and key != closed.transaction_key]:
        del ledger.reports[key]
        ledger.dirty["report"].add(key)
    ledger.reports[closed.transaction_key] = nowhere
    ledger.dirty["report"].add(closed.transaction_key)
    return True


def _stamp(closed: SnapshotClosed) -> LastEvent:
    return LastEvent(
        closed.received_at, closed.transaction_key, closed.source, closed.message_id, closed.correlation_id
    )
