"""Grouping: single events in, one compact element for each shard and bundle out, so that keyed state is read seldom."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zlib import crc32

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from schemas.encoding import pack, squeeze
from schemas.master_data import MasterData
from schemas.records import SnapshotClosed, SourceHeard, StockEvent
from transforms.governed import Source
from transforms.kits.kit_rules import families
from transforms.ledger.entry_rules import Entry, packed_entry

SHARDS = 64  # enough to spread over the workers of one job, few enough that a bundle fills each group
# Where the runner keeps state in another process, each cell that a bundle touches costs three round trips there, one
# after the other: fewer shards, sooner done. Each is read whole after a crash, so a long history wants more of them.
FEW_SHARDS = 16
GROUP_EVENTS_MAX = 5_000  # a group is one element: some megabytes at most

Group = tuple[int, bytes]  # shard, packed list of packed events


def shard_of(item: str, family_of: Mapping[str, str], shards: int = SHARDS) -> int:
    """The shard that keeps the books of an item: the same for all items that kits connect."""
    return crc32(family_of.get(item, item).encode()) % shards


class GroupByShard(beam.PTransform[Any, Any]):
    """Collect the events of a bundle by shard.

    In:       `StockEvent`; `SnapshotClosed` and `SourceHeard`, for every shard; `KeyTaken`, for that of its item; or
              several collections of them, which are better not flattened before: each is grouped where it is made,
              without encoding its events one by one.
    Out:      `(shard, packed list of packed events)`, at most `GROUP_EVENTS_MAX` events in each.
    State:    none beyond the bundle.
    Rejects:  nothing.
    """

    def __init__(
        self, master: MasterData, shards: int = SHARDS, source: Source | None = None, *, squeezed: bool = False
    ) -> None:
        """`source`: where newer master data than `master` comes from while the job runs.

        `squeezed`: each group as `squeeze` makes it, since groups of files wait in memory until all input has ended.
        """
        super().__init__()
        self.family_of = families(master.boms)
        self.shards = shards
        self.source = source
        self.squeezed = squeezed

    def expand(self, events: Any) -> Any:
        if not isinstance(events, tuple):
            return events | "Group" >> self._group(events)
        first, *others = events
        groups = [part | f"Group{number}" >> self._group(part) for number, part in enumerate(others, start=1)]
        return (first | "Group" >> self._group(first), *groups) | "Groups" >> beam.Flatten()

    def _group(self, events: Any) -> Any:
        fn = _GroupAllFn if events.is_bounded else _GroupFn
        step = beam.ParDo(fn(self.family_of, self.shards, self.source, squeezed=self.squeezed))
        return step.with_output_types(tuple[int, bytes])


class _GroupAllFn(beam.DoFn):
    """Bounded: what arrives has no time to keep."""

    def __init__(
        self, family_of: Mapping[str, str], shards: int, source: Source | None = None, *, squeezed: bool = False
    ) -> None:
        self.family_of = family_of
        self.shards = shards
        self.source = source
        self.squeezed = squeezed

    def start_bundle(self) -> None:
        if self.source is not None:
            self.family_of = self.source.standing().home_of
        self.groups: dict[int, list[bytes]] = {}
        self.shard_of_item: dict[str, int] = {}
        self.at = MIN_TIMESTAMP

    def process(self, event: Entry) -> Iterable[Group]:
        if isinstance(event, SnapshotClosed):
            return self._add_to_all(event)
        if isinstance(event, SourceHeard):
            notice = packed_entry(event)
            return [group for shard in range(self.shards) for group in self._add(shard, notice)]
        item = event.item
        shard = self.shard_of_item.get(item)
        if shard is None:
            shard = self.shard_of_item[item] = shard_of(item, self.family_of, self.shards)
        return self._add(shard, pack(event) if isinstance(event, StockEvent) else packed_entry(event))

    def _add_to_all(self, closed: SnapshotClosed) -> list[Group]:
        """A closed snapshot to every shard, with what of it is gone there."""
        gone: dict[int, list[tuple[str, str, str]]] = {}
        for spot in closed.gone:
            gone.setdefault(shard_of(spot[0], self.family_of, self.shards), []).append(spot)
        notices = ((shard, closed._replace(gone=tuple(gone.get(shard, ())))) for shard in range(self.shards))
        return [group for shard, notice in notices for group in self._add(shard, packed_entry(notice))]

    def _add(self, shard: int, packed: bytes) -> Iterable[Group]:
        group = self.groups.get(shard)
        if group is None:
            group = self.groups[shard] = []
        group.append(packed)
        if len(group) < GROUP_EVENTS_MAX:
            return ()
        del self.groups[shard]
        return ((shard, self._packed(group)),)

    def _packed(self, group: list[bytes]) -> bytes:
        return squeeze(pack(group)) if self.squeezed else pack(group)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for shard, group in self.groups.items():
            yield WindowedValue((shard, self._packed(group)), self.at, (GlobalWindow(),))
        self.groups = {}


class _GroupFn(_GroupAllFn):
    """Unbounded: a group has the time of its last event. To ask Beam for it takes longer than to group."""

    def process(self, event: Entry, timestamp: Any = beam.DoFn.TimestampParam) -> Iterable[Group]:
        self.at = timestamp
        return super().process(event)
