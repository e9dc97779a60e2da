"""The oracle's third part: who was heard when, and which positions are unknown, in; what may be told of them out.

It is docs/feeds.md a second time, slow and obvious, and shares no code with `transforms/`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from schemas.records import SourceHeard
from tests.books import Position, Unknown

OwnerOf = Callable[[str, str, datetime], frozenset[str]]


class FeedRule(NamedTuple):
    """One line of the policy: how patient it is with a source, where, and what counts in the end."""

    source: str
    silent_after: timedelta | None
    floor_after: timedelta
    share: Decimal | None  # of what was last known, or
    quantity: Decimal  # at most so much
    locations: tuple[str, ...] = ()  # none: wherever it owns what is on hand


NO_RULE = FeedRule("", None, timedelta(hours=4), None, Decimal(0))


class Doubtful(NamedTuple):
    """A position that nobody vouches for: until when it is held, and what counts of it then."""

    floor_at: datetime
    share: Decimal | None
    quantity: Decimal

    def counts(self, last_known: Decimal) -> Decimal:
        floor = self.quantity if self.share is None else last_known * self.share
        return min(last_known, floor)


def doubtful_positions(
    rules: Iterable[FeedRule],
    heard: Iterable[SourceHeard],
    unknown: Mapping[Position, Unknown],
    positions: Iterable[Position],
    owner_of: OwnerOf,
    now: datetime,
) -> dict[Position, Doubtful]:
    """Each position that is in doubt at a moment; of several doubts the one that ends in a floor first."""
    rules = list(rules)
    newest: dict[str, datetime] = {}
    for one in sorted(heard, key=lambda one: one.received_at):
        newest[one.source] = one.received_at
    found: dict[Position, Doubtful] = {}
    for position in {*positions, *unknown}:
        location = position[1]
        doubts = []
        for rule in rules:
            owners = owner_of(location, "on_hand", now)
            concerned = location in rule.locations if rule.locations else rule.source in owners
            if concerned and rule.silent_after is not None and rule.source in newest:
                silent_from = newest[rule.source] + rule.silent_after
                if silent_from <= now:
                    doubts.append(Doubtful(silent_from + rule.floor_after, rule.share, rule.quantity))
        if position in unknown:
            word = unknown[position]
            rule = next((one for one in rules if _fits(one, word.source, location)), NO_RULE)
            doubts.append(Doubtful(word.since + rule.floor_after, rule.share, rule.quantity))
        if doubts:
            found[position] = min(doubts, key=lambda doubt: doubt.floor_at)
    return found


def _fits(rule: FeedRule, source: str, location: str) -> bool:
    return rule.source == source and (not rule.locations or location in rule.locations)


def state_of(doubts: Iterable[Doubtful], now: datetime) -> str:
    """What is told of a figure that hangs on these."""
    waits = [doubt.floor_at > now for doubt in doubts]
    return "told" if not waits else "held" if any(waits) else "floor"
