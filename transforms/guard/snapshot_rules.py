"""Snapshot rules: the parts of complete snapshots of one source in; what goes on to the books, and what is held, out.

A broken feed cannot empty a warehouse. A complete snapshot goes on as a whole or not at all: not before every part and
line that it announces is there, not if its control total is another than the sum of its lines, and not if it would
empty or move more of a location than the policy says. What it moves is measured against the last snapshot of the same
source and location that went on. Of what goes on, rows that say what that one said stop here (`going_rules`).

    20:00  all of EAST, 500 positions   goes on: nothing was known before
    20:00  all of EAST, 480 positions   goes on: 4 percent are gone; only what changed reaches the ledger
    20:00  all of EAST, 12 positions    held: 97 percent would be gone; parked until approvals.csv names it
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from schemas.records import Alert, OutcomeCount, Rejection, Settlement, SnapshotClosed, SnapshotPart, StockEvent
from transforms.guard.again_rules import compare
from transforms.guard.going_rules import UNCHANGED, Going, let_go, next_basis
from transforms.guard.guard_state import Closed, Head, Pending, State, dump_tables
from transforms.guard.held_lines import HELD, rejection_of_line, settlement_of_line
from transforms.guard.part_lines import digest_of, events_of, part_id
from transforms.guard.table_rules import Table, entries_of
from transforms.guard.whole_rules import Rules, Whole

INCOMPLETE = "snapshot_incomplete"
SUPERSEDED = "snapshot_superseded"
TOO_LONG = "parked_too_long"
CONFLICT = "conflicting_duplicate"
PENDING_MAX = 20  # snapshots of one source that are held or wait for their other parts; the oldest leave first
ADDED_ROWS_MIN = 1_000  # below this a table is never written anew
CLOSED_MAX = 1_000  # snapshots that went on and whose lines may come again
DIGESTED_MAX = 20  # those of them of which it is known what each part said

Record = Rejection | Settlement | Alert


class Guarded(NamedTuple):
    """What some parts led to."""

    state: State
    lines: list[bytes]  # packed events that go on
    closed: list[SnapshotClosed]
    records: list[Record]
    counts: list[OutcomeCount]
    entries: list[bytes]  # to be added to those of the tables
    is_anew: bool  # or to be kept instead of them
    unchanged: int  # rows that say what the snapshot before said
    changed: int

    @property
    def events(self) -> list[StockEvent]:
        """What goes on, unpacked: a snapshot may have a million lines, so this is for few."""
        return list(events_of(self.lines))


def guard(state: State, arrived: Iterable[SnapshotPart], rules: Rules, now: datetime, *, is_all: bool) -> Guarded:
    """Take parts of one source in, and let go on what may. `is_all`: no more will come, so whoever waits is held.

    The tables of the state given are brought up to date in place.
    """
    run = _Run(state, rules, now, is_all=is_all)
    fresh: dict[str, list[SnapshotPart]] = {}
    for part in arrived:
        fresh.setdefault(part.transaction_key, []).append(part)
    parts = {key: [*state.parts.get(key, ()), *fresh.get(key, ())] for key in (*state.parts, *fresh)}
    for key, its in sorted(parts.items(), key=lambda pair: (pair[1][0].occurred_at, pair[0])):
        if key in state.head.closed:
            run.take_again(key, its)
        else:
            run.take(Whole(key, its, run.tables), fresh.get(key, []))
    run.drop_old()
    return run.result()


class _Run:
    """One call of `guard`."""

    def __init__(self, state: State, rules: Rules, now: datetime, *, is_all: bool) -> None:
        head = state.head
        self.head = Head({}, dict(head.basis), dict(head.closed))
        self.was_pending = head.pending
        self.parts: dict[str, list[SnapshotPart]] = {}
        self.tables = dict(state.tables)
        self.rules, self.now, self.is_all = rules, now, is_all
        self.lines: list[bytes] = []
        self.closed: list[SnapshotClosed] = []
        self.records: list[Record] = []
        self.counts: dict[tuple[str, str, str], int] = {}
        self.entries: list[bytes] = []
        self.unchanged = self.changed = 0

    def take(self, whole: Whole, fresh: list[SnapshotPart]) -> None:
        """One snapshot as far as it is there: it goes on, or is parked."""
        approved = (whole.first.source, whole.key) in self.rules.approvals
        why = "" if approved else self._objection(whole)
        if why:
            self._park(whole, fresh, why)
            return
        going = let_go(whole, self.head.basis, self.rules, approved=approved)
        self._unpark(whole)
        self.lines += going.lines
        self._count(whole.first.source, "compared", UNCHANGED, going.unchanged)
        if going.closed:
            self._close(whole, going)
        else:
            advice = "so nothing that it leaves out is taken as gone; mend them and send it again whole"
            self._alert(
                INCOMPLETE, whole, f"{_named(whole)}: {whole.refused} lines were refused, {advice}", whole.refused
            )

    def take_again(self, key: str, parts: list[SnapshotPart]) -> None:
        """More of a snapshot that went on: the ledger knows its lines, or the guard what they said."""
        closed = self.head.closed[key]
        for part in parts:
            if closed.is_whole:
                self.lines += part.lines
                continue
            again = compare(part, key, closed, self.head.basis, self.tables)
            self._count(part.source, "duplicate", "", again.same)
            message = f"complete snapshot {key} of {part.source} went on without this line; send it under a new name"
            self._refuse([part._replace(lines=again.other)], key, CONFLICT, message)

    def _objection(self, whole: Whole) -> str:
        found = (whole.moves(place, self.rules) for place in whole.locations)
        return whole.lacks() or whole.contradicts() or next(filter(None, found), "")

    def _park(self, whole: Whole, fresh: list[SnapshotPart], why: str) -> None:
        key, was = whole.key, self.was_pending.get(whole.key)
        waits = bool(whole.lacks()) and not self.is_all and not self._is_passed_by(whole)
        since = was.since if was else self.now
        is_held = not waits or bool(was and was.is_held) or since + self.rules.wait <= self.now
        if is_held and not (was and was.is_held):
            since = self.now
        pending = Pending(whole.first.occurred_at, since, is_held)
        for part in whole.parts:
            pending = pending.with_part(part)
        self.head.pending[key], self.parts[key] = pending, whole.parts
        self._count(whole.first.source, "parked", HELD, sum(len(part.lines) for part in fresh))
        if not is_held:
            return
        message = f"{_named(whole)}: {why}"
        for line in events_of(line for part in (fresh if was and was.is_held else whole.parts) for line in part.lines):
            self.records.append(rejection_of_line(line, message, key))
            self.records.append(settlement_of_line(line, "", self.now))
        if fresh or not whole.lacks() or not (was and was.is_held):
            advice = f"; send it again whole, or let it through: {whole.first.source},{key} in approvals.csv"
            self._alert(HELD, whole, message + advice, whole.line_count or 1)

    def _is_passed_by(self, whole: Whole) -> bool:
        return any(basis.occurred_at > whole.first.occurred_at for basis in self.head.basis.values())

    def _unpark(self, whole: Whole) -> None:
        was = self.was_pending.get(whole.key)
        if was is None:
            return
        self._count(whole.first.source, "parked", HELD, -was.parked_lines)
        if was.is_held:
            held = (part for part in whole.parts if part_id(part) in was.sizes)
            lines = events_of(line for part in held for line in part.lines)
            self.records += [settlement_of_line(line, "released", self.now) for line in lines]
            self._alert(HELD, whole, f"complete snapshot {whole.key} went on", 0)

    def _close(self, whole: Whole, going: Going) -> None:
        self.unchanged += going.unchanged
        self.changed += whole.line_count - going.unchanged
        self.closed += going.closed
        for location in whole.locations:
            basis, rows = next_basis(whole, location, going, self.head.basis.get(location), self.tables)
            self.head.basis[location] = basis
            self.entries += entries_of(location, basis.number, rows)
        digests = () if going.is_whole else tuple(digest_of(part) for part in whole.parts)
        self.head.closed[whole.key] = Closed(whole.first.occurred_at, going.is_whole, digests)
        by_time = sorted(self.head.closed, key=lambda key: (self.head.closed[key].occurred_at, key))
        for key in by_time[: max(0, len(by_time) - CLOSED_MAX)]:
            del self.head.closed[key]
        for key in by_time[:-DIGESTED_MAX]:
            if key in self.head.closed:
                self.head.closed[key] = self.head.closed[key]._replace(digests=())

    def drop_old(self) -> None:
        """Keep what is pending within its limits."""
        pending = self.head.pending
        in_time = sorted(pending, key=lambda key: (pending[key].occurred_at, key))
        for key in in_time:
            if pending[key].is_held and pending[key].ends_at(self.rules) <= self.now and not self.is_all:
                self._drop(key, TOO_LONG, f"complete snapshot {key} was let through by nobody for {self.rules.held}")
        for key in [key for key in in_time if key in pending][: max(0, len(pending) - PENDING_MAX)]:
            self._drop(key, SUPERSEDED, f"complete snapshot {key} waited while {PENDING_MAX} newer ones came")

    def _drop(self, key: str, reason: str, message: str) -> None:
        del self.head.pending[key]
        parts = self.parts.pop(key)
        self._count(parts[0].source, "parked", HELD, -sum(len(part.lines) for part in parts))
        self._refuse(parts, key, reason, message)

    def _refuse(self, parts: list[SnapshotPart], key: str, reason: str, message: str) -> None:
        for line in events_of(line for part in parts for line in part.lines):
            self._count(line.source, "dead_letter", reason, 1)
            self.records.append(settlement_of_line(line, "dead_letter", self.now))
            refused = rejection_of_line(line, message, key)
            self.records.append(refused._replace(outcome="dead_letter", reason=reason, missing_key=""))

    def _count(self, source: str, outcome: str, reason: str, number: int) -> None:
        key = (source, outcome, reason)
        self.counts[key] = self.counts.get(key, 0) + number

    def _alert(self, kind: str, whole: Whole, message: str, lines: int) -> None:
        version = int(self.now.timestamp() * 1_000_000)
        place = ",".join(whole.locations)
        self.records.append(
            Alert(kind, "", place, message, Decimal(lines), whole.key, whole.first.correlation_id, version)
        )

    def result(self) -> Guarded:
        counts = [OutcomeCount(source, "event", how, why, n) for (source, how, why), n in self.counts.items() if n]
        is_anew = self._renew_tables()
        state = State(self.head, self.parts, self.tables)
        return Guarded(
            state,
            self.lines,
            self.closed,
            self.records,
            counts,
            self.entries,
            is_anew,
            self.unchanged,
            self.changed,
        )

    def _renew_tables(self) -> bool:
        """Once what was added to the tables is more than they are, write them anew."""
        added = sum(basis.added_rows for basis in self.head.basis.values())
        if added <= max(ADDED_ROWS_MIN, sum(len(table.quantities) for table in self.tables.values())):
            return False
        self.tables = {location: Table(table.rows()) for location, table in self.tables.items()}
        self.head.basis.update({at: one._replace(number=0, added_rows=0) for at, one in self.head.basis.items()})
        self.entries = dump_tables(self.tables)
        return True


def _named(whole: Whole) -> str:
    return f"complete snapshot {whole.key} of {whole.first.source}"
