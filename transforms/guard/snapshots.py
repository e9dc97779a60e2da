"""Snapshots: parts of complete snapshots in; their lines and what they leave out on to the books, or held, out."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.metrics.metric import Metrics
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

from schemas.encoding import pack, unpack
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import OutcomeCount, SnapshotPart
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.clocks import Clock, clock_at
from transforms.governed import FixedSource, Source
from transforms.governed_rules import Governed, governed
from transforms.guard.snapshot_rules import NOTHING, Guarded, dump_state, guard, load_state
from transforms.guard.whole_rules import Rules
from transforms.ledger.ownership_rules import owners_from

RECORDS, COUNTS = "records", "counts"


class GuardSnapshots(beam.PTransform[Any, Any]):
    """Let complete snapshots go on when all of each is there, and hold what would empty a location for a person.

    In:       `SnapshotPart`: `.snapshots` of `CanonicaliseMessages`.
    Out:      `.events`: `StockEvent`, the lines, and `SnapshotClosed`, one for each location, both for `KeepLedger`;
              `.records`: `Settlement`, `Alert`; `.counts`: `OutcomeCount`, of what is parked and what leaves again.
    State:    of each source: what is held or waits for more parts, and the rows of the last snapshot of each location.
    Rejects:  `snapshot_held` (parked), `snapshot_superseded`: `Rejection` among the records.
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
    """Unbounded: part by part; while something is held a timer looks whether it has been approved."""

    KEPT = ReadModifyWriteStateSpec("kept", BytesCoder())
    LOOK = TimerSpec("look", TimeDomain.REAL_TIME)

    def __init__(self, source: Source, clock: Clock, *, ticks: bool = True) -> None:
        """`ticks`: the clock moves, so timers are set; a timer on a pinned clock would fire for ever."""
        self.source = source
        self.clock = clock
        self.ticks = ticks

    def process(
        self,
        element: tuple[str, bytes],
        kept: Any = beam.DoFn.StateParam(KEPT),
        look: Any = beam.DoFn.TimerParam(LOOK),
    ) -> Iterator[Any]:
        yield from self._guard([SnapshotPart(*unpack(element[1]))], kept, look)

    @on_timer(LOOK)
    def fire(self, kept: Any = beam.DoFn.StateParam(KEPT), look: Any = beam.DoFn.TimerParam(LOOK)) -> Iterator[Any]:
        standing = self.source.standing().governed
        state = load_state(kept.read())
        if {key for _, key in standing.master.approvals} & state.pending.keys():
            yield from self._guard([], kept, look)
        elif state.pending:
            self._set_timer(look)

    def _guard(self, parts: list[SnapshotPart], kept: Any, look: Any) -> Iterator[Any]:
        rules = _rules(self.source.standing().governed)
        guarded = guard(load_state(kept.read()), parts, rules, self.clock(), is_all=False)
        kept.write(dump_state(guarded.state))
        if guarded.state.pending:
            self._set_timer(look)
        yield from _outputs(guarded)

    def _set_timer(self, look: Any) -> None:
        if self.source.refresh_seconds and self.ticks:
            look.set(Timestamp.from_utc_datetime(self.clock() + timedelta(seconds=self.source.refresh_seconds)))


def _rules(standing: Governed) -> Rules:
    limits = standing.policy.limits
    return Rules(
        owners_of=owners_from(standing.master),
        approvals=standing.master.approvals,
        zero_share_max=limits.snapshot_zero_share_max,
        move_share_max=limits.snapshot_move_share_max,
    )


def _outputs(guarded: Guarded) -> Iterator[Any]:
    Metrics.counter("guard", "rows_unchanged").inc(guarded.unchanged)
    Metrics.counter("guard", "rows_changed").inc(guarded.changed)
    yield from guarded.events
    yield from guarded.closed
    yield from (beam.pvalue.TaggedOutput(RECORDS, one) for one in guarded.records)
    yield from (beam.pvalue.TaggedOutput(COUNTS, one) for one in guarded.counts)
