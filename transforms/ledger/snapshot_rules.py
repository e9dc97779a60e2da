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

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from schemas.records import COUNT_KINDS, SnapshotClosed, StockEvent
from transforms.ledger.carry_rules import (
    NOT_RECEIVED,
    Kept,
    Spot,
    Told,
    carried_count,
    hold,
    in_order,
    is_word_on,
    matters,
    needed,
    row_before,
    told,
)
from transforms.ledger.item_ledger import LEFT_OUT, Books, ItemLedger, Place, Report, moved_items
from transforms.ledger.ledger_rules import LedgerRules
from transforms.ledger.position_rules import CARRIED, ZERO, Cell, Count
from transforms.offers.update_rules import LastEvent


class Snapshots:
    """The complete snapshots of the retained history of each location, as one shard knows them."""

    def __init__(self, closed: Iterable[SnapshotClosed] = ()) -> None:
        self.by_location: dict[str, Kept] = {}
        self.carried_until: dict[str, datetime] = {}  # location -> the newest that was told by its changes
        for one in closed:
            self._keep(one)

    def all(self) -> list[SnapshotClosed]:
        """Every snapshot that is retained."""
        return [one for kept in self.by_location.values() for one in kept.values()]

    def enter(self, closed: SnapshotClosed, books: Books, rules: LedgerRules) -> set[str]:
        """Apply a snapshot, and those that carry on from it, to every place known at its location; items touched."""
        entered = self._keep(closed)
        if entered is None:
            return set()
        kept = self.by_location[closed.location]
        later = (one for one in in_order(kept, closed.occurred_at) if one.closed is not entered)
        snapshots = [told(kept, entered), *later]
        return {item for item, ledger in books.items() if _apply(ledger, closed.location, snapshots, rules)}

    def follow(self, event: StockEvent, books: Books, rules: LedgerRules) -> None:
        """Apply what is retained of a location where an event has just made a place known, or named or unnamed one."""
        kept = self.by_location.get(event.location)
        if kept is None:
            return
        same = kept.get((event.occurred_at, event.source)) if event.kind in COUNT_KINDS else None
        until = self.carried_until.get(event.location)
        is_late = until is not None and event.occurred_at <= until
        for item in moved_items(event) & books.keys():
            ledger = books[item]
            places = ((event.location, event.lot, one) for one in (event.disposition, event.to_disposition))
            if any(place in ledger.cells and not ledger.cells[place].knows_snapshots for place in places):
                _apply(ledger, event.location, in_order(kept), rules)
                continue
            first = [told(kept, same)] if same is not None else []
            if first or is_late:
                later = (one for one in in_order(kept, event.occurred_at) if one.closed is not same) if is_late else ()
                _apply(ledger, event.location, [*first, *later], rules)

    def follow_all(self, items: Iterable[str], books: Books, rules: LedgerRules) -> None:
        """The same for items that other events than the one at hand may have moved, anywhere."""
        for item in items:
            cells = books[item].cells
            locations = {place[0] for place, cell in cells.items() if not cell.knows_snapshots}
            for location in locations | {place[0] for place in cells if place[0] in self.carried_until}:
                _apply(books[item], location, in_order(self.by_location.get(location, {})), rules)

    def hold(self, books: Books, rules: LedgerRules) -> None:
        """Before the books forget: enter what retained snapshots carry on from what is forgotten."""
        for location in self.carried_until:
            snapshots = in_order(self.by_location[location])
            for item, ledger in books.items():
                cut = (ledger.newest_at or NOT_RECEIVED + rules.history) - rules.history
                for place, cell in ledger.cells.items():
                    if place[0] == location:
                        hold(cell, (item, *place[1:]), snapshots, cut)

    def forget(self, history: timedelta) -> None:
        """Drop what is older than the retained history of its location, unless something newer rests on it."""
        for location, kept in self.by_location.items():
            cut = max(at for at, _ in kept) - history
            if location in self.carried_until:
                self.by_location[location] = dict(needed(kept, cut))
            else:
                self.by_location[location] = {key: one for key, one in kept.items() if key[0] >= cut}

    def _keep(self, closed: SnapshotClosed) -> SnapshotClosed | None:
        kept = self.by_location.setdefault(closed.location, {})
        key = (closed.occurred_at, closed.source)
        known = kept.get(key)
        if known is not None:  # of two of one time at most one is told by its changes
            first = min(known, closed, key=lambda one: one.transaction_key)
            carried = known if known.same_as else closed
            closed = first._replace(same_as=carried.same_as, gone=carried.gone)
            if closed == known:
                return None
        kept[key] = closed
        if closed.same_as is not None:
            until = self.carried_until.get(closed.location, closed.occurred_at)
            self.carried_until[closed.location] = max(until, closed.occurred_at)
        return closed


