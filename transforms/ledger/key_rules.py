"""Key rules: which item a transaction key belongs to, where events of several items came under it.

A key names one business fact, so it counts once, whatever item it is on. The ledger keeps books by item and sees only
the events of one item under a key; a registry beside it keeps, by key, the first of all by receipt. Where a second item
turns up, the one that does not have the key is told; its books then take the event out, or never let it in.

    key a of BOLT, received 09:00        BOLT has it
    key a of NUT,  received 10:00        NUT is told: BOLT was first
    key a of OIL,  received 08:00, late  BOLT is told: OIL was first

The first only ever becomes an earlier one, so an event that lost its key has lost it for good. A kit has a key under
its own name, whatever components the event moves.

A request stays as it was decided, also where a message that contradicts it was received earlier. To the registry that
message was first, though the item refused it; so the item notes that the key was its own from then on.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from typing import NamedTuple
from zlib import crc32

from schemas.encoding import pack, unpack
from schemas.records import KeyTaken, StockEvent

KEY_SHARDS = 16  # a small bundle should not touch the state of many
KEYS_MAX = 1_000_000  # that one of them remembers at most, whatever the window

_FIELDS = 5  # of each event in a packed group: the key, and its `First`


class First(NamedTuple):
    """The first event under a key; of two, the one whose fields are less, in their order."""

    received_at: datetime
    message_id: str
    event_index: int
    item: str


def first_of(event: StockEvent) -> First:
    """What the registry keeps of an event."""
    return First(event.received_at, event.message_id, event.event_index, event.item)


def taken_by(taken: KeyTaken) -> First:
    """The event that a notice says was first."""
    return First(taken.received_at, taken.message_id, taken.event_index, taken.first_item)


def is_of_another(taken: KeyTaken, event: StockEvent) -> bool:
    """Whether the key of an event belongs to another item, by what its own item knows of the key."""
    return taken.first_item != event.item and taken_by(taken) < first_of(event)


def note_refused(known: dict[str, KeyTaken], event: StockEvent, kept: StockEvent) -> None:
    """Note that an item refuses an event which was received earlier than the one that it keeps under the key."""
    key, first = event.transaction_key, first_of(event)
    before = known.get(key)
    if first < first_of(kept) and (before is None or first < taken_by(before)):
        known[key] = KeyTaken(event.item, key, *first, was_decided=before is not None and before.was_decided)


def key_shard_of(transaction_key: str) -> int:
    """Which shard of keys remembers a key."""
    return crc32(transaction_key.encode()) % KEY_SHARDS


class KeyGroups:
    """What a bundle has to say of its keys, by shard: one flat list each, since a list of lists takes twice as long."""

    def __init__(self, fields_max: int) -> None:
        self.fields_max = fields_max
        self.by_shard: dict[int, list[object]] = {}

    def add(self, event: StockEvent) -> Iterable[tuple[int, bytes]]:
        """Note an event; the group that it made full, if it did."""
        key = event.transaction_key
        shard = crc32(key.encode()) % KEY_SHARDS
        group = self.by_shard.get(shard)
        if group is None:
            group = self.by_shard[shard] = []
        group += (key, event.received_at, event.message_id, event.event_index, event.item)
        if len(group) < self.fields_max:
            return ()
        del self.by_shard[shard]
        return ((shard, pack(group)),)

    def rest(self) -> Iterator[tuple[int, bytes]]:
        """All groups that are not empty."""
        for shard, group in self.by_shard.items():
            yield shard, pack(group)
        self.by_shard = {}


class KeyRegistry:
    """The first event under each key of one shard of keys."""

    def __init__(self) -> None:
        self.firsts: dict[str, tuple[datetime, str, int, str]] = {}

    def note(self, groups: Iterable[bytes]) -> list[KeyTaken]:
        """Note packed groups of events; what the items have to be told that do not have a key which they use."""
        firsts = self.firsts
        shared: dict[str, set[str]] = {}
        for group in groups:
            fields = iter(unpack(group))
            for key, received_at, message_id, event_index, item in zip(*[fields] * _FIELDS, strict=True):
                this = (received_at, message_id, event_index, item)
                first = firsts.setdefault(key, this)
                if first is this:
                    continue
                if this < first:
                    firsts[key] = this
                if first[3] != item:
                    shared.setdefault(key, set()).update((first[3], item))
        return [
            KeyTaken(item, key, *firsts[key])
            for key, items in shared.items()
            for item in sorted(items)
            if item != firsts[key][3]
        ]

    def forget(self, window: timedelta) -> None:
        """Drop what was received longer than `window` before the newest, and what is more than `KEYS_MAX`."""
        if not self.firsts:
            return
        received = itemgetter(0)
        cut = max(map(received, self.firsts.values())) - window
        if len(self.firsts) > KEYS_MAX:
            cut = max(cut, sorted(map(received, self.firsts.values()))[-KEYS_MAX])
        self.firsts = {key: first for key, first in self.firsts.items() if first[0] >= cut}

    def dump(self) -> bytes:
        """All of it as one packed group, which `note` reads again."""
        return pack([field for key, first in self.firsts.items() for field in (key, *first)])
