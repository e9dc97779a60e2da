"""Balance rules: how messages and events of a run ended in, whether anything was lost out.

Two sums must hold for each source. A message either ends whole (nothing in it could be used, or nothing had to be) or
makes events; an event ends as exactly one of five outcomes.

    messages in      431 = 412 that made events + 2 dead letters + 17 compared
    events made      1,204 = 1,101 posted + 60 compared + 31 duplicates + 9 parked + 3 dead letters
"""

from collections.abc import Iterable
from typing import NamedTuple, get_args

from schemas.records import Outcome, OutcomeCount

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

Endings = dict[str, int]  # how many, by outcome


class SourceBalance(NamedTuple):
    """One source: what came in, what it made, how it ended."""

    source: str
    messages: int
    mapped_messages: int  # those that made events
    whole_messages: Endings  # those that ended without
    events_made: int
    events: Endings

    @property
    def missing_messages(self) -> int:
        """How many messages came in and did not end; below zero where more ended than came."""
        return self.messages - self.mapped_messages - sum(self.whole_messages.values())

    @property
    def missing_events(self) -> int:
        """How many events were made and did not end; below zero where more ended than were made."""
        return self.events_made - sum(self.events.values())

    @property
    def is_balanced(self) -> bool:
        """Whether everything ended exactly once."""
        return self.missing_messages == 0 and self.missing_events == 0


def balances(counts: Iterable[OutcomeCount]) -> list[SourceBalance]:
    """The balance of each source, by name. `ValueError` for a count that no stage should emit."""
    found: dict[str, SourceBalance] = {}
    for count in counts:
        balance = found.get(count.source) or SourceBalance(count.source, 0, 0, {}, 0, {})
        found[count.source] = _with(balance, count)
    return [found[source] for source in sorted(found)]


def total(parts: Iterable[SourceBalance]) -> SourceBalance:
    """All sources together; what one misses and another has too many of is still wrong in each."""
    summed = SourceBalance("all", 0, 0, {}, 0, {})
    for part in parts:
        summed = SourceBalance(
            summed.source,
            summed.messages + part.messages,
            summed.mapped_messages + part.mapped_messages,
            _added(summed.whole_messages, part.whole_messages),
            summed.events_made + part.events_made,
            _added(summed.events, part.events),
        )
    return summed


def verdict(parts: list[SourceBalance]) -> str:
    """One line that says that everything ended exactly once, or what did not."""
    wrong = [part for part in parts if not part.is_balanced]
    everything = total(parts)
    if not wrong:
        return (
            f"balanced: {everything.messages:,} messages in = {everything.mapped_messages:,} that made events"
            f"{_listed(everything.whole_messages)}; {everything.events_made:,} events made = "
            f"{sum(everything.events.values()):,} ended; 0 missing"
        )
    return "NOT BALANCED: " + "; ".join(_what_is_wrong(part) for part in wrong)


def _with(balance: SourceBalance, count: OutcomeCount) -> SourceBalance:
    more = count.total
    match count.level, count.outcome:
        case "message", "in":
            return balance._replace(messages=balance.messages + more)
        case "message", "mapped":
            return balance._replace(mapped_messages=balance.mapped_messages + more)
        case "message", "events":
            return balance._replace(events_made=balance.events_made + more)
        case "message", outcome if outcome in OUTCOMES:
            return balance._replace(whole_messages=_added(balance.whole_messages, {outcome: more}))
        case "event", outcome if outcome in OUTCOMES:
            return balance._replace(events=_added(balance.events, {outcome: more}))
    raise ValueError(f"no stage counts {count.level} {count.outcome!r}, expected an outcome, or in, mapped or events")


def _added(one: Endings, other: Endings) -> Endings:
    return {outcome: one.get(outcome, 0) + other.get(outcome, 0) for outcome in OUTCOMES if outcome in one | other}


def _listed(endings: Endings) -> str:
    return "".join(f" + {number:,} ended whole as {outcome.replace('_', ' ')}" for outcome, number in endings.items())


def _what_is_wrong(part: SourceBalance) -> str:
    kinds = (("messages", part.missing_messages), ("events", part.missing_events))
    found = [
        f"{number:,} {kind} missing" if number > 0 else f"{-number:,} {kind} too many"
        for kind, number in kinds
        if number
    ]
    return f"{part.source}: {', '.join(found)}"
