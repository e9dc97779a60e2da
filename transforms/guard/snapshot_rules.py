"""Snapshot rules: the parts of complete snapshots of one source in; what goes on to the books, and what is held, out.

A broken feed cannot empty a warehouse. A complete snapshot goes on as a whole or not at all: not before every part and
line that it announces is there, not if its control total is another than the sum of its lines, and not if it would
empty or move more of a location than the policy says. What it moves is measured against the last snapshot of the same
source and location that went on.

    20:00  all of EAST, 500 positions   goes on: nothing was known before
    20:00  all of EAST, 480 positions   goes on: 4 percent are gone
    20:00  all of EAST, 12 positions    held: 97 percent would be gone; parked until approvals.csv names it
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from schemas.encoding import pack, to_json, unpack
from schemas.records import Alert, OutcomeCount, Rejection, Settlement, SnapshotClosed, SnapshotPart, StockEvent
from transforms.guard.whole_rules import Basis, Rules, Whole
from transforms.rejections import Why, of_event

STAGE = "guard"
HELD = "snapshot_held"
SUPERSEDED = "snapshot_superseded"
PENDING_MAX = 20  # snapshots of one source that are held or wait for their other parts; the oldest leave first
CLOSED_MAX = 1_000  # snapshots that went on and whose lines may come again


class State(NamedTuple):
    """What is kept of one source."""

    pending: dict[str, list[SnapshotPart]]  # by snapshot; all of it is parked
    basis: dict[str, Basis]  # by location
    closed: dict[str, datetime]  # snapshots that went on


class Guarded(NamedTuple):
    """What some parts led to."""

    state: State
    events: list[StockEvent]
    closed: list[SnapshotClosed]
    records: list[Rejection | Settlement | Alert]
    counts: list[OutcomeCount]
    unchanged: int  # rows that say what the snapshot before said
    changed: int


NOTHING = State({}, {}, {})


def guard(state: State, arrived: Iterable[SnapshotPart], rules: Rules, now: datetime, *, is_all: bool) -> Guarded:
    """Take parts of one source in, and let go on what may. `is_all`: no more will come, so whoever waits is held."""
    run = _Run(state, rules, now)
    fresh: dict[str, list[SnapshotPart]] = {}
    for part in arrived:
        fresh.setdefault(part.transaction_key, []).append(part)
    parts = {key: [*state.pending.get(key, ()), *fresh.get(key, ())] for key in (*state.pending, *fresh)}
    for key, its in sorted(parts.items(), key=lambda pair: (pair[1][0].occurred_at, pair[0])):
        run.take(Whole(key, its), fresh.get(key, []), is_all=is_all)
    run.drop_oldest()
    return run.result()


def dump_state(state: State) -> bytes:
    """What is kept, as bytes."""
    basis = [(place, at, name, list(rows.items())) for place, (at, name, rows) in state.basis.items()]
    return pack([list(state.pending.items()), basis, state.closed])


def load_state(data: bytes | None) -> State:
    """The reverse of `dump_state`; nothing of nothing."""
    if not data:
        return NOTHING
    pending, basis, closed = unpack(data)
    return State(
        {key: [SnapshotPart(*part) for part in parts] for key, parts in pending},
        {place: Basis(at, name, dict(rows)) for place, at, name, rows in basis},
        closed,
    )


class _Run:
    """One call of `guard`."""

    def __init__(self, state: State, rules: Rules, now: datetime) -> None:
        self.state = State({}, dict(state.basis), dict(state.closed))
        self.was_pending = state.pending
        self.rules, self.now = rules, now
        self.events: list[StockEvent] = []
        self.closed: list[SnapshotClosed] = []
        self.records: list[Rejection | Settlement | Alert] = []
        self.counts: dict[tuple[str, str, str], int] = {}
        self.unchanged = self.changed = 0

    def take(self, whole: Whole, fresh: list[SnapshotPart], *, is_all: bool) -> None:
        approved = (whole.first.source, whole.key) in self.rules.approvals
        why = "" if approved or whole.key in self.state.closed else self._objection(whole)
        if why:
            waits = bool(whole.lacks()) and not is_all and not self._is_passed_by(whole)
            self._park(whole, fresh, why, waits=waits)
            return
        self._release(whole)
        if whole.key not in self.state.closed and not (whole.refused and not approved):
            self._close(whole)

    def _objection(self, whole: Whole) -> str:
        found = (whole.moves(place, self.state.basis.get(place), self.rules) for place in whole.locations)
        return whole.lacks() or whole.contradicts() or next(filter(None, found), "")

    def _is_passed_by(self, whole: Whole) -> bool:
        return any(basis.occurred_at > whole.first.occurred_at for basis in self.state.basis.values())

    def _park(self, whole: Whole, fresh: list[SnapshotPart], why: str, *, waits: bool) -> None:
        self.state.pending[whole.key] = whole.parts
        message = f"complete snapshot {whole.key} of {whole.first.source}: {why}"
        for line in _lines(fresh):
            self._count(line.source, "parked", HELD, 1)
            self.records.append(_held(line, message, whole.key))
            self.records.append(_settlement(line, "", self.now))
        if not waits and (fresh or not whole.lacks()):
            advice = f"; send it again whole, or let it through: {whole.first.source},{whole.key} in approvals.csv"
            self._alert(HELD, whole, message + advice, len(whole.lines) or 1)

    def _release(self, whole: Whole) -> None:
        parked = self.was_pending.get(whole.key, [])
        for line in _lines(parked):
            self._count(line.source, "parked", HELD, -1)
            self.records.append(_settlement(line, "released", self.now))
        self.events += whole.deliveries
        if parked:
            self._alert(HELD, whole, f"complete snapshot {whole.key} went on", 0)

    def _close(self, whole: Whole) -> None:
        for location in whole.locations:
            self._compare(whole, location)
            first = whole.first
            key = f"{whole.key}@{location}"
            received_at = min(part.received_at for part in whole.parts)
            self.closed.append(
                SnapshotClosed(
                    key, first.source, location, first.occurred_at, received_at, first.message_id, first.correlation_id
                )
            )
        self.state.closed[whole.key] = whole.first.occurred_at
        while len(self.state.closed) > CLOSED_MAX:
            del self.state.closed[min(self.state.closed, key=lambda key: (self.state.closed[key], key))]

    def _compare(self, whole: Whole, location: str) -> None:
        rows, basis = whole.rows(location), self.state.basis.get(location)
        known = basis.rows if basis else {}
        same = sum(known.get(spot) == quantity for spot, quantity in rows.items())
        self.unchanged += same
        self.changed += len(rows) - same
        if basis is None or basis.occurred_at <= whole.first.occurred_at:
            self.state.basis[location] = Basis(whole.first.occurred_at, whole.key, rows)

    def drop_oldest(self) -> None:
        """Keep what is pending within its limit."""
        pending = self.state.pending
        for key in sorted(pending, key=lambda key: (pending[key][0].occurred_at, key))[
            : max(0, len(pending) - PENDING_MAX)
        ]:
            for line in _lines(pending.pop(key)):
                self._count(line.source, "parked", HELD, -1)
                self._count(line.source, "dead_letter", SUPERSEDED, 1)
                self.records.append(_settlement(line, "dead_letter", self.now))
                message = f"complete snapshot {key} waited while {PENDING_MAX} newer ones came"
                self.records.append(
                    _held(line, message, key)._replace(outcome="dead_letter", reason=SUPERSEDED, missing_key="")
                )

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
        return Guarded(self.state, self.events, self.closed, self.records, counts, self.unchanged, self.changed)


def _lines(parts: Iterable[SnapshotPart]) -> Iterator[StockEvent]:
    return (StockEvent.from_row(unpack(line)) for part in parts for line in part.lines)


def _held(line: StockEvent, message: str, snapshot: str) -> Rejection:
    why = Why(STAGE, HELD, message, "parked", f"snapshot:{line.source}:{snapshot}")
    return of_event(line, why, "stock_event", to_json(line).encode())


def _settlement(line: StockEvent, settled_as: str, now: datetime) -> Settlement:
    version = int(now.timestamp() * 1_000_000)
    return Settlement(line.message_id, line.event_index, HELD, settled_as, now, version)
