from datetime import timedelta
from itertools import permutations
from typing import Any

from schemas.policy_spec import Policy
from schemas.records import SourceHeard
from tests.builders import count, hour, unknown
from tests.ledgers import MASTER, books_after
from tests.transforms.offers.offered import rules as offer_rules
from transforms.ledger.hearing_rules import Hearing, Watched, newest_of, watched

OWNS = {"EAST": "wms", "WEST": "west"}
HOURLY = {"source": "wms", "silent_after_minutes": 60, "floor_after_minutes": 120}


def policy(*feeds: dict[str, Any]) -> Policy:
    return offer_rules(MASTER, feeds=list(feeds)).policy


def watching(*feeds: dict[str, Any]) -> Watched:
    return watched(policy(*feeds), MASTER.locations, lambda place, *_: frozenset({OWNS.get(place, "")}), hour(9))


def heard(*times: float, source: str = "wms") -> Hearing:
    hearing = Hearing()
    for at in times:
        hearing.enter(SourceHeard(source, hour(at)))
    return hearing


def test_a_feed_concerns_what_its_source_owns_unless_it_is_told_otherwise() -> None:
    named = {**HOURLY, "locations": ["WEST"], "silent_after_minutes": 5}
    assert list(watching(HOURLY)) == [("wms", "EAST")]
    assert list(watching(named)) == [("wms", "WEST")]
    assert watching({**HOURLY, "silent_after_minutes": None}) == {}
    both = watching(HOURLY, {**named, "locations": ["EAST"]})
    assert {pair: feed.silent_after_minutes for pair, feed in both.items()} == {("wms", "EAST"): 5}


def test_a_feed_is_silent_from_the_moment_it_is_due_until_it_is_heard() -> None:
    feeds, hearing = watching(HOURLY), heard(8)
    assert hearing.look(feeds, hour(8.9)) == set()
    assert hearing.due_at(feeds) == hour(9)
    assert hearing.look(feeds, hour(9)) == {"EAST"}
    assert hearing.silent == {("wms", "EAST"): hour(9)}
    assert hearing.due_at(feeds) is None
    assert hearing.look(feeds, hour(20)) == set()
    hearing.enter(SourceHeard("wms", hour(20)))
    assert hearing.look(feeds, hour(20.5)) == {"EAST"}
    assert (hearing.silent, hearing.due_at(feeds)) == ({}, hour(21))


def test_the_order_in_which_messages_arrive_is_nothing() -> None:
    feeds = watching(HOURLY)
    for times in permutations((8.0, 9.5, 8.5)):
        hearing = heard(*times)
        hearing.look(feeds, hour(12))
        assert hearing.silent == {("wms", "EAST"): hour(10.5)}


def test_a_source_that_was_never_heard_has_told_nothing_that_is_old() -> None:
    hearing = heard(8, source="other")
    assert hearing.look(watching(HOURLY), hour(24)) == set()


def test_what_a_shard_heard_outlives_it() -> None:
    hearing = heard(8)
    hearing.look(watching(HOURLY), hour(12))
    again = Hearing(hearing.kept())
    assert (again.heard, again.silent, again.looked_at) == (hearing.heard, hearing.silent, hour(12))


def test_a_new_deployment_knows_the_newest_that_any_shard_of_the_old_one_heard() -> None:
    both = newest_of([heard(8).kept(), heard(9).kept(), heard(7, source="far").kept()])
    assert dict(both.heard) == {"wms": hour(9), "far": hour(7)}
    assert (both.silent, both.looked_at) == ((), None)


def test_of_several_doubts_about_one_place_the_first_to_fall_counts() -> None:
    said = policy(HOURLY, {"source": "far", "floor_after_minutes": 1_000, "locations": ["WEST"]})
    events = [count(5, at=1), unknown(0, at=12), count(7, at=1, location="WEST", source="far")]
    ledger = books_after([*events, unknown(0, at=2, location="WEST", source="far")])["BOLT"]
    hearing = heard(8)
    hearing.look(watching(HOURLY), hour(13))
    doubts = {place[0]: (one.floor_at, one.why) for place, one in hearing.doubts(ledger, said).items()}
    assert doubts == {
        "EAST": (hour(11), "wms is silent since 2026-03-02 09:00:00Z"),
        "WEST": (hour(2) + timedelta(minutes=1_000), "far does not say how much there is since 2026-03-02 02:00:00Z"),
    }


def test_items_that_a_feed_does_not_concern_are_not_doubted() -> None:
    only_nuts = policy({**HOURLY, "items": {"only": ["NUT"]}})
    hearing = heard(8)
    hearing.look(watching(HOURLY), hour(13))
    assert hearing.doubts(books_after([count(5, at=1)])["BOLT"], only_nuts) == {}
    assert len(hearing.doubts(books_after([count(5, at=1, item="NUT")])["NUT"], only_nuts)) == 1


def test_a_place_whose_one_event_was_taken_out_again_is_not_doubted() -> None:
    """Which of two contradicting events came first must not matter: the loser's place was never meant."""
    wrong = count(5, at=1, key="k", location="WEST", received_at=3)
    right = count(5, at=1, key="k", received_at=2)
    west = {"source": "wms", "silent_after_minutes": 60, "locations": ["EAST", "WEST"]}
    for order in ((wrong, right), (right, wrong)):
        hearing = heard(8)
        hearing.look(watching(west), hour(13))
        doubts = hearing.doubts(books_after(order)["BOLT"], policy(west))
        assert [place[0] for place in doubts] == ["EAST"]
