"""Keeping: groups of events in, everything that changed because of them out; the one keyed stage of the flow.

Bounded input is grouped and each shard is folded once, in order of time. Unbounded input meets keyed state, a journal
and timers. Both call the same `Shard`.
"""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import (
    BagStateSpec,
    ReadModifyWriteStateSpec,
    TimerSpec,
    on_timer,
)
from apache_beam.utils.timestamp import Timestamp

from schemas.encoding import unpack
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import OutcomeCount
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.clocks import Clock, clock_at, utc_now
from transforms.collector import put_off_collection
from transforms.governed import FixedSource, Source
from transforms.governed_rules import Governed, governed
from transforms.ledger.grouping import SHARDS, Group, GroupByShard
from transforms.ledger.live_shards import TOKEN_BYTES, Live, LiveShards, fold_state, restore
from transforms.ledger.shard_rules import Fold, Shard

COUNTS = "counts"  # the tag of `OutcomeCount`


class KeepLedger(beam.PTransform[Any, Any]):
    """Post every event once and bring positions, claims, decisions and channel figures up to date.

    In:       `StockEvent`, valid, kits exploded, in any order, with duplicates; or several collections of them.
    Out:      `.records`: `PositionRow`, `ClaimRow`, `InboundRow`, `AvailabilityRow`, `ChannelUpdate`, `StockSignal`,
              `PromiseRow`, `Decision`, `Preemption`, `Discrepancy`, `Alert`, as they change;
              `.counts`: `OutcomeCount`, how every event ended.
    State:    the books of each shard for `history_days`: snapshot, journal, token with the version of the rules.
    Rejects:  `conflicting_duplicate`, `older_than_horizon`: `Rejection` among the records.
    Source:   double-entry bookkeeping; DESIGN names the counter-accounts.
    """

    def __init__(
        self,
        master: MasterData,
        policy: Policy,
        as_of: datetime | None = None,
        shards: int = SHARDS,
        source: Source | None = None,
        *,
        tells_postings: bool = False,
    ) -> None:
        """`as_of` pins the clock, for a run over a day that is past; without it the wall clock counts.

        `source`: where newer master data and policy come from while a stream runs; bounded input needs none.
        `tells_postings`: `PartnerPosting` for each posted event that partners book too.
        """
        super().__init__()
        self.source = source
        self.master = master
        self.policy = policy
        self.as_of = as_of
        self.shards = shards
        self.tells_postings = tells_postings

    def expand(self, events: Any) -> Any:
        is_bounded = all(part.is_bounded for part in (events if isinstance(events, tuple) else (events,)))
        source = None if is_bounded else self.source
        groups = events | "GroupByShard" >> GroupByShard(self.master, self.shards, source)
        clock = clock_at(self.as_of)
        if not is_bounded:
            fn = _FoldStateFn(self.master, self.policy, clock, ticks=not self.as_of, source=source)
            fn.tells_postings = self.tells_postings
            return groups | "FoldState" >> _with_outputs(fn)
        grouped = groups | "GroupAll" >> beam.GroupByKey()
        fold_all = _FoldAllFn(self.master, self.policy, clock, tells_postings=self.tells_postings)
        return grouped | "FoldAll" >> _with_outputs(fold_all)


def _with_outputs(fn: beam.DoFn) -> Any:
    return beam.ParDo(fn).with_output_types(Any, counts=OutcomeCount).with_outputs(COUNTS, main="records")


def _outputs(fold: Fold) -> Iterator[Any]:
    yield from fold.records
    for count in fold.counts:
        yield beam.pvalue.TaggedOutput(COUNTS, count)


class _FoldAllFn(beam.DoFn):
    """Bounded: all events of a shard at once."""

    def __init__(self, master: MasterData, policy: Policy, clock: Clock, *, tells_postings: bool = False) -> None:
        self.tells_postings = tells_postings
        self.master = master
        self.policy = policy
        self.clock = clock

    def setup(self) -> None:
        put_off_collection()

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[Any]:
        _, groups = element
        shard = Shard(self.master, self.policy, tells_postings=self.tells_postings)
        return _outputs(shard.fold((event for group in groups for event in unpack(group)), self.clock()))


