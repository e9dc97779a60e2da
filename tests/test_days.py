"""The made days are what they promise: the same for the same seed, of every kind, and full of collisions."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.records import KINDS, StockEvent
from tests.big_days import make_big
from tests.books import imbalances
from tests.days import NOW, Day, make_day, perturb, restored, with_kit_orders
from tests.oracle import oracle

DAYS = [make_day(seed) for seed in range(30)]


def test_a_seed_makes_one_day() -> None:
    assert make_day(7) == DAYS[7]
    assert make_day(8) != DAYS[7]


def test_each_day_has_every_kind_and_the_asked_length() -> None:
    assert all({event.kind for event in day.events} == KINDS for day in DAYS)
    assert {len(day.events) for day in DAYS} == {60}
    assert len(make_day(1, events=5).events) == 5


def test_kits_bring_their_components_or_are_left_out() -> None:
    assert all(bool(event.components) == (event.item in day.boms) for day in DAYS for event in day.events)
    assert any(event.components for event in DAYS[0].events)
    assert not any(event.components for event in make_day(0, kits=False).events)


def test_nothing_occurs_or_is_received_after_now() -> None:
    assert all(max(event.occurred_at, event.received_at) <= NOW for day in DAYS for event in day.events)


def test_a_contradicted_request_is_never_made() -> None:
    for day in DAYS:
        requests = {event[:5] for event in day.events if event.kind == "reservation_requested"}
        assert len(requests) == len({(key, item) for key, _, item, *_ in requests})


def _collisions(day: Day) -> Counter[str]:
    events = day.events
    facts = {(e.item, e.location, e.lot, e.disposition, e.occurred_at, e.transaction_key) for e in events}
    places = {fact for fact in facts if fact[3]}
    keys = {(event.item, event.transaction_key) for event in events}
    ends = [event.expires_at for event in events if event.expires_at]
    settle, tolerance = timedelta(hours=1), Decimal(0)
    books = oracle(events, now=day.now, owner_of=day.owner_of, settle=settle, tolerance=tolerance)
    found = Counter(key.cause for key in books.discrepancies)
    found.update({f"{outcome} {reason}".strip(): number for (outcome, reason), number in books.outcomes.items()})
    found["two facts at one place and time"] = len(places) - len({place[:-1] for place in places})
    found["one key, two items"] = len(keys) - len({key for _, key in keys})
    found["received at one time"] = len(events) - len({event.received_at for event in events})
    found["hold that ended"] = sum(end <= day.now for end in ends)
    found["hold that lasts"] = sum(end > day.now for end in ends)
    found["fraction"] = sum(event.quantity % 1 != 0 for event in events)
    found["sequence"] = sum(event.sequence is not None for event in events)
    found["shortage"] = sum(quantity > 0 for quantity in books.shortage.values())
    found["inbound"] = sum(inbound.open > 0 for inbound in books.inbound.values())
    found["allocation"] = sum(claim.allocated_open > 0 for claim in books.claims.values())
    found["contested key"] = len(books.contested)
    found["unknown"] = len(books.unknown)
    return found


FOUND = sum(map(_collisions, DAYS), Counter[str]())


@pytest.mark.parametrize(
    ("what", "at_least"),
    [
        ("posted", 1000),
        ("compared", 150),
        ("duplicate", 100),
        ("dead_letter conflicting_duplicate", 80),
        ("contested key", 15),
        ("count", 30),
        ("snapshot", 30),
        ("not_owner", 100),
        ("two facts at one place and time", 100),
        ("one key, two items", 10),
        ("received at one time", 50),
        ("hold that ended", 30),
        ("hold that lasts", 30),
        ("fraction", 200),
        ("sequence", 200),
        ("shortage", 50),
        ("inbound", 30),
        ("allocation", 10),
        ("unknown", 15),
    ],
)
def test_thirty_days_hold_enough_of(what: str, at_least: int) -> None:
    assert FOUND[what] >= at_least


def test_a_perturbed_day_has_the_same_facts_and_sometimes_more_often() -> None:
    more = 0
    for seed, day in enumerate(DAYS):
        bundles = perturb(day, seed)
        arrived = [event for bundle in bundles for event in bundle]
        assert set(arrived) == set(day.events)
        assert all(bundles)
        assert arrived != day.events
        more += len(arrived) - len(day.events)
    assert more > 50


def test_a_restored_source_uses_old_keys_for_new_facts() -> None:
    again = 0
    for seed, day in enumerate(DAYS):
        after = restored(day, seed)
        assert (after.epochs, restored(day, seed)) != ((), day)
        assert all(max(event.occurred_at, event.received_at) <= NOW for event in after.events)
        begins = {source: at for source, at, name in after.epochs if name == "restored"}
        for source, at in begins.items():
            ours = [event for event in after.events if event.source == source]
            before = {event.transaction_key for event in ours if event.occurred_at < at}
            later = {event.transaction_key for event in ours if event.occurred_at >= at}
            again += len(before & later)
    assert again > 60


def test_kit_orders_are_recorded_beside_what_others_want_of_their_parts() -> None:
    added = [event for seed, day in enumerate(DAYS) for event in with_kit_orders(day, seed).events[len(day.events) :]]
    kinds = Counter(event.kind for event in added if event.components)
    assert min(kinds["order_recorded"], kinds["reservation_requested"]) > 40
    assert min(kinds["shipment"], kinds["reservation_allocated"]) > 10
    assert all(max(event.occurred_at, event.received_at) <= NOW for event in added)


def test_a_big_day_is_as_long_as_asked_and_as_disorderly() -> None:
    events = list(make_big(1, 20_000, 50))
    assert len(events) == 20_000
    assert _repeats(events) == pytest.approx(4_000, rel=0.1)
    fresh = list({event.transaction_key: event for event in reversed(events)}.values())[::-1]
    late = sum(event.received_at - event.occurred_at > timedelta(hours=2) for event in fresh)
    assert late > 1_000
    assert min(event.received_at - event.occurred_at for event in events) >= timedelta(0)


def test_a_big_day_can_be_orderly() -> None:
    events = list(make_big(1, 1_000, 50, duplicates=0, disorder=0))
    assert _repeats(events) == 0
    assert events == sorted(events, key=lambda event: event.occurred_at)
    assert len({event.item for event in events if not event.components}) <= 50


def test_the_accounts_of_a_big_day_sum_to_zero() -> None:
    events = make_big(2, 2_000, 20)
    settle, tolerance = timedelta(hours=1), Decimal(0)
    books = oracle(events, now=NOW, owner_of=lambda *_: frozenset(), settle=settle, tolerance=tolerance)
    assert imbalances(books) == {}
    assert sum(claim.open > 0 for claim in books.claims.values()) > 50
    assert sum(claim.open == 0 and claim.shipped > 0 for claim in books.claims.values()) > 50


def _repeats(events: list[StockEvent]) -> int:
    return len(events) - len({event.transaction_key for event in events})
