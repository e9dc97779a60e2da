"""Snapshots: parts of complete snapshots in; their lines and what they leave out on to the books, or held, out."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.metrics.metric import Metrics
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

from schemas.encoding import pack, unpack
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import OutcomeCount, SnapshotPart
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.clocks import Clock, clock_at
from transforms.governed import FixedSource, Source
from transforms.governed_rules import Governed, governed
from transforms.guard.guard_state import (
    NOTHING,
    Head,
    State,
    due_at,
    dump_head,
    dump_part,
    load_head,
    load_parts,
    waiting,
)
from transforms.guard.held_lines import HELD
from transforms.guard.part_lines import events_of
from transforms.guard.snapshot_rules import Guarded, guard
from transforms.guard.table_rules import tables_of
from transforms.guard.whole_rules import Rules
from transforms.ledger.ownership_rules import owners_from

RECORDS, COUNTS = "records", "counts"


class GuardSnapshots(beam.PTransform[Any, Any]):
    """Let complete snapshots go on when all of each is there, and hold what would empty a location for a person.

    In:       `SnapshotPart`: `.snapshots` of `CanonicaliseMessages`.
    Out:      `.events`: `StockEvent`, the lines that changed, and `SnapshotClosed`, one for each location, both for
              `KeepLedger`; `.records`: `Settlement`, `Alert`; `.counts`: `OutcomeCount`, of rows that stop here,
              of what is parked and of what leaves again.
    State:    of each source: what is held or waits for more parts, and the rows of the last snapshot of each location.
    Rejects:  `snapshot_held` (parked), `snapshot_superseded`, `parked_too_long`, `conflicting_duplicate`: `Rejection`
              among the records.
    """

    def __init__(
        self, master: MasterData, policy: Policy, as_of: datetime | None = None, source: Source | None = None
    ) -> None:
        """`source`: where newer approvals come from while a stream runs."""
        super().__init__()
        self.source = source or FixedSource(governed(master, policy))
        self.clock = clock_at(as_of)
        self.ticks = as_of is None

    def expand(self, parts: Any) -> Any:
        keyed = parts | "BySource" >> beam.Map(_by_source).with_output_types(tuple[str, bytes])
        if parts.is_bounded:
            keyed |= "AllOfSource" >> beam.GroupByKey()
            step = beam.ParDo(_GuardAllFn(self.source, self.clock))
        else:
            step = beam.ParDo(_GuardFn(self.source, self.clock, ticks=self.ticks))
        hinted = step.with_output_types(Any, records=Any, counts=OutcomeCount)
        return keyed | "Guard" >> hinted.with_outputs(RECORDS, COUNTS, main="events")


def _by_source(part: SnapshotPart) -> tuple[str, bytes]:
    return part.source, pack(part)


class _Kept(NamedTuple):
    """The three pieces of state of one source."""

    head: Any
    parts: Any
    tables: Any


class _GuardAllFn(beam.DoFn):
    """Bounded: all parts of a source at once."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self.source = source
        self.clock = clock

    def process(self, element: tuple[str, Iterable[bytes]]) -> Iterator[Any]:
        parts = [SnapshotPart(*unpack(one)) for one in element[1]]
        rules = _rules(self.source.standing().governed)
        yield from _outputs(guard(NOTHING, parts, rules, self.clock(), is_all=True))


class _GuardFn(beam.DoFn):
    """Unbounded: part by part; while something is pending a timer looks whether it is approved, or has waited long."""

    HEAD = ReadModifyWriteStateSpec("head", BytesCoder())
    PARTS = BagStateSpec("parts", BytesCoder())
    TABLES = BagStateSpec("tables", BytesCoder())
    LOOK = TimerSpec("look", TimeDomain.REAL_TIME)

    def __init__(self, source: Source, clock: Clock, *, ticks: bool = True) -> None:
        """`ticks`: the clock moves, so timers are set; a timer on a pinned clock would fire for ever."""
        self.source = source
        self.clock = clock
        self.ticks = ticks

    def process(
        self,
        element: tuple[str, bytes],
        head: Any = beam.DoFn.StateParam(HEAD),
        parts: Any = beam.DoFn.StateParam(PARTS),
        tables: Any = beam.DoFn.StateParam(TABLES),
        look: Any = beam.DoFn.TimerParam(LOOK),
    ) -> Iterator[Any]:
        part = SnapshotPart(*unpack(element[1]))
        rules = _rules(self.source.standing().governed)
        kept = load_head(head.read())
        waits = waiting(kept, part, rules)
        if waits is None:
            yield from self._guard(_Kept(head, parts, tables), kept, [part], rules, look)
            return
        head.write(dump_head(waits))
        parts.add(dump_part(part))
        yield beam.pvalue.TaggedOutput(COUNTS, OutcomeCount(part.source, "event", "parked", HELD, len(part.lines)))

    @on_timer(LOOK)
    def fire(
        self,
        head: Any = beam.DoFn.StateParam(HEAD),
        parts: Any = beam.DoFn.StateParam(PARTS),
        tables: Any = beam.DoFn.StateParam(TABLES),
        look: Any = beam.DoFn.TimerParam(LOOK),
    ) -> Iterator[Any]:
        rules = _rules(self.source.standing().governed)
        kept = load_head(head.read())
        due = due_at(kept, rules)
        approved = {key for _, key in rules.approvals} & kept.pending.keys()
        if approved or (due is not None and due <= self.clock()):
            yield from self._guard(_Kept(head, parts, tables), kept, [], rules, look)
        else:
            self._set_timer(look, due)

    def _guard(self, cells: _Kept, kept: Head, arrived: list[SnapshotPart], rules: Rules, look: Any) -> Iterator[Any]:
        state = State(kept, load_parts(cells.parts.read()), tables_of(cells.tables.read()))
        guarded = guard(state, arrived, rules, self.clock(), is_all=False)
        cells.head.write(dump_head(guarded.state.head))
        cells.parts.clear()
        for part in (part for parts in guarded.state.parts.values() for part in parts):
            cells.parts.add(dump_part(part))
        if guarded.is_anew:
            cells.tables.clear()
        for entry in guarded.entries:
            cells.tables.add(entry)
        self._set_timer(look, due_at(guarded.state.head, rules))
        yield from _outputs(guarded)

    def _set_timer(self, look: Any, due: datetime | None) -> None:
        if due is None or not self.ticks:
            return
        refresh = self.source.refresh_seconds
        at = min(due, self.clock() + timedelta(seconds=refresh)) if refresh else due
        look.set(Timestamp.from_utc_datetime(at))


def _rules(standing: Governed) -> Rules:
    limits = standing.policy.limits
    return Rules(
        owners_of=owners_from(standing.master),
        approvals=standing.master.approvals,
        zero_share_max=limits.snapshot_zero_share_max,
        move_share_max=limits.snapshot_move_share_max,
        history=standing.policy.history,
        wait=timedelta(minutes=limits.snapshot_wait_minutes),
        held=timedelta(hours=limits.parked_hours),
    )


def _outputs(guarded: Guarded) -> Iterator[Any]:
    Metrics.counter("guard", "rows_unchanged").inc(guarded.unchanged)
    Metrics.counter("guard", "rows_changed").inc(guarded.changed)
    yield from events_of(guarded.lines)
    yield from guarded.closed
    yield from (beam.pvalue.TaggedOutput(RECORDS, one) for one in guarded.records)
    yield from (beam.pvalue.TaggedOutput(COUNTS, one) for one in guarded.counts)
