"""Entry rules: what travels to a shard and is journalled there, as bytes and back, and in which order it is entered.

Most entries are events. Among them are complete snapshots that were closed, keys that another item was first to use,
and sources that were heard, each marked so that it cannot be taken for an event.
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from schemas.encoding import pack, unpack
from schemas.records import KeyTaken, SnapshotClosed, SourceHeard, StockEvent
from transforms.ledger.item_ledger import as_event

CLOSED = b"\xc1"  # begins a packed `SnapshotClosed`; no msgpack begins with it
TAKEN = b"\xc1\xc1"  # begins a packed `KeyTaken`
HEARD = b"\xc1\xc1\xc1"  # begins a packed `SourceHeard`
MARKS = {SnapshotClosed: CLOSED, KeyTaken: TAKEN, SourceHeard: HEARD}

Entry = StockEvent | SnapshotClosed | KeyTaken | SourceHeard

_TIME_ORDER = attrgetter("occurred_at", "received_at", "transaction_key", "message_id")


def packed_entry(entry: Entry) -> bytes:
    """An entry as it travels."""
    if isinstance(entry, StockEvent):
        return pack(entry)
    return MARKS[type(entry)] + pack(entry)


def as_entry(packed: bytes) -> Entry:
    """The reverse of `packed_entry`."""
    if not packed.startswith(CLOSED):
        return as_event(packed)
    if packed.startswith(HEARD):
        return SourceHeard(*unpack(packed[len(HEARD) :]))
    if packed.startswith(TAKEN):
        return KeyTaken(*unpack(packed[len(TAKEN) :]))
    return SnapshotClosed(*unpack(packed[len(CLOSED) :]))


def in_order_of_time(packed: Iterable[bytes]) -> Iterator[tuple[Entry, bytes]]:
    """Packed entries with what they say, by when they occurred, then by when they were received."""
    packed = list(packed)
    entries = list(map(as_entry, packed))
    order = sorted(zip(map(_TIME_ORDER, entries), range(len(entries)), strict=True))
    return ((entries[index], packed[index]) for _, index in order)
