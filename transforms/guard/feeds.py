"""Feeds: which sources were heard, and when, in; now and then a notice for the books out, and alerts of silent ones."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.utils.timestamp import Timestamp

from schemas.encoding import pack, unpack
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import SourceHeard
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.clocks import Clock, clock_at
from transforms.governed import FixedSource, Source
from transforms.governed_rules import Governed, governed
from transforms.guard.feed_rules import Heard, State, dump_state, hear, is_named, load_state
from transforms.ledger.hearing_rules import Watched, watched
from transforms.ledger.ownership_rules import owners_from

RECORDS = "records"


class WatchFeeds(beam.PTransform[Any, Any]):
    """Tell the ledger when watched sources were heard, and people when one has fallen silent.

    In:       `SourceHeard`: `.heard` of `CanonicaliseMessages`.
    Out:      `.heard`: `SourceHeard` for `KeepLedger`, of watched sources, a few in the time that one may be silent;
              `.records`: `Alert` of kind `silent_source`, once when it begins and once when it ends; the same
              `SourceHeard` for the views, of a run that ends those of all sources.
    State:    of each watched source: its newest message, the last notice, the alerts that stand.
    Rejects:  nothing.
    """

    def __init__(
        self, master: MasterData, policy: Policy, as_of: datetime | None = None, source: Source | None = None
    ) -> None:
        """`source`: where a newer policy comes from while a stream runs."""
        super().__init__()
        self.source = source or FixedSource(governed(master, policy))
        self.clock = clock_at(as_of)
        self.ticks = as_of is None

    def expand(self, heard: Any) -> Any:
        keyed = heard | "BySource" >> beam.Map(_by_source).with_output_types(tuple[str, bytes])
        if heard.is_bounded:
            keyed |= "AllOfSource" >> beam.GroupByKey()
            step = beam.ParDo(_WatchAllFn(self.source, self.clock))
        else:
            step = beam.ParDo(_WatchFn(self.source, self.clock, ticks=self.ticks))
        hinted = step.with_output_types(SourceHeard, records=Any)
        return keyed | "Watch" >> hinted.with_outputs(RECORDS, main="heard")


def _by_source(heard: SourceHeard) -> tuple[str, bytes]:
    return heard.source, pack(heard.received_at)


class _WatchAllFn(beam.DoFn):
    """Bounded: the newest message of a source."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self.source = source
        self.clock = clock

    def process(self, element: tuple[str, Iterable[bytes]]) -> Iterator[Any]:
        source, times = element
        standing, now = self.source.standing().governed, self.clock()
        newest = max(map(unpack, times))
        if is_named(source, standing.policy):
            yield from _outputs(hear(State(), source, newest, _feeds(standing, now), now, is_last=True))
        else:
            yield beam.pvalue.TaggedOutput(RECORDS, SourceHeard(source, newest))


class _WatchFn(beam.DoFn):
    """Unbounded: message by message; a timer for what waits to be told, and for silence."""

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
        source, received_at = element
        yield from self._hear(source, unpack(received_at), kept, look)

    @on_timer(LOOK)
    def fire(
        self,
        source: Any = beam.DoFn.KeyParam,
        kept: Any = beam.DoFn.StateParam(KEPT),
        look: Any = beam.DoFn.TimerParam(LOOK),
    ) -> Iterator[Any]:
        yield from self._hear(source, None, kept, look)

    def _hear(self, source: str, received_at: datetime | None, kept: Any, look: Any) -> Iterator[Any]:
        standing, now = self.source.standing().governed, self.clock()
        if not is_named(source, standing.policy):
            return
        feeds = _feeds(standing, now)
        heard = hear(load_state(kept.read()), source, received_at, feeds, now, is_last=not self.ticks)
        kept.write(dump_state(heard.state))
        if heard.look_at is not None and self.ticks:
            look.set(Timestamp.from_utc_datetime(heard.look_at))
        yield from _outputs(heard)


def _feeds(standing: Governed, now: datetime) -> Watched:
    return watched(standing.policy.at(now), standing.master.locations, owners_from(standing.master), now)


def _outputs(heard: Heard) -> Iterator[Any]:
    yield from heard.notices
    yield from (beam.pvalue.TaggedOutput(RECORDS, one) for one in (*heard.notices, *heard.alerts))
