"""Unknown rules: the words of owners that they do not know how much there is in, whether that stands out.

A source that declines to say (null, an empty cell) does not say zero, nor that the last figure still holds. Its word
stands from its own time on until the next figure of the owner: a count, a snapshot, or a complete snapshot that leaves
the place out. Movements go on and end nothing. Words and figures are ordered alike, so the order of arrival is nothing.

    08:00 count 10      on hand 10
    12:00 null          on hand 10, unknown since 12:00
    13:00 null again    unknown since 12:00: saying it once more puts nothing off
    13:30 ship 2        on hand 8, unknown since 12:00
    14:00 count 7       on hand 7
"""

from bisect import insort
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from schemas.records import StockEvent

Order = tuple[datetime, int, datetime, str]  # as counts of one place are ordered


class Unknown(NamedTuple):
    """One such word; its first four fields are its order."""

    occurred_at: datetime
    sequence: int  # -1 for none
    received_at: datetime
    key: str
    source: str


def standing(unknowns: Iterable[Unknown], last: Order | None) -> Unknown | None:
    """The first word after the last figure; None: the figure holds. `unknowns` are in order."""
    return next((one for one in unknowns if last is None or one[:4] > last), None)


def note(unknowns: list[Unknown], event: StockEvent, sign: int) -> None:
    """Put a word in its place, or take it out (-1)."""
    sequence = -1 if event.sequence is None else event.sequence
    one = Unknown(event.occurred_at, sequence, event.received_at, event.transaction_key, event.source)
    insort(unknowns, one) if sign > 0 else unknowns.remove(one)


def without_old(unknowns: list[Unknown], last_old: Order | None, cut: datetime) -> list[Unknown]:
    """Of words older than `cut` only the one that stood then. `last_old`: the last figure older than that."""
    old = [one for one in unknowns if one.occurred_at < cut]
    stood = standing(old, last_old)
    return [*([stood] if stood else []), *unknowns[len(old) :]]
