"""Carry rules: a snapshot that tells only what changed in, what it says of a place that it leaves out, out.

The guard stops the rows of a snapshot that say what the snapshot before said. What it lets through says for the rest:
as of T1 it is as it was at T0. That is a count as of T1 like any other, with the quantity of the row of T0. As long as
nothing lies between the two it would change no figure and no difference, so it is entered only once something does,
however late that comes, and nothing is kept of it until then.

    20:00  snapshot: A 10, B 5                 A 10, B 5
    20:00  next day: B 4, the rest as before   A 10, B 4: nothing is entered of A
    15:00  between them: ship 3 of A, late     A 10: it was counted after that; the difference is +3

The row of T0 may itself have been left out, so it is looked for along the chain of snapshots, each told against the one
before, back to one that was told whole. There every place has a row: its own, or the zero of being left out. Where the
source sent a word that it does not know for that very time, and not as a line, there is no zero; later ones rest on it
all the same.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from schemas.records import SnapshotClosed
from transforms.ledger.position_rules import CARRIED, ZERO, Cell, Count

NOT_RECEIVED = datetime(1, 1, 1, tzinfo=UTC)  # the receipt of a zero that nobody sent: a count of the same time wins

Spot = tuple[str, str, str]  # item, lot, disposition
Kept = dict[tuple[datetime, str], SnapshotClosed]  # occurred_at and source -> the one of least key

_AT = attrgetter("occurred_at")


class Told(NamedTuple):
    """A snapshot, with what is needed to answer for what it leaves out."""

    closed: SnapshotClosed
    chain: tuple[datetime, ...]  # of the snapshots that it rests on, newest first; none of one told whole
    is_rooted: bool  # the chain is there back to one that was told whole
    gone: frozenset[Spot]
    bases: tuple[SnapshotClosed, ...]  # the snapshots of the chain that are there

    def is_zero(self, spot: Spot) -> bool:
        """Whether what it leaves out is zero there, not what it was."""
        return self.closed.same_as is None or spot in self.gone


def told(kept: Kept, closed: SnapshotClosed) -> Told:
    """A snapshot with its chain, as far as that has arrived."""
    chain: list[datetime] = []
    base: SnapshotClosed | None = closed
    bases: tuple[SnapshotClosed, ...] = ()
    while base is not None and base.same_as is not None and (not chain or base.same_as < chain[-1]):
        chain.append(base.same_as)
        base = kept.get((base.same_as, closed.source))
        bases += (base,) if base is not None else ()
    return Told(closed, tuple(chain), base is not None, frozenset(closed.gone), bases)


def in_order(kept: Kept, since: datetime | None = None) -> list[Told]:
    """Those of a location, earliest first; with `since` only those told by their changes, from that time on."""
    chosen = (one for one in kept.values() if since is None or (one.same_as is not None and one.occurred_at >= since))
    return [told(kept, one) for one in sorted(chosen, key=_AT)]


def row_before(cell: Cell, spot: Spot, of: Told) -> Count | None:
    """The row from which a place is carried on; none while it has not arrived.

    A place that was not known when the chain began was not named there, unless something is known of it from before.
    """
    rows = {one.occurred_at: one for one in cell.counts if one.source == of.closed.source and one.kind != "count"}
    unsaid = (_unsaid(cell, spot, of),) if cell.unknowns else ()
    for at in of.chain:
        if at in rows or at in unsaid:
            return rows.get(at) or _left_out(of.closed, at)
    return _left_out(of.closed, of.chain[-1]) if of.is_rooted and _begins_after(cell, of.chain[-1]) else None


def _unsaid(cell: Cell, spot: Spot, of: Told) -> datetime | None:
    """When a place was last left out where only a word that nobody knows stands in place of the zero."""
    words = {one.occurred_at for one in cell.unknowns if one.source == of.closed.source}
    left_out = (one for one in of.bases if one.occurred_at in words and (one.same_as is None or spot in one.gone))
    return next((one.occurred_at for one in left_out), None)


def is_word_on(cell: Cell, closed: SnapshotClosed) -> bool:
    """Whether the source says as of the time of its snapshot that it does not know how much there is."""
    return any((one.occurred_at, one.source) == (closed.occurred_at, closed.source) for one in cell.unknowns)


def _begins_after(cell: Cell, at: datetime) -> bool:
    first = _first(cell)
    return not cell.has_opening and first is not None and first > at


def _first(cell: Cell) -> datetime | None:
    return min((its[0].occurred_at for its in (cell.moves, cell.counts, cell.unknowns) if its), default=None)


def matters(cell: Cell, row: Count, at: datetime) -> bool:
    """Whether a count of this time with the quantity of the row could change anything: something lies between."""
    moves = bisect_right(cell.moves, at, key=lambda move: move[0]) - bisect_left(
        cell.moves, row.occurred_at, key=lambda move: move[0]
    )
    between = cell.counts[bisect_left(cell.counts, row.occurred_at, key=_AT) : bisect_right(cell.counts, at, key=_AT)]
    unknown = any(row.occurred_at <= one.occurred_at <= at for one in cell.unknowns)
    return moves > 0 or unknown or any(one is not row for one in between)


def carried_count(of: Told, row: Count) -> Count:
    """The row, said again as of the time of the snapshot; the zero of being left out is still one that nobody sent."""
    closed = of.closed
    if row.received_at == NOT_RECEIVED:
        return _left_out(closed, closed.occurred_at)
    return _count(closed, closed.occurred_at, row.quantity, closed.received_at)


def _left_out(closed: SnapshotClosed, at: datetime) -> Count:
    return _count(closed, at, ZERO, NOT_RECEIVED)


def _count(closed: SnapshotClosed, at: datetime, quantity: Decimal, received_at: datetime) -> Count:
    return Count(
        occurred_at=at,
        quantity=quantity,
        source=closed.source,
        sequence=None,
        received_at=received_at,
        key=closed.transaction_key,
        kind=CARRIED,
    )


def hold(cell: Cell, spot: Spot, snapshots: Iterable[Told], cut: datetime) -> None:
    """Before what is older than `cut` is folded away: enter what later snapshots still carry on from it."""
    first = _first(cell)
    if first is None or first >= cut:
        return
    for one in snapshots:
        closed = one.closed
        if closed.occurred_at < cut or one.is_zero(spot):
            continue
        row = row_before(cell, spot, one)
        has_own = any((of.occurred_at, of.source) == (closed.occurred_at, closed.source) for of in cell.counts)
        if row is not None and row.occurred_at < cut and not has_own:
            for _ in cell.add_count(carried_count(one, row)):
                pass


def needed(kept: Kept, cut: datetime) -> Mapping[tuple[datetime, str], SnapshotClosed]:
    """What is to be kept of a location: what is not older than `cut`, the newest of each source, their chains."""
    newest = {source: max(at for at, one in kept if one == source) for _, source in kept}
    keys = {key for key in kept if key[0] >= cut or newest[key[1]] == key[0]}
    for key in list(keys):
        chain = told(kept, kept[key]).chain
        keys.update((at, key[1]) for at in chain)
        if chain and (chain[-1], key[1]) not in kept:  # its base is on its way, and what that rests on is not known
            keys.update(one for one in kept if one[1] == key[1])
    return {key: one for key, one in kept.items() if key in keys}
