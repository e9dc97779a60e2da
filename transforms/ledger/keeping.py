"""Keeping: groups of events in, everything that changed because of them out; the one keyed stage of the flow.

Bounded input is grouped and each shard is folded once, in order of time (`whole_shards`). Unbounded input meets keyed
state, a journal and timers (`streamed_shards`). Both call the same `Shard`.
"""

from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import apache_beam as beam

from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.clocks import clock_at
from transforms.governed import Source
from transforms.key_groups import as_varint, spread_numbers
from transforms.ledger.books_files import Handoff
from transforms.ledger.grouping import SHARDS, GroupByShard
from transforms.ledger.keys import FindReusedKeys, taken_over
from transforms.ledger.shard_rules import Shard
from transforms.ledger.streamed_shards import ANSWERED, _FoldStateFn
from transforms.ledger.telling import TellAnswers
from transforms.ledger.whole_shards import all_shards, fold_all, with_outputs


class Kept(NamedTuple):
    """What leaves the ledger."""

    records: Any
    counts: Any


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
        tells_when_kept: bool = False,
        handoff: Handoff = Handoff(),
    ) -> None:
        """`as_of` pins the clock, for a run over a day that is past; without it the wall clock counts.

        `source`: where newer master data and policy come from while a stream runs; bounded input needs none.
        `tells_postings`: `PartnerPosting` for each posted event that partners book too.
        `tells_when_kept`: of a stream, answers wait until a checkpoint holds them (`telling`); a runner that never
        finalizes a bundle would hold them for ever.
        `handoff`: where the books come from, and where they are kept for the next deployment.
        """
        super().__init__()
        self.source = source
        self.master = master
        self.policy = policy
        self.as_of = as_of
        self.shards = shards
        self.tells_postings = tells_postings
        self.tells_when_kept = tells_when_kept
        self.handoff = handoff

    def expand(self, events: Any) -> Any:
        parts = known = events if isinstance(events, tuple) else (events,)
        is_bounded = all(part.is_bounded for part in parts)
        source = None if is_bounded else self.source
        if self.handoff.take_from:
            known = (*parts, parts[0].pipeline | "TakenOver" >> taken_over(self.handoff.take_from))
        reused = known | "FindReusedKeys" >> FindReusedKeys(self.policy.history)
        groups = (*parts, reused) | "GroupByShard" >> GroupByShard(
            self.master, self.shards, source, squeezed=is_bounded
        )
        clock = clock_at(self.as_of)
        if self.handoff.take_from:  # a shard without messages tells what it took over, too
            groups = (
                groups,
                parts[0].pipeline | "AllShards" >> all_shards(self.shards, squeezed=is_bounded),
            ) | "WithAll" >> beam.Flatten()
        start_of = partial(self.handoff.start_of, master=self.master, shards=self.shards)
        if not is_bounded:
            fn = _FoldStateFn(self.master, self.policy, clock, ticks=not self.as_of, source=source)
            fn.tells_postings = self.tells_postings
            fn.hand_over(self.handoff, start_of)
            return self._on_state(self._spread(groups, fn), fn)
        make = partial(Shard, self.master, self.policy, tells_postings=self.tells_postings)
        whole = groups | "GroupAll" >> beam.GroupByKey()
        return whole | "FoldAll" >> with_outputs(fold_all(make, clock, self.handoff, start_of))

    def _spread(self, groups: Any, fn: _FoldStateFn) -> Any:
        """Few shards under keys that lie evenly with the workers of Flink; with many it makes no difference."""
        if self.shards >= SHARDS:
            return groups
        keys = spread_numbers(self.shards, as_varint)
        fn.shard_of_key = {key: shard for shard, key in enumerate(keys)}
        step = beam.MapTuple(lambda shard, packed: (keys[shard], packed))
        return groups | "Spread" >> step.with_output_types(tuple[int, bytes])

    def _on_state(self, groups: Any, fn: _FoldStateFn) -> Any:
        if not self.tells_when_kept:
            return groups | self._fold_label() >> with_outputs(fn)
        fn.goes_back = True
        kept = groups | self._fold_label() >> with_outputs(fn, ANSWERED)
        told = kept[ANSWERED] | "TellAnswers" >> TellAnswers()
        return Kept((kept.records, told) | "WithAnswers" >> beam.Flatten(), kept.counts)

    def _fold_label(self) -> str:
        """Another number of shards puts the books of an item into another cell: a runner must not find the old ones."""
        if self.shards < SHARDS:
            return f"FoldSpread{self.shards}"  # under other keys than their numbers
        return "FoldState" if self.shards == SHARDS else f"FoldState{self.shards}"