class _FoldStateFn(beam.DoFn):
    """Unbounded: one group at a time into keyed state, with a timer for what only the clock changes."""

    SNAPSHOT = ReadModifyWriteStateSpec("snapshot", BytesCoder())
    JOURNAL = BagStateSpec("journal", BytesCoder())
    TOKEN = ReadModifyWriteStateSpec("token", BytesCoder())
    DUE = TimerSpec("due", TimeDomain.REAL_TIME)
    tells_postings = False

    def __init__(
        self,
        master: MasterData,
        policy: Policy,
        clock: Clock = utc_now,
        *,
        ticks: bool = True,
        source: Source | None = None,
    ) -> None:
        """`ticks`: the clock moves, so timers are set; a timer on a pinned clock would fire for ever."""
        self.source = source or FixedSource(governed(master, policy))
        self.clock = clock
        self.ticks = ticks

    def setup(self) -> None:
        put_off_collection()
        self.live = LiveShards()
        self.standing = self.source.standing()
        self._obey(self.standing.governed)

    def process(
        self,
        element: Group,
        snapshot: Any = beam.DoFn.StateParam(SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        token: Any = beam.DoFn.StateParam(TOKEN),
        due: Any = beam.DoFn.TimerParam(DUE),
    ) -> Iterator[Any]:
        key, packed = element
        now = self.clock()
        events = unpack(packed)
        live = self._open(key, snapshot, journal, token)
        renewed = self._renew(live, now, snapshot, journal)
        fold = live.shard.fold(events, now)
        self._close(key, live, live.entry(now, events, fold.records), snapshot, journal, token)
        self._set_timer(live, now, due)
        yield from renewed
        yield from _outputs(fold)

    @on_timer(DUE)
    def fire(
        self,
        key: Any = beam.DoFn.KeyParam,
        snapshot: Any = beam.DoFn.StateParam(SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        token: Any = beam.DoFn.StateParam(TOKEN),
        due: Any = beam.DoFn.TimerParam(DUE),
    ) -> Iterator[Any]:
        now = self.clock()
        live = self._open(key, snapshot, journal, token)
        records = self._renew(live, now, snapshot, journal)
        at = live.shard.due_at()
        if records or (at is not None and at <= now):
            records += live.shard.advance(now)
            self._close(key, live, live.entry(now, None), snapshot, journal, token)
        else:  # only a look at the rules: nothing to keep
            self.live.keep(key, live, live.token)
        self._set_timer(live, now, due)
        yield from records

    def _open(self, key: int, snapshot: Any, journal: Any, token: Any) -> Live:
        standing = self.source.standing()
        if standing.governed is not self.standing.governed:
            self._obey(standing.governed)
        self.standing = standing
        stamp = token.read()
        live = self.live.current(key, stamp)
        # while it is being changed nobody may find it: if this bundle fails, memory is ahead of state
        self.live.drop(key)
        if live is None:
            version = stamp[TOKEN_BYTES:].decode() if stamp else standing.governed.version
            same_rules = version == standing.governed.version
            live = restore(self.make_shard, snapshot.read(), journal.read(), same_rules=same_rules)
            live.version, live.token = version, stamp or b""
        return live

    def _obey(self, rules: Governed) -> None:
        self.make_shard = partial(Shard, rules.master, rules.policy, tells_postings=self.tells_postings)

    def _renew(self, live: Live, now: datetime, snapshot: Any, journal: Any) -> list[Any]:
        """Take over rules that are new to these books; a new snapshot ends the journal of the old ones."""
        records: list[Any] = []
        standing = self.standing
        if live.version != standing.governed.version:
            snapshots = live.shard.snapshots
            live.shard = self.make_shard(live.shard.books)
            live.shard.snapshots = snapshots
            records = live.shard.renew(now)
            live.version = standing.governed.version
            snapshot.write(fold_state(live))
            journal.clear()
        if standing.alert is not None and standing.alert.version > live.alert_version:
            live.alert_version = standing.alert.version
            records += [standing.alert, *standing.rejections]
        return records

    def _close(self, key: int, live: Live, entry: bytes, snapshot: Any, journal: Any, token: Any) -> None:
        if live.wants_folding():
            live.shard.forget()
            snapshot.write(fold_state(live))
            journal.clear()
        else:
            journal.add(entry)
        fresh = secrets.token_bytes(TOKEN_BYTES) + live.version.encode()
        token.write(fresh)
        self.live.keep(key, live, fresh)

    def _set_timer(self, live: Live, now: datetime, due: Any) -> None:
        at = live.shard.due_at()
        if self.source.refresh_seconds:  # so that a shard without traffic sees new rules as soon as one with it
            look_at = now + timedelta(seconds=self.source.refresh_seconds)
            at = look_at if at is None else min(at, look_at)
        if at is not None and self.ticks:
            due.set(Timestamp.from_utc_datetime(at))
        else:
            due.clear()
