"""Unknown is a value (DESIGN 4.11): neither zero nor the last number, from the first silence to the figure of a day."""

from itertools import permutations
from random import Random
from typing import Any

import pytest

from schemas.records import AvailabilityRow, ChannelUpdate, SourceHeard, StockEvent, StockSignal
from tests.builders import count, hour, ordered, receipt, unknown
from tests.ledgers import SHARED, a_shard
from tests.published import Published
from tests.transforms.offers.offered import DEFINITIONS
from transforms.ledger.entry_rules import packed_entry
from transforms.ledger.live_shards import Live, fold_state, restore
from transforms.ledger.shard_rules import Shard

FEED = {
    "source": "wms",
    "silent_after_minutes": 60,
    "floor_after_minutes": 120,
    "floor": {"quantity": 2},
    "locations": ["EAST"],
}


def heard(at: float) -> SourceHeard:
    return SourceHeard("wms", hour(at))


def a_watched_shard(**policy: Any) -> Shard:
    channels = {**SHARED, "web": {**SHARED["web"], "locations": ["EAST"], "thresholds": {"low": 3}}}
    return a_shard(channels, feeds=[FEED], **policy)


def take(shard: Shard, *arrived: StockEvent | SourceHeard, now: float) -> Published:
    packed = list(map(packed_entry, arrived))
    return Published().take(shard.fold(packed, hour(now)))


def tick(shard: Shard, now: float) -> Published:
    seen = Published()
    seen.take_records(shard.advance(hour(now)))
    return seen


def web(seen: Published) -> tuple[int, str] | None:
    row = seen.rows[AvailabilityRow].get(("BOLT", "web"))
    return (row.available_quantity, row.state) if row else None


def told(seen: Published) -> int | None:
    row = seen.rows[ChannelUpdate].get(("BOLT", "web"))
    return row.quantity if row else None


def test_a_feed_falls_silent_and_speaks_again() -> None:
    shard = a_watched_shard()
    seen = take(shard, count(10, at=8), count(7, at=8, key="west", location="WEST"), heard(8), now=8.5)
    assert (web(seen), told(seen)) == ((10, "told"), 10)
    assert shard.due_at() == hour(9)

    seen = tick(shard, 9)
    assert (web(seen), told(seen)) == ((10, "held"), None)
    assert seen.rows[AvailabilityRow]["BOLT", "web"].state_reason == "wms is silent since 2026-03-02 09:00:00Z"
    assert shard.due_at() == hour(11)

    seen = take(shard, ordered(4, at=10, channel="web"), now=10)
    assert (web(seen), told(seen)) == ((6, "held"), None)
    assert seen.rows[StockSignal] == {}

    seen = tick(shard, 11)
    assert (web(seen), told(seen)) == ((0, "floor"), 0), "at most 2 lie in EAST for sure, and 4 are claimed"
    b2b = seen.rows[ChannelUpdate]["BOLT", "b2b"].quantity
    assert b2b == 7, "what lies in WEST is known"

    seen = take(shard, receipt(1, at=12, order_reference="PO-1"), heard(12), now=12)
    assert (web(seen), told(seen)) == ((7, "told"), 7)
    assert shard.due_at() == hour(13)


def test_a_heartbeat_is_enough() -> None:
    shard = a_watched_shard()
    take(shard, count(10, at=8), heard(8), now=8)
    assert web(take(shard, heard(8.9), now=9.5)) is None, "nothing has changed, so there is nothing to say"
    assert shard.due_at() == hour(9.9)
    assert web(tick(shard, 9.9)) == (10, "held")
    seen = take(shard, heard(10), now=10)
    assert (web(seen), told(seen)) == ((10, "told"), None), "the channel still has this figure"


def test_null_holds_one_item_and_its_owner_ends_it() -> None:
    shard = a_watched_shard()
    take(shard, count(10, at=8), heard(8), now=8)
    seen = take(shard, unknown(0, at=8.25), heard(8.25), now=8.25)
    assert (web(seen), told(seen)) == ((10, "held"), None)
    assert seen.alerts("unknown_quantity") == {("BOLT", "EAST//sellable"): 1}
    take(shard, heard(9), heard(10), now=10)
    seen = take(shard, heard(10.25), now=10.25)
    assert (web(seen), told(seen)) == ((2, "floor"), 2)
    seen = take(shard, count(9, at=10.5), now=10.5)
    assert (web(seen), told(seen)) == ((9, "told"), 9)


def test_what_nobody_watches_is_held_when_it_says_null_and_told_zero_after_the_named_time() -> None:
    shard = a_shard()
    take(shard, count(10, at=8), unknown(0, at=9), now=9)
    assert shard.due_at() == hour(13)
    seen = tick(shard, 13)
    assert (web(seen), told(seen)) == ((0, "floor"), 0)


ARRIVED: tuple[StockEvent | SourceHeard, ...] = (
    count(10, at=8),
    unknown(0, at=9),
    receipt(3, at=9.5),
    heard(10),
    heard(9),
)


@pytest.mark.parametrize("now", [10.5, 11, 12.9, 13, 14])
def test_the_order_of_arrival_is_nothing(now: float) -> None:
    """Whatever comes first, and wherever it is cut into bundles, the figures are those of the moment."""
    ends = set()
    for order in permutations(ARRIVED):
        shard, random, seen = a_watched_shard(), Random(str(order)), Published()
        cut = random.randint(0, len(order))
        for bundle in (order[:cut], order[cut:]):
            seen.take(shard.fold([*map(packed_entry, (*bundle, *bundle[:1]))], hour(now)))
        ends.add(seen.rows[AvailabilityRow]["BOLT", "web"][:4] + seen.rows[AvailabilityRow]["BOLT", "web"][-2:])
    assert len({(one[3], one[4], one[5]) for one in ends}) == 1


def test_a_worker_that_takes_over_knows_who_is_silent_and_what_was_told() -> None:
    shard, other = a_watched_shard(), a_watched_shard()
    for one in (shard, other):
        take(one, count(10, at=8), heard(8), now=8)
    for at in (9, 11, 12):
        other = restore(_with, fold_state(Live(other)), []).shard
        seen, again = (take(one, heard(12), now=12) if at == 12 else tick(one, at) for one in (shard, other))
        assert (again.rows, other.due_at()) == (seen.rows, shard.due_at())


def _with(books: Any) -> Shard:
    empty = a_watched_shard()
    return Shard(empty.master, empty.policy, books, owners_of=empty.rules.owners_of)


def test_a_later_version_of_the_policy_may_be_less_patient() -> None:
    strict = {
        "version": "strict",
        "owner": "sales",
        "effective_from": hour(8.25),
        "channels": SHARED,
        "definitions": DEFINITIONS,
        "feeds": [{**FEED, "silent_after_minutes": 6}],
    }
    shard = a_watched_shard(later=[strict])
    take(shard, count(10, at=8), heard(8), now=8)
    assert shard.due_at() == hour(8.25)
    assert web(tick(shard, 8.25)) == (10, "held")
