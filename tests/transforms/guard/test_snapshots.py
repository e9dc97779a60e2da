"""The stage around the guard's rules: bounded input at once; a stream part by part, with a timer while one waits."""

from datetime import datetime
from typing import Any

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.utils.timestamp import Timestamp

from schemas.encoding import pack
from schemas.master_data import MasterData
from schemas.records import Alert, OutcomeCount, SnapshotClosed, SnapshotPart, StockEvent
from tests.agreement import POLICY
from tests.builders import hour
from tests.fake_state import Bag, Timer, Value
from tests.schemas.small_company import company
from tests.transforms.guard.full import LIST, part
from transforms.clocks import utc_now
from transforms.governed import Standing
from transforms.governed_rules import governed
from transforms.guard.snapshots import GuardSnapshots, _GuardFn

OWNED = [{"location": "EAST", "facts": "on_hand", "source": "wms"}]
NEXT = "wms:stock:L2"


def master(*approved: str) -> MasterData:
    rows = [{"source": "wms", "snapshot": key, "by": "dana", "at": "2026-03-03T08:00:00Z"} for key in approved]
    return company(ownership=OWNED, approvals=rows)


def test_a_run_that_ends_takes_all_parts_of_a_source_at_once() -> None:
    pages = [part(5, part="1", parts_announced=2), part(7, first=1, part="2", parts_announced=2)]
    cut_off = part(1, key=NEXT, at=2, lines_announced=9)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        parts = pipeline | beam.Create([pages[1], cut_off, pages[0]])
        guarded = parts | GuardSnapshots(master(), POLICY, as_of=hour(24))
        shown = guarded.events | beam.Map(lambda one: getattr(one, "item", "closed"))
        assert_that(shown, equal_to(["SKU-0", "SKU-1", "closed"]))
        held = OutcomeCount("wms", "event", "parked", "snapshot_held", 1)
        assert_that(guarded.counts, equal_to([held]), label="counts")


class Stage:
    """One source on a worker; its clock and the master data it finds are the test's."""

    refresh_seconds = 30.0

    def __init__(self) -> None:
        self.cells, self.look = (Value(), Bag(), Bag()), Timer()
        self.master = master()
        self.now = hour(24)
        self.fn = _GuardFn(self, self._now)

    def standing(self) -> Standing:
        return Standing(governed(self.master, POLICY), {})

    def _now(self) -> datetime:
        return self.now

    def take(self, one: SnapshotPart) -> list[Any]:
        return [getattr(out, "value", out) for out in self.fn.process(("wms", pack(one)), *self.cells, self.look)]

    def tick(self) -> list[Any]:
        return [getattr(out, "value", out) for out in self.fn.fire(*self.cells, self.look)]


def test_in_a_stream_what_is_held_goes_on_once_it_is_approved() -> None:
    stage = Stage()
    assert [one for one in stage.take(part(5, 5, 5, 5)) if isinstance(one, SnapshotClosed)]
    assert stage.look.current is None
    assert not [one for one in stage.take(part(5, at=9, key=NEXT)) if isinstance(one, SnapshotClosed)]
    assert stage.look.current is not None
    assert stage.tick() == []
    stage.master = master(NEXT)
    closed = [one for one in stage.tick() if isinstance(one, SnapshotClosed)]
    assert [(one.transaction_key, one.location) for one in closed] == [(f"{NEXT}@EAST", "EAST")]
    assert stage.tick() == []


def test_the_clock_is_the_one_on_the_wall_in_utc() -> None:
    assert utc_now().utcoffset() is not None
    assert LIST.startswith("wms:")


def test_a_pinned_clock_sets_no_timer_that_would_fire_for_ever() -> None:
    stage = Stage()
    stage.fn = _GuardFn(stage, stage._now, ticks=False)
    stage.take(part(5, 5, 5, 5))
    stage.take(part(5, at=9, key=NEXT))
    assert stage.look.current is None


def test_the_rest_that_never_comes_is_asked_for_by_the_clock() -> None:
    stage = Stage()
    stage.refresh_seconds = 0.0
    pages = [part(5, first=n, part=str(n), parts_announced=4) for n in range(3)]
    for page in pages:
        parked = [one for one in stage.take(page) if isinstance(one, OutcomeCount)]
        assert parked == [OutcomeCount("wms", "event", "parked", "snapshot_held", 1)]
    assert stage.look.current == Timestamp.from_utc_datetime(hour(26))
    assert stage.tick() == []
    stage.now = hour(26)
    assert [one.kind for one in stage.tick() if isinstance(one, Alert)] == ["snapshot_held"]
    assert stage.look.current == Timestamp.from_utc_datetime(hour(26 + 72))


def test_in_a_stream_only_what_changed_goes_on() -> None:
    stage = Stage()
    stage.take(part(5, 5, 5, 5))
    went_on = stage.take(part(5, 5, 5, 4, at=9, key=NEXT))
    assert [one.item for one in went_on if isinstance(one, StockEvent)] == ["SKU-3"]
    assert [one for one in went_on if isinstance(one, OutcomeCount)] == [
        OutcomeCount("wms", "event", "compared", "unchanged", 3)
    ]
