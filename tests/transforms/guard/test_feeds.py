"""The stage around the rules of feeds: bounded input at once; a stream message by message, with a timer for silence."""

from datetime import datetime
from typing import Any

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from schemas.encoding import pack
from schemas.records import Alert, SourceHeard
from tests.builders import hour
from tests.fake_state import Timer, Value
from tests.ledgers import MASTER
from tests.transforms.offers.offered import rules as offer_rules
from transforms.governed import FixedSource
from transforms.governed_rules import governed
from transforms.guard.feeds import WatchFeeds, _WatchFn

POLICY = offer_rules(MASTER, feeds=[{"source": "wms", "silent_after_minutes": 60, "locations": ["EAST"]}]).policy


def test_a_run_that_ends_knows_the_newest_message_and_who_is_silent_by_then() -> None:
    messages = [SourceHeard(source, hour(at)) for source, at in (("wms", 8), ("wms", 10), ("wms", 9), ("shop", 23))]
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        heard = pipeline | beam.Create(messages) | WatchFeeds(MASTER, POLICY, as_of=hour(24))
        assert_that(heard.heard, equal_to([SourceHeard("wms", hour(10))]))
        shown = heard.records | beam.Map(lambda one: one[:2] if type(one) is SourceHeard else (one.kind, one.location))
        expected = [("silent_source", "EAST/wms"), ("wms", hour(10)), ("shop", hour(23))]
        assert_that(shown, equal_to(expected), label="records")


class Stage:
    """One source on a worker; the clock is the test's."""

    def __init__(self, *, ticks: bool = True) -> None:
        self.kept, self.look = Value(), Timer()
        self.now = hour(8)
        self.fn = _WatchFn(FixedSource(governed(MASTER, POLICY)), self._now, ticks=ticks)

    def _now(self) -> datetime:
        return self.now

    def take(self, at: float, source: str = "wms") -> list[Any]:
        self.now = hour(at)
        outputs = self.fn.process((source, pack(hour(at))), self.kept, self.look)
        return [getattr(out, "value", out) for out in outputs]

    def tick(self, at: float) -> list[Any]:
        self.now = hour(at)
        return [getattr(out, "value", out) for out in self.fn.fire("wms", self.kept, self.look)]


def test_in_a_stream_a_timer_notices_that_nobody_speaks() -> None:
    stage = Stage()
    assert stage.take(8) == [SourceHeard("wms", hour(8))] * 2, "one for the books, one for the views"
    assert stage.look.current is not None
    (alert,) = stage.tick(9)
    assert isinstance(alert, Alert)
    assert (alert.kind, alert.location, alert.quantity) == ("silent_source", "EAST/wms", 1)
    assert stage.tick(9.5) == []
    *notices, ended = stage.take(10)
    assert notices == [SourceHeard("wms", hour(10))] * 2
    assert ended.quantity == 0


def test_a_source_that_nobody_watches_costs_nothing() -> None:
    stage = Stage()
    assert stage.take(8, source="shop") == []
    assert (stage.kept.read(), stage.look.current) == (None, None)


def test_a_pinned_clock_sets_no_timer_and_nothing_waits_for_one() -> None:
    stage = Stage(ticks=False)
    assert [len(stage.take(at)) for at in (8, 8.001, 8.002)] == [2, 2, 2]
    assert stage.look.current is None
