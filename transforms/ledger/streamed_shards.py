"""Streamed shards: one group of events at a time in, what changed because of it out; for unbounded input.

Keyed state, a journal and a timer stand behind every shard: `live_shards` says how, docs/host.md why.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
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
from apache_beam.utils.shared import Shared
from apache_beam.utils.timestamp import Timestamp

from schemas.encoding import unpack
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from transforms.clocks import Clock, utc_now
from transforms.collector import put_off_collection
from transforms.governed import FixedSource, Source
from transforms.governed_rules import Governed, governed
from transforms.ledger.books_files import KEEP_SECONDS, Handoff, Start
from transforms.ledger.grouping import Group
from transforms.ledger.hearing_rules import Hearing
from transforms.ledger.live_shards import TOKEN_BYTES, Live, LiveShards, fold_state, restore
from transforms.ledger.retelling_rules import Retelling, floor_at
from transforms.ledger.shard_rules import Shard
from transforms.ledger.snapshot_rules import Snapshots
from transforms.ledger.telling import ANSWERS
from transforms.ledger.whole_shards import outputs_of
from transforms.round_trips import commit_together

ANSWERED = "answered"  # the tag of answers, where they leave apart
TAKEN_OVER = "taken over"  # no version of rules: whatever the rules are, they are new to these books


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
        self.shared = Shared()
        self.source = source or FixedSource(governed(master, policy))
        self.clock = clock
        self.ticks = ticks
        # whether a crash takes state back to a checkpoint; answers then leave by a tag of theirs
        self.goes_back = False
        self.handoff = Handoff()
        self.kept_at: dict[int, datetime] = {}
        self.shard_of_key: Mapping[int, int] = {}  # where keys are other numbers than those of the shards

    def hand_over(self, handoff: Handoff, start_of: Callable[[int], Start]) -> None:
        """Take books from the deployment before, keep them for the next."""
        self.handoff = handoff
        self.start_of = start_of

    def setup(self) -> None:
        put_off_collection()
        commit_together()
        self.live = self.shared.acquire(LiveShards)
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
        live = self._open(key, now, snapshot, journal, token)
        renewed = self._renew(live, now, snapshot, journal)
        fold = live.shard.fold(events, now)
        self._close(key, live, live.entry(now, events, fold.records), snapshot, journal, token)
        self._keep(key, live, now)
        self._set_timer(live, now, due)
        yield from self._leaving(chain(renewed, outputs_of(fold)))

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
        live = self._open(key, now, snapshot, journal, token)
        records = self._renew(live, now, snapshot, journal)
        at = live.shard.due_at()
        if records or (at is not None and at <= now):
            records += live.shard.advance(now)
            self._close(key, live, live.entry(now, None), snapshot, journal, token)
        else:  # only a look at the rules: nothing to keep
            self.live.keep(key, live, live.token)
        self._keep(key, live, now)
        self._set_timer(live, now, due)
        yield from self._leaving(records)

    def _leaving(self, outputs: Iterable[Any]) -> Iterator[Any]:
        if not self.goes_back:
            yield from outputs
            return
        for one in outputs:
            yield beam.pvalue.TaggedOutput(ANSWERED, one) if isinstance(one, ANSWERS) else one

    def _open(self, key: int, now: datetime, snapshot: Any, journal: Any, token: Any) -> Live:
        standing = self.source.standing()
        if standing.governed is not self.standing.governed:
            self._obey(standing.governed)
        self.standing = standing
        stamp = token.read()
        live: Live | None = self.live.take(key, stamp)
        if live is None:
            version = stamp[TOKEN_BYTES:].decode() if stamp else standing.governed.version
            same_rules = version == standing.governed.version
            live = restore(self.make_shard, snapshot.read(), journal.read(), same_rules=same_rules)
            live.version, live.token = version, stamp or b""
            if not stamp and self.handoff.take_from:
                start = self.start_of(self.shard_of_key.get(key, key))
                live.shard, live.version = self.make_shard(start.books), TAKEN_OVER
                live.shard.snapshots, live.shard.hearing = Snapshots(start.snapshots), Hearing(start.heard)
            if self.goes_back:
                live.shard.retelling = Retelling(live.shard.books, floor_at(now if self.ticks else utc_now()))
        return live

    def _obey(self, rules: Governed) -> None:
        self.make_shard = partial(Shard, rules.master, rules.policy, tells_postings=self.tells_postings)

    def _renew(self, live: Live, now: datetime, snapshot: Any, journal: Any) -> list[Any]:
        """Take over rules that are new to these books; a new snapshot ends the journal of the old ones."""
        records: list[Any] = []
        standing = self.standing
        if live.version != standing.governed.version:
            before = live.shard
            live.shard = self.make_shard(before.books)
            live.shard.snapshots, live.shard.hearing = before.snapshots, before.hearing
            live.shard.retelling = before.retelling
            records = live.shard.renew(now)
            live.version = standing.governed.version
            snapshot.write(fold_state(live))
            journal.clear()
        if standing.alert is not None and standing.alert.version > live.alert_version:
            live.alert_version = standing.alert.version
            records += [standing.alert, *standing.rejections]
        return records

    def _close(self, key: int, live: Live, entry: bytes, snapshot: Any, journal: Any, token: Any) -> None:
        live.is_kept = False
        if live.wants_folding():
            live.shard.forget()
            snapshot.write(fold_state(live))
            journal.clear()
        else:
            journal.add(entry)
        fresh = secrets.token_bytes(TOKEN_BYTES) + live.version.encode()
        token.write(fresh)
        live.token = fresh
        self.live.keep(key, live, fresh)

    def _keep(self, key: int, live: Live, now: datetime) -> None:
        kept_at = self.kept_at.get(key) if self.ticks else None  # a clock that stands still makes nothing due
        if not live.is_kept and self.handoff.is_due(kept_at, now):
            self.handoff.keep(self.shard_of_key.get(key, key), live.shard, now)
            self.kept_at[key] = now
            live.is_kept = True

    def _set_timer(self, live: Live, now: datetime, due: Any) -> None:
        at = live.shard.due_at()
        if self.source.refresh_seconds:  # so that a shard without traffic sees new rules as soon as one with it
            look_at = now + timedelta(seconds=self.source.refresh_seconds)
            at = look_at if at is None else min(at, look_at)
        if self.handoff.keep_in and not live.is_kept:
            keep_at = now + timedelta(seconds=KEEP_SECONDS)
            at = keep_at if at is None else min(at, keep_at)
        if at is not None and self.ticks:
            due.set(Timestamp.from_utc_datetime(at))
        else:
            due.clear()
