"""Keys: canonical events in, which of them use a transaction key that another item was first to use out."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.shared import Shared
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from schemas.encoding import squeeze, unsqueeze
from schemas.records import KeyTaken, StockEvent
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.collector import put_off_collection
from transforms.ledger.books_files import events_in
from transforms.ledger.key_rules import KeyGroups, KeyRegistry
from transforms.ledger.live_shards import LiveShards
from transforms.round_trips import commit_together

TOKEN_BYTES = 8
FIELDS_MAX = 25_000  # in a group: 5,000 events, some hundred kilobytes
JOURNAL_BYTES_MIN = 1 << 20  # below this a journal is never folded

KeyGroup = tuple[int, bytes]  # shard of keys, packed fields


class FindReusedKeys(beam.PTransform[Any, Any]):
    """Say which items use a transaction key that another item was first to use, by receipt.

    In:       `StockEvent`, in any order, with duplicates; `SnapshotClosed`, which has no key of an event; or several
              collections of them.
    Out:      `KeyTaken`, for `KeepLedger`, which takes such events out; of bounded input one for each item and key, of
              a stream whenever an event comes that does not have its key, or another is found to have been first.
    State:    of a stream: each key with its first event for the time of `window`, by 16 shards of keys.
    Rejects:  nothing: what it names becomes a dead letter `conflicting_duplicate` in the ledger.
    """

    def __init__(self, window: timedelta = timedelta(days=30)) -> None:
        super().__init__()
        self.window = window

    def expand(self, events: Any) -> Any:
        parts = events if isinstance(events, tuple) else (events,)
        is_bounded = all(part.is_bounded for part in parts)
        noted = [part | f"Note{number}" >> _note(part, squeezed=is_bounded) for number, part in enumerate(parts)]
        groups = noted[0] if len(noted) == 1 else tuple(noted) | "Noted" >> beam.Flatten()
        if is_bounded:
            find_all = beam.FlatMap(_find_all).with_output_types(KeyTaken)
            return groups | "Group" >> beam.GroupByKey() | "FindAll" >> find_all
        return groups | "Find" >> beam.ParDo(_FindFn(self.window)).with_output_types(KeyTaken)


def taken_over(folder: str) -> Any:
    """The events that the books of the deployment before still know, so that their keys are known too."""
    return beam.Create([folder]) | "KnownEvents" >> beam.FlatMap(events_in).with_output_types(StockEvent)


def _note(events: Any, *, squeezed: bool) -> Any:
    return beam.ParDo(_NoteFn(is_bounded=events.is_bounded, squeezed=squeezed)).with_output_types(tuple[int, bytes])


class _NoteFn(beam.DoFn):
    """Groups of a stream have the time when they were made: to ask for that of each event costs more than to note.

    `squeezed`: those of files wait in memory until all input has ended.
    """

    def __init__(self, *, is_bounded: bool = False, squeezed: bool = False) -> None:
        self.is_bounded = is_bounded
        self.squeezed = squeezed

    def start_bundle(self) -> None:
        self.groups = KeyGroups(FIELDS_MAX)

    def process(self, event: Any) -> Iterable[KeyGroup]:
        return map(self._shown, self.groups.add(event)) if isinstance(event, StockEvent) else ()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        at = MIN_TIMESTAMP if self.is_bounded else Timestamp.now()
        for group in self.groups.rest():
            yield WindowedValue(self._shown(group), at, (GlobalWindow(),))

    def _shown(self, group: KeyGroup) -> KeyGroup:
        return (group[0], squeeze(group[1])) if self.squeezed else group


def _find_all(element: tuple[int, Iterable[bytes]]) -> Iterable[KeyTaken]:
    """Bounded: all groups of a shard of keys at once."""
    return KeyRegistry().note(map(unsqueeze, element[1]))


class _Live:
    """One shard of keys in memory, with how large its state is."""

    def __init__(self, snapshot: bytes | None, journal: Iterable[bytes]) -> None:
        entries = list(journal)
        self.registry = KeyRegistry()
        self.registry.note([snapshot] if snapshot else [])
        self.registry.note(entries)
        self.snapshot_bytes = len(snapshot or b"")
        self.journal_bytes = sum(map(len, entries))


class _FindFn(beam.DoFn):
    """Unbounded: as the ledger is hosted, snapshot, journal and token; the first of a key does not depend on order."""

    SNAPSHOT = ReadModifyWriteStateSpec("snapshot", BytesCoder())
    JOURNAL = BagStateSpec("journal", BytesCoder())
    TOKEN = ReadModifyWriteStateSpec("token", BytesCoder())

    def __init__(self, window: timedelta) -> None:
        self.window = window
        self.shared = Shared()

    def setup(self) -> None:
        put_off_collection()
        commit_together()
        self.live = self.shared.acquire(LiveShards)

    def process(
        self,
        element: KeyGroup,
        snapshot: Any = beam.DoFn.StateParam(SNAPSHOT),
        journal: Any = beam.DoFn.StateParam(JOURNAL),
        token: Any = beam.DoFn.StateParam(TOKEN),
    ) -> Iterable[KeyTaken]:
        shard, group = element
        live: _Live | None = self.live.take(shard, token.read())
        if live is None:
            live = _Live(snapshot.read(), journal.read())
        taken = live.registry.note([group])
        live.journal_bytes += len(group)
        if live.journal_bytes > max(JOURNAL_BYTES_MIN, live.snapshot_bytes):
            live.registry.forget(self.window)
            folded = live.registry.dump()
            live.snapshot_bytes, live.journal_bytes = len(folded), 0
            snapshot.write(folded)
            journal.clear()
        else:
            journal.add(group)
        fresh = secrets.token_bytes(TOKEN_BYTES)
        token.write(fresh)
        self.live.keep(shard, live, fresh)
        return taken