def _apply(ledger: ItemLedger, location: str, snapshots: Iterable[Told], rules: LedgerRules) -> bool:
    """Bring the places of one item in line with complete snapshots of one location; whether anything changed."""
    places = [place for place in ledger.cells if place[0] == location]
    if not places:
        return False
    for place in places:
        ledger.cells[place].knows_snapshots = True
    changed = False
    for of in snapshots:
        closed = of.closed
        if ledger.newest_at is not None and closed.occurred_at < ledger.newest_at - rules.history:
            continue
        owners = rules.owners_of(location, "on_hand", closed.occurred_at)
        if owners and closed.source not in owners:
            changed |= closed.same_as is None and _report(ledger, closed)
        elif [place for place in places if _fill(ledger, place, of)]:
            changed = True
            ledger.note_change(_stamp(closed))
    ledger.version += changed
    return changed


def _fill(ledger: ItemLedger, place: Place, of: Told) -> bool:
    """What the owner's snapshot says of a place that it leaves out, and nothing of it where it names the place."""
    cell, closed = ledger.cells[place], of.closed
    of_it = [one for one in cell.counts if (one.occurred_at, one.source) == (closed.occurred_at, closed.source)]
    ours = [one for one in of_it if _is_ours(one)]
    named = any(one.kind == "snapshot" and not _is_ours(one) for one in of_it)
    spot = (ledger.item, *place[1:])
    named |= of.is_zero(spot) and is_word_on(cell, closed)  # a line without a quantity says that it is not zero
    wanted = None if named else _said(cell, spot, of, ours)
    if [(one.key, one.quantity) for one in ours] == ([(wanted.key, wanted.quantity)] if wanted else []):
        return False
    for one in ours:
        cell.remove_count(one.key)
        ledger.dirty["count"].update((place, key) for key in (one.key, *(other.key for other in cell.counts)))
    if wanted:
        ledger.dirty["count"].update((place, changed.key) for changed in cell.add_count(wanted))
    cell.note_change(closed.received_at, closed.transaction_key)
    ledger.dirty["cell"].add(place)
    ledger.disturb(closed.occurred_at)
    return True


def _is_ours(count: Count) -> bool:
    return count.received_at == NOT_RECEIVED or count.kind == CARRIED


def _said(cell: Cell, spot: Spot, of: Told, ours: Sequence[Count]) -> Count | None:
    """The count that leaving the place out amounts to; none where it would change nothing, or is not known yet.

    `ours`: what was entered of that. It stays where the row that it rests on is folded away.
    """
    closed = of.closed
    if not of.is_zero(spot):
        row = row_before(cell, spot, of)
        if row is None:
            return ours[0] if ours and cell.has_opening else None
        if not (ours or matters(cell, row, closed.occurred_at)):
            return None
        if row.received_at == NOT_RECEIVED and is_word_on(cell, closed):
            return None  # told whole, it would be left out here, and the word taken for its line
        return carried_count(of, row)
    return Count(
        occurred_at=closed.occurred_at,
        quantity=ZERO,
        source=closed.source,
        sequence=None,
        received_at=NOT_RECEIVED,
        key=closed.transaction_key,
        kind="snapshot",
    )


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
