"""Duplicate rules: which of several deliveries is new, which says the same again, and which contradicts the first.

For flows that only need each fact once. The ledger applies the same identity and content, and can also take an event
out of its books again when one that was received earlier arrives later.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from schemas.encoding import pack
from schemas.records import StockEvent
from transforms.ledger.ledger_rules import content

SEEN_MAX = 200_000  # keys that one shard remembers at most, whatever the window


class Seen(NamedTuple):
    """What is remembered of one event: enough to recognise it and to notice a contradiction."""

    item: str
    transaction_key: str
    digest: bytes
    occurred_at: datetime


class Sorted(NamedTuple):
    """A group of events, told apart."""

    new: list[StockEvent]
    repeated: list[StockEvent]
    contradicting: list[StockEvent]
    remembered: list[Seen]  # of the new ones


def seen_of(event: StockEvent) -> Seen:
    """What to remember of an event."""
    digest = blake2b(pack(content(event)), digest_size=8).digest()
    return Seen(event.item, event.transaction_key, digest, event.occurred_at)


def tell_apart(events: Iterable[StockEvent], seen: Iterable[Seen]) -> Sorted:
    """New, repeated and contradicting events of a group; among themselves the first received counts."""
    known = {(one.item, one.transaction_key): one.digest for one in seen}
    told = Sorted([], [], [], [])
    for event in sorted(events, key=lambda event: (event.received_at, event.message_id)):
        mark = seen_of(event)
        digest = known.setdefault((event.item, event.transaction_key), mark.digest)
        if digest is mark.digest:
            told.new.append(event)
            told.remembered.append(mark)
        elif digest == mark.digest:
            told.repeated.append(event)
        else:
            told.contradicting.append(event)
    return told


def within_window(seen: list[Seen], window: timedelta) -> list[Seen]:
    """What is still to be remembered: nothing older than the window, and never more than `SEEN_MAX`."""
    if not seen:
        return seen
    cut = max(one.occurred_at for one in seen) - window
    recent = sorted((one for one in seen if one.occurred_at >= cut), key=lambda one: one.occurred_at)
    return recent[-SEEN_MAX:]
