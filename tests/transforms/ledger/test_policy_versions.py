"""A policy that changes on a day: figures are told again when it begins, decisions are taken by the one that holds."""

import json
from typing import Any

from schemas.records import AvailabilityRow
from tests.builders import hour, receipt, requested
from tests.ledgers import SHARED, a_shard, fold
from tests.published import Published
from tests.transforms.offers.offered import DEFINITIONS
from transforms.ledger.ledger_state import dump_books, load_books
from transforms.ledger.shard_rules import Shard

CAPPED = {**SHARED["web"], "cap": 2}
NOON = "2026-03-02T12:00:00Z"


def version(name: str, at: str, channels: dict[str, Any]) -> dict[str, Any]:
    head = {"version": name, "owner": "sales", "effective_from": at, "definitions": DEFINITIONS}
    return {**head, "routing": ["EAST", "WEST"], "channels": channels}


def changing(now: dict[str, Any], then: dict[str, Any]) -> Shard:
    return a_shard(now, later=[version("from noon", NOON, then)])


def bolts(seen: Published) -> dict[str, int]:
    """What each channel was told of bolts; the kits above them are told too."""
    return {channel: quantity for (item, channel), quantity in seen.told().items() if item == "BOLT"}


def at_noon(shard: Shard) -> Published:
    seen = Published()
    seen.take_records(shard.advance(hour(12)))
    return seen


def test_figures_are_renewed_when_a_version_begins_and_say_whose_they_are() -> None:
    shard = changing(SHARED, {**SHARED, "web": CAPPED})
    seen = fold(shard, receipt(9, at=1), now=11)
    assert (bolts(seen), shard.due_at()) == ({"web": 9, "b2b": 9}, hour(12))
    assert not shard.advance(hour(11.9))
    later = at_noon(shard)
    assert bolts(later) == {"web": 2}
    assert later.rows[AvailabilityRow]["BOLT", "web"].policy_version == "from noon"
    assert shard.due_at() is None


def test_the_chain_names_the_rule_of_the_version_that_holds() -> None:
    shard = changing(SHARED, {**SHARED, "web": CAPPED})
    fold(shard, receipt(9, at=1), now=11)
    rows = [one for one in shard.advance(hour(12)) if isinstance(one, AvailabilityRow)]
    (row,) = (one for one in rows if (one.item, one.channel) == ("BOLT", "web"))
    assert ("cap", "-7", "cap 2") in [tuple(step.values()) for step in json.loads(row.chain)]


def test_a_channel_that_only_the_next_version_knows_is_told_when_it_begins() -> None:
    shard = changing({"b2b": SHARED["b2b"]}, SHARED)
    assert bolts(fold(shard, receipt(9, at=1), now=11)) == {"b2b": 9}
    assert bolts(at_noon(shard)) == {"web": 9}


def test_an_item_that_nobody_sells_yet_is_told_when_the_version_begins_that_sells_it() -> None:
    one, other = {"till": SHARED["web"]}, {"web": SHARED["web"]}
    shard = changing(one, other)
    assert fold(shard, receipt(9, at=1), now=11).told() == {}
    assert bolts(at_noon(shard)) == {"web": 9}


def test_the_moment_outlives_a_restart() -> None:
    shard = changing(SHARED, {**SHARED, "web": CAPPED})
    fold(shard, receipt(9, at=1), now=11)
    again = Shard(shard.master, shard.policy, load_books(dump_books(shard.books)))
    assert again.due_at() == hour(12)
    assert bolts(at_noon(again)) == {"web": 2}


def test_a_request_is_decided_by_the_version_that_held_when_it_was_received() -> None:
    only_b2b = {"b2b": SHARED["b2b"]}
    shard = changing(SHARED, only_b2b)
    before = requested(1, at=11, key="before")
    after = requested(1, at=12, key="after", order_reference="SO-2")
    seen = fold(shard, receipt(9, at=1), before, after, now=13)
    assert {one.transaction_key: one.outcome for one in seen.decisions} == {"before": "granted", "after": "refused"}
