"""Position rules: what is on hand at one place, from movements and counts that arrive in any order.

A *cell* is one item at one location, lot and disposition. It keeps the movements and the counts of the retained history
in order of time. A count says that Q was there as of T; it includes every movement up to T. A movement belongs to the
first count that includes it, and moves only that count's difference; a movement that belongs to no count moves on hand.

    09:00 receive 10        on hand 10
    12:00 count 8           on hand 8, difference -2
    11:00 ship 3, arrives late: it belongs to the count of 12:00
                            on hand 8, difference +1 (10 - 3 were expected)
    13:00 ship 1            on hand 7

The common case, a movement later than every count, costs one addition and one append.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from operator import attrgetter, itemgetter
from typing import NamedTuple

from transforms.ledger.unknown_rules import Unknown, standing, without_old

ZERO = Decimal(0)
CARRIED = "carried"  # the kind of a count that a snapshot makes by saying that nothing changed

_MOVE_AT = itemgetter(0)
_COUNT_AT = attrgetter("occurred_at")


class Move(NamedTuple):
    """One movement into (positive) or out of (negative) a cell."""

    occurred_at: datetime
    quantity: Decimal
    source: str
    sequence: int | None


class Count:
    """One count or snapshot of a cell, with the difference it made. Compared by when it was true."""

    __slots__ = ("difference", "key", "kind", "occurred_at", "quantity", "received_at", "sequence", "source")

    def __init__(
        self,
        *,
        occurred_at: datetime,
        quantity: Decimal,
        source: str,
        sequence: int | None,
        received_at: datetime,
        key: str,
        kind: str,
    ) -> None:
        self.occurred_at = occurred_at
        self.quantity = quantity
        self.source = source
        self.sequence = sequence
        self.received_at = received_at
        self.key = key
        self.kind = kind
        self.difference = ZERO

    @property
    def order(self) -> tuple[datetime, int, datetime, str]:
        """What decides which of two counts is the later one."""
        sequence = -1 if self.sequence is None else self.sequence
        return (self.occurred_at, sequence, self.received_at, self.key)

    def includes(self, move: Move) -> bool:
        """Whether the movement had happened when this count was taken."""
        if move.occurred_at != self.occurred_at:
            return move.occurred_at < self.occurred_at
        ordered = move.sequence is not None and self.sequence is not None and move.source == self.source
        return not (ordered and move.sequence > self.sequence)  # type: ignore[operator]


class Cell:
    """On hand at one place, with the history that later arrivals may still disturb."""

    __slots__ = (
        "changed_by",
        "counts",
        "folded_differences",
        "has_opening",
        "knows_snapshots",
        "moves",
        "opening",
        "quantity",
        "unknowns",
    )

    def __init__(self) -> None:
        self.quantity = ZERO  # on hand
        self.changed_by: tuple[datetime, str] | None = None  # receipt and key of the newest received event
        self.opening = ZERO  # on hand before the retained history
        self.has_opening = False  # whether anything was folded into the opening
        self.folded_differences = ZERO  # differences of counts that were folded away
        self.knows_snapshots = False  # whether the complete snapshots of its location were applied
        self.moves: list[Move] = []  # by occurred_at
        self.counts: list[Count] = []  # by Count.order
        self.unknowns: list[Unknown] = []  # in the same order

    def note_change(self, received_at: datetime, transaction_key: str) -> None:
        """Keep the newest received of the events that touched this place."""
        stamp = (received_at, transaction_key)
        if self.changed_by is None or stamp > self.changed_by:
            self.changed_by = stamp

    def unknown(self) -> Unknown | None:
        """Since which word of its owner it is not known how much there is; None: the last word was a figure."""
        if not self.unknowns:
            return None
        return standing(self.unknowns, self.counts[-1].order if self.counts else None)

    def add_move(self, move: Move) -> Count | None:
        """Enter a movement; returns the count whose difference it changed, if it belongs to one."""
        if not self.moves or self.moves[-1].occurred_at <= move.occurred_at:
            self.moves.append(move)
        else:
            insort(self.moves, move, key=_MOVE_AT)
        return self._shift(move, move.quantity)

    def remove_move(self, move: Move) -> Count | None:
        """Take a movement out again; the reverse of `add_move`."""
        self.moves.pop(self._index_of(move))
        return self._shift(move, -move.quantity)

    def _index_of(self, move: Move) -> int:
        at = bisect_left(self.moves, move.occurred_at, key=_MOVE_AT)
        while self.moves[at] != move:
            at += 1
        return at

    def _shift(self, move: Move, quantity: Decimal) -> Count | None:
        count = self._owner_of(move)
        if count is None:
            self.quantity += quantity
        else:
            count.difference -= quantity
        return count

    def _owner_of(self, move: Move) -> Count | None:
        counts = self.counts
        if not counts or counts[-1].occurred_at < move.occurred_at:
            return None
        for count in counts[bisect_left(counts, move.occurred_at, key=_COUNT_AT) :]:
            if count.includes(move):
                return count
        return None

    def add_count(self, count: Count) -> Iterator[Count]:
        """Enter a count; yields every count whose difference changed, itself first."""
        at = bisect_right(self.counts, count.order, key=attrgetter("order"))
        self.counts.insert(at, count)
        if self._shares_its_time(at):
            self.recount()
            return iter(self.counts)
        expected = self.counts[at - 1].quantity if at else self.opening
        count.difference = count.quantity - expected - self._moved_until(at)
        if at + 1 == len(self.counts):
            self.quantity += count.difference
            return iter((count,))
        self.counts[at + 1].difference -= count.difference
        return iter((count, self.counts[at + 1]))

    def _shares_its_time(self, at: int) -> bool:
        occurred_at = self.counts[at].occurred_at
        neighbours = self.counts[max(0, at - 1) : at] + self.counts[at + 1 : at + 2]
        return any(other.occurred_at == occurred_at for other in neighbours)

    def _moved_until(self, at: int) -> Decimal:
        """The movements that belong to the count at this index: those that none of an earlier time includes."""
        count = self.counts[at]
        before_at = self.counts[at - 1].occurred_at if at else None
        # of several counts of one time any may include a movement of that time
        before = self.counts[bisect_left(self.counts, before_at, key=_COUNT_AT) : at] if before_at else []
        start = bisect_left(self.moves, before_at, key=_MOVE_AT) if before_at else 0
        end = bisect_right(self.moves, count.occurred_at, key=_MOVE_AT)
        total = ZERO
        for move in self.moves[start:end]:
            if count.includes(move) and not any(other.includes(move) for other in before):
                total += move.quantity
        return total

    def remove_count(self, key: str) -> None:
        """Take a count out again."""
        self.counts = [count for count in self.counts if count.key != key]
        self.recount()

    def recount(self) -> None:
        """Work out every difference and on hand from the whole retained history."""
        for count in self.counts:
            count.difference = ZERO
        free = ZERO
        for move in self.moves:
            owner = self._owner_of(move)
            if owner is None:
                free += move.quantity
            else:
                owner.difference -= move.quantity
        previous = self.opening
        for count in self.counts:
            count.difference += count.quantity - previous
            previous = count.quantity
        self.quantity = previous + free

    def quantity_as_of(self, at: datetime) -> Decimal:
        """On hand at a moment of the retained history, movements and counts of that moment included."""
        counts = self.counts[: bisect_right(self.counts, at, key=_COUNT_AT)]
        last = counts[-1] if counts else None
        total = last.quantity if last else self.opening
        start = bisect_left(self.moves, last.occurred_at, key=_MOVE_AT) if last else 0
        for move in self.moves[start : bisect_right(self.moves, at, key=_MOVE_AT)]:
            if last is None or not any(count.includes(move) for count in reversed(counts)):
                total += move.quantity
        return total

    def is_opening(self, count: Count) -> bool:
        """Whether a count only says what was there to begin with: it is the first and nothing came before it."""
        if self.has_opening or self.counts[0] is not count:
            return False
        end = bisect_right(self.moves, count.occurred_at, key=_MOVE_AT)
        return not any(count.includes(move) for move in self.moves[:end])

    def differences(self) -> Decimal:
        """The sum that counts have put into this cell from the account count_difference."""
        return sum((count.difference for count in self.counts), self.folded_differences)

    def forget_before(self, cut: datetime) -> None:
        """Fold history older than `cut` into the opening quantity; on hand does not change."""
        old_counts = bisect_left(self.counts, cut, key=_COUNT_AT)
        old_moves = bisect_left(self.moves, cut, key=_MOVE_AT)
        if self.unknowns:
            last_old = self.counts[old_counts - 1].order if old_counts else None
            self.unknowns = without_old(self.unknowns, last_old, cut)
        if not old_counts and not old_moves:
            return
        folded, self.counts = self.counts[:old_counts], self.counts[old_counts:]
        gone, self.moves = self.moves[:old_moves], self.moves[old_moves:]
        last = folded[-1].quantity if folded else self.opening
        free = (move.quantity for move in gone if not any(count.includes(move) for count in reversed(folded)))
        self.opening = sum(free, last)
        self.folded_differences += sum((count.difference for count in folded), ZERO)
        self.has_opening = True
