"""Two days, forty days apart, with everything of the first forgotten before the second: what was owed is still owed.

The oracle forgets nothing. What may differ is left out, and docs/ledger.md says so: who claimed first, what a hold that
ended long ago was granted, and where something was allocated of an order that was closed.
"""

from datetime import timedelta
from decimal import Decimal

from schemas.records import StockEvent
from tests.agreement import expected_of, shard_of
from tests.books import ZERO
from tests.days import Day, make_day, perturb
from tests.full_lists import noted, packed
from tests.published import Published
from transforms.ledger.key_rules import KeyRegistry

APART = timedelta(days=40)
WITHOUT_MEMORY = {"reservation_allocated", "reservation_requested"}


def _days(seed: int) -> tuple[Day, Day]:
    """One bill of materials for both: by which bill a forgotten order of a kit went is forgotten with it."""
    first, second = (_of_one_bill(make_day(number, events=40)) for number in (seed, seed + 1_000_000))
    early = [event for event in first.events if event.kind not in WITHOUT_MEMORY]
    late = [_later(second, event) for event in second.events if event.kind not in WITHOUT_MEMORY]
    return first._replace(events=early), second._replace(events=late, now=second.now + APART)


def _of_one_bill(day: Day) -> Day:
    day = day._replace(boms=day.later_boms)
    parts_of = day.parts_of
    events = [one._replace(components=parts_of(one.item, one.quantity, one.occurred_at)) for one in day.events]
    return day._replace(events=events)


def _later(day: Day, event: StockEvent) -> StockEvent:
    at, received_at = event.occurred_at + APART, event.received_at + APART
    key, parts = f"later {event.transaction_key}", day.parts_of(event.item, event.quantity, at)
    expected_at = event.expected_at + APART if event.expected_at else None
    moved = event._replace(occurred_at=at, received_at=received_at, transaction_key=key, expected_at=expected_at)
    return moved._replace(components=parts)


def _forgetful(first: Day, second: Day, seed: int) -> tuple[list[StockEvent], Published, int]:
    shard, seen, arrived, forgotten = shard_of(first), Published(), [], 0
    registry = KeyRegistry()
    for day in (first, second):
        for bundle in perturb(day, seed):
            arrived += bundle
            reused = registry.note([noted(bundle)])
            seen.take(shard.fold([packed(one) for one in (*bundle, *reused)], day.now))
            forgotten -= sum(len(ledger.entries) for ledger in shard.books.values())
            shard.forget()
            forgotten += sum(len(ledger.entries) for ledger in shard.books.values())
            shard.check_conservation()
    return arrived, seen, -forgotten


def test_what_was_owed_on_a_day_that_is_forgotten_is_still_owed() -> None:
    gone = owed = 0
    for seed in range(150):
        first, second = _days(seed)
        arrived, seen, forgotten = _forgetful(first, second, seed)
        books = expected_of(second, arrived, {})
        rows = {key: row.open_quantity for key, row in seen.claims().items()}
        told = {key: row.open_quantity for key, row in seen.inbound().items()}
        supply = {key: one.open for key, one in books.inbound.items()}
        claims = {key: claim.open for key, claim in books.claims.items()}
        assert _found(seen.positions()) == _found(books.positions), f"seed {seed}"
        assert _found(rows) == _found(claims), f"seed {seed}"
        assert _found(told) == _found(supply), f"seed {seed}"
        gone += forgotten
        owed += sum(claim.open == 0 and claim.shipped + claim.cancelled > 0 for claim in books.claims.values())
    assert gone > 1_500
    assert owed > 300


def _found(quantities: dict[tuple[str, ...], Decimal]) -> dict[tuple[str, ...], Decimal]:
    return {key: quantity for key, quantity in quantities.items() if quantity != ZERO}
