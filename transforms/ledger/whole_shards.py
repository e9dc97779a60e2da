"""Whole shards: all events of a shard at once in, everything that changed because of them out; for bounded input."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam

from schemas.encoding import pack, squeeze, unpack, unsqueeze
from schemas.records import OutcomeCount
from transforms.clocks import Clock
from transforms.collector import put_off_collection
from transforms.ledger.books_files import Handoff, Start
from transforms.ledger.hearing_rules import Hearing
from transforms.ledger.item_ledger import Books
from transforms.ledger.shard_rules import Fold, Shard
from transforms.ledger.snapshot_rules import Snapshots

COUNTS = "counts"  # the tag of `OutcomeCount`


def with_outputs(fn: beam.DoFn, *more: str) -> Any:
    """The stage with its two outputs, records and counts, and more that stand apart."""
    hinted = beam.ParDo(fn).with_output_types(Any, counts=OutcomeCount, **dict.fromkeys(more, Any))
    return hinted.with_outputs(COUNTS, *more, main="records")


def all_shards(shards: int, *, squeezed: bool) -> beam.Create:
    """A group without events for each shard, so that each is looked at."""
    group = squeeze(pack([])) if squeezed else pack([])
    return beam.Create([(key, group) for key in range(shards)])


def outputs_of(fold: Fold) -> Iterator[Any]:
    """Records as they are, counts under their tag."""
    yield from fold.records
    for count in fold.counts:
        yield beam.pvalue.TaggedOutput(COUNTS, count)


def fold_all(
    make_shard: Callable[[Books], Shard], clock: Clock, handoff: Handoff, start_of: Callable[[int], Start]
) -> beam.DoFn:
    """The stage that folds each shard once, in order of time."""
    return _FoldAllFn(make_shard, clock, handoff, start_of)


class _FoldAllFn(beam.DoFn):
    """Bounded: all events of a shard at once, in squeezed groups."""

    def __init__(
        self, make_shard: Callable[[Books], Shard], clock: Clock, handoff: Handoff, start_of: Callable[[int], Start]
    ) -> None:
        self.make_shard = make_shard
        self.clock = clock
        self.handoff = handoff
        self.start_of = start_of

    def setup(self) -> None:
        put_off_collection()

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[Any]:
        key, groups = element
        now = self.clock()
        start = self.start_of(key)
        shard = self.make_shard(start.books)
        shard.snapshots, shard.hearing = Snapshots(start.snapshots), Hearing(start.heard)
        yield from shard.renew(now) if shard.books else ()
        events = (event for group in groups for event in unpack(unsqueeze(group)))
        yield from outputs_of(shard.fold(events, now))
        if self.handoff.keep_in:
            self.handoff.keep(key, shard, now)
