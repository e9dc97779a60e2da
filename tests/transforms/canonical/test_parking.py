"""The keyed stage around the parking rules: state, timer, and bundles that fail."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from schemas.encoding import pack
from schemas.records import OutcomeCount, Rejection, Settlement, StockEvent
from tests.agreement import POLICY
from tests.fake_state import Bag, Timer, Value
from tests.transforms.canonical.parked import MASTER, WITH_NORTH, refused
from tests.transforms.canonical.reported import NOON
from transforms.canonical.parking import ParkUnknown, _ParkFn
from transforms.clocks import utc_now
from transforms.governed import FixedSource, Standing
from transforms.governed_rules import governed


class LotState(NamedTuple):
    lot: Bag
    tally: Value
    look: Timer

    def commit(self) -> None:
        for state in self:
            state.committed = state.current

    def roll_back(self) -> None:
        for state in self:
            state.current = state.committed


class Stage:
    """One lot on a worker; its clock, and the master data it finds, are the test's."""

    refresh_seconds = 30.0

    def __init__(self) -> None:
        self.state = LotState(Bag(), Value(), Timer())
        self.master = MASTER
        self.now = NOON
        self.fn = _ParkFn(self, self._clock, ticks=True)

    def standing(self) -> Standing:
        return Standing(governed(self.master, POLICY), {})

    def _clock(self) -> datetime:
        return self.now

    def take(self, *rejections: Rejection, commit: bool = True) -> list[Any]:
        return self._end(self.fn.process((0, pack(list(rejections))), *self.state), commit=commit)

    def tick(self, *, commit: bool = True) -> list[Any]:
        return self._end(self.fn.fire(*self.state), commit=commit)

    def _end(self, outputs: Any, *, commit: bool) -> list[Any]:
        made = [getattr(one, "value", one) for one in outputs]
        if commit:
            self.state.commit()
        else:
            self.state.roll_back()
        return made

    def due_in(self) -> float | None:
        at = self.state.look.current
        return None if at is None else at.micros / 1_000_000 - self.now.timestamp()


def released(outputs: list[Any]) -> list[str]:
    return [one.transaction_key for one in outputs if isinstance(one, StockEvent)]


def test_an_event_is_released_within_one_refresh_after_the_mapping_arrives() -> None:
    stage = Stage()
    assert released(stage.take(refused())) == []
    assert stage.due_in() == 30
    stage.master, stage.now = WITH_NORTH, NOON + timedelta(seconds=30)
    assert released(stage.tick()) == ["K1"]
    assert stage.due_in() is None
    assert released(stage.tick()) == []


def test_an_event_that_comes_later_releases_those_that_wait() -> None:
    stage = Stage()
    stage.take(refused())
    stage.master = WITH_NORTH
    assert released(stage.take(refused(location_code="SOUTH", transaction_key="K2"))) == ["K1"]
    assert stage.due_in() == 30


def test_a_release_that_failed_is_done_again_and_counted_once() -> None:
    stage = Stage()
    stage.take(refused())
    stage.master = WITH_NORTH
    assert released(stage.tick(commit=False)) == ["K1"]
    again = stage.tick()
    assert released(again) == ["K1"]
    assert [one.total for one in again if isinstance(one, OutcomeCount)] == [-1]
    assert stage.tick() == []


def test_an_admission_that_failed_leaves_nothing_behind() -> None:
    stage = Stage()
    stage.take(refused(), commit=False)
    stage.take(refused())
    stage.master = WITH_NORTH
    assert released(stage.tick()) == ["K1"]


def test_the_timer_ends_a_wait_that_is_too_long() -> None:
    stage = Stage()
    stage.take(refused())
    stage.now = NOON + timedelta(hours=72)
    dead = [one.reason for one in stage.tick() if isinstance(one, Rejection)]
    assert dead == ["parked_too_long"]


def test_the_last_look_is_at_the_end_of_the_wait_and_not_after_it() -> None:
    stage = Stage()
    stage.take(refused())
    stage.now = NOON + timedelta(hours=71, minutes=59, seconds=50)
    stage.tick()
    assert stage.due_in() == 10


def test_what_is_no_parked_event_is_left_alone() -> None:
    dead = refused()._replace(outcome="dead_letter")
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        source = FixedSource(governed(WITH_NORTH, POLICY))
        parked = pipeline | beam.Create([refused(), dead]) | ParkUnknown(source)
        assert_that(parked.events | beam.Map(lambda one: one.location), equal_to(["NORTH"]), label="Events")
        kinds = parked.records | beam.Map(lambda one: (type(one).__name__, one.settled_as))
        assert_that(kinds, equal_to([(Settlement.__name__, ""), (Settlement.__name__, "released")]), label="Records")
        assert_that(parked.counts | beam.Map(lambda one: one.total), equal_to([-1]), label="Counts")


def test_the_clock_on_the_wall_is_in_utc() -> None:
    assert str(utc_now().tzinfo) == "UTC"
