"""Parking: events that name what master data does not know yet in, the same events out once it does."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from schemas.encoding import pack, unpack
from schemas.records import OutcomeCount, Rejection, StockEvent
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.canonical.parking_rules import (
    Limits,
    Moved,
    Tally,
    admit,
    check_by,
    dump_lot,
    is_due,
    load_lot,
    look_again,
)
from transforms.clocks import Clock, utc_now
from transforms.governed import Source

LOTS = 8  # keys of the stage; what waits for one thing is in one lot
GROUP_EVENTS_MAX = 1_000

RECORDS, COUNTS = "records", "counts"


class ParkUnknown(beam.PTransform[Any, Any]):
    """Keep events that name an unknown item, location, unit, channel or listing until master data knows it.

    In:       `Rejection` with outcome parked, the event itself as payload: `.waiting` of `CanonicaliseMessages`, or the
              rejections of `CheckAgainstMaster`; others are left alone.
    Out:      `.events`: `StockEvent`, released within one refresh after the last missing key arrived;
              `.records`: `Settlement` of each, open or closed; `.counts`: `OutcomeCount`, less parked when one leaves.
    State:    what waits, at most `PARKED_PER_LOT_MAX` events in each of `LOTS` lots, and a tally of it.
    Rejects:  `parked_too_long` after the policy's `parked_hours`, `parking_full`, and what the check says of an event
              once all it names is known: `Rejection` among the records.
    """

    def __init__(self, source: Source, clock: Clock = utc_now) -> None:
        super().__init__()
        self.source = source
        self.clock = clock

    def expand(self, rejections: Any) -> Any:
        fn = beam.ParDo(_ParkFn(self.source, self.clock, ticks=not rejections.is_bounded))
        hinted = fn.with_output_types(StockEvent, records=Any, counts=OutcomeCount)
        return (
            rejections
            | "ByLot" >> beam.ParDo(_ByLotFn()).with_output_types(tuple[int, bytes])
            | "Park" >> hinted.with_outputs(RECORDS, COUNTS, main="events")
        )


class _ByLotFn(beam.DoFn):
    """The rejections of a bundle in one element for each lot."""

    def __init__(self) -> None:
        self.start_bundle()

    def start_bundle(self) -> None:
        self.groups: dict[int, list[Rejection]] = {}
        self.at = MIN_TIMESTAMP

    def process(self, one: Rejection, timestamp: Any = beam.DoFn.TimestampParam) -> Iterable[tuple[int, bytes]]:
        if one.outcome != "parked":
            return
        self.at = timestamp
        lot = crc32(one.missing_key.encode()) % LOTS
        group = self.groups.setdefault(lot, [])
        group.append(one)
        if len(group) >= GROUP_EVENTS_MAX:
            yield lot, pack(self.groups.pop(lot))

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for lot, group in self.groups.items():
            yield WindowedValue((lot, pack(group)), self.at, (GlobalWindow(),))


class _ParkFn(beam.DoFn):
    """One lot: a bag of what waits, a tally so that it is read only when there is a reason, and a timer to look."""

    LOT = BagStateSpec("lot", BytesCoder())
    TALLY = ReadModifyWriteStateSpec("tally", BytesCoder())
    LOOK = TimerSpec("look", TimeDomain.REAL_TIME)

    def __init__(self, source: Source, clock: Clock, *, ticks: bool) -> None:
        """`ticks`: the input does not end, so timers are set."""
        self.source = source
        self.clock = clock
        self.ticks = ticks

    def process(
        self,
        element: tuple[int, bytes],
        lot: Any = beam.DoFn.StateParam(LOT),
        tally: Any = beam.DoFn.StateParam(TALLY),
        look: Any = beam.DoFn.TimerParam(LOOK),
    ) -> Iterator[Any]:
        now = self.clock()
        arrived = [Rejection(*row) for row in unpack(element[1])]
        version, rules, limits = self._rules()
        known = _read(tally)
        moved = admit(arrived, known, rules, limits, now)
        if moved.kept:
            lot.add(dump_lot(moved.kept))
        yield from _outputs(moved)
        if is_due(moved.tally, version, limits, now):
            moved = look_again(load_lot(lot.read()), rules, limits, now)
            _replace(lot, moved)
            yield from _outputs(moved)
        tally.write(pack(moved.tally))
        self._set_timer(moved.tally, limits, now, look)

    @on_timer(LOOK)
    def fire(
        self,
        lot: Any = beam.DoFn.StateParam(LOT),
        tally: Any = beam.DoFn.StateParam(TALLY),
        look: Any = beam.DoFn.TimerParam(LOOK),
    ) -> Iterator[Any]:
        now = self.clock()
        version, rules, limits = self._rules()
        known = _read(tally)
        if is_due(known, version, limits, now):
            moved = look_again(load_lot(lot.read()), rules, limits, now)
            _replace(lot, moved)
            known = moved.tally
            tally.write(pack(known))
            yield from _outputs(moved)
        self._set_timer(known, limits, now, look)

    def _rules(self) -> tuple[str, tuple[str, Any], Limits]:
        governed = self.source.standing().governed
        limits = Limits(timedelta(hours=governed.policy.limits.parked_hours))
        return governed.version, (governed.version, check_by(governed)), limits

    def _set_timer(self, tally: Tally, limits: Limits, now: datetime, look: Any) -> None:
        if tally.oldest_at is None or not self.ticks:
            look.clear()
            return
        at = tally.oldest_at + limits.parked_max
        if self.source.refresh_seconds:
            at = min(at, now + timedelta(seconds=self.source.refresh_seconds))
        look.set(Timestamp.from_utc_datetime(at))


def _read(tally: Any) -> Tally:
    written = tally.read()
    return Tally(*unpack(written)) if written else Tally()


def _replace(lot: Any, moved: Moved) -> None:
    lot.clear()
    for at in range(0, len(moved.kept), GROUP_EVENTS_MAX):
        lot.add(dump_lot(moved.kept[at : at + GROUP_EVENTS_MAX]))


def _outputs(moved: Moved) -> Iterator[Any]:
    yield from moved.events
    yield from (beam.pvalue.TaggedOutput(RECORDS, one) for one in moved.records)
    yield from (beam.pvalue.TaggedOutput(COUNTS, one) for one in moved.counts)
