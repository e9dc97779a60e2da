"""What a named definition counts at each location, and whose claims come off where."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from schemas.master_records import Lot
from schemas.policy_spec import ChannelPolicy
from tests.transforms.offers.offered import B2B, DEFINITIONS, EAST, HOLD, WEB, WEST, expected, march, rules, stock
from transforms.offers.availability_rules import (
    ItemStock,
    Placed,
    expected_day,
    here_for,
    is_lot_for_sale,
    last_selling_day,
    place_claims,
    routed,
)

MARCH_2 = date(2026, 3, 2)
ERP = {"means": "what the ERP says", "dispositions": ["sellable", "quality_hold"], "subtract_claims": False}


def channel(**fields: Any) -> ChannelPolicy:
    return ChannelPolicy.model_validate({**B2B, **fields})


def lot(status: Any = "released", expires_on: str | None = "2026-05-01") -> Lot:
    return Lot("MUG", "L", date.fromisoformat(expires_on) if expires_on else None, status)


@pytest.mark.parametrize(
    ("story", "given_lot", "shelf_life_days_min", "sells"),
    [
        ("nobody keeps a record of it", None, 99, True),
        ("released", lot(), 0, True),
        ("held", lot("held"), 0, False),
        ("recalled", lot("recalled"), 0, False),
        ("never expires", lot(expires_on=None), 999, True),
        ("held, though it never expires", lot("held", None), 0, False),
        ("expires tomorrow", lot(expires_on="2026-03-03"), 0, True),
        ("expires today", lot(expires_on="2026-03-02"), 0, False),
        ("expired", lot(expires_on="2026-03-01"), 0, False),
        ("long enough", lot(), 60, True),
        ("a day too short", lot(), 61, False),
    ],
)
def test_which_lots_may_be_sold(story: str, given_lot: Lot | None, shelf_life_days_min: int, sells: bool) -> None:
    assert is_lot_for_sale(given_lot, MARCH_2, shelf_life_days_min) is sells


def test_the_last_day_on_which_a_lot_sells() -> None:
    assert last_selling_day(lot(expires_on="2026-03-10"), 0) == date(2026, 3, 9).toordinal()
    assert last_selling_day(lot(expires_on="2026-03-10"), 5) == date(2026, 3, 5).toordinal()
    assert last_selling_day(lot(expires_on=None), 5) is None


PLACES = {
    EAST: 10,
    HOLD: 2,
    WEST: 5,
    ("EAST", "GOOD", "sellable"): 3,
    ("EAST", "BAD", "sellable"): 4,
    ("NORTH", "", "sellable"): 50,
}
LOTS = {("MUG", "GOOD"): lot(), ("MUG", "BAD"): lot("recalled")}


@pytest.mark.parametrize(
    ("story", "fields", "by_location"),
    [
        ("its locations, its dispositions, its lots", {}, {"EAST": 13, "WEST": 5}),
        ("one location", {"locations": ["WEST"]}, {"WEST": 5}),
        ("another meaning of available", {"definition": "erp"}, {"EAST": 15, "WEST": 5}),
        ("lots that last", {"minimum_shelf_life_days": 90}, {"EAST": 10, "WEST": 5}),
        ("a location without stock", {"locations": ["SOUTH"]}, {"SOUTH": 0}),
    ],
)
def test_what_is_for_sale(story: str, fields: dict[str, Any], by_location: dict[str, int]) -> None:
    by = rules(definitions={**DEFINITIONS, "erp": ERP})._replace(lots=LOTS)
    assert here_for(stock(PLACES), channel(**fields), by).for_sale == by_location


def test_lots_are_judged_by_the_day_of_sale() -> None:
    given, short = stock({("EAST", "L", "sellable"): 4}), {("MUG", "L"): lot(expires_on="2026-03-05")}
    by = rules()._replace(lots=short)
    assert here_for(given, channel(), by).for_sale["EAST"] == 4
    assert here_for(given, channel(), by._replace(sold_on=date(2026, 3, 5))).for_sale["EAST"] == 0
    assert here_for(given, channel(), by._replace(as_of=march(5))).for_sale["EAST"] == 0


def test_locations_are_asked_in_the_order_of_the_policy_and_then_by_name() -> None:
    assert routed({"WEST", "EAST", "NORTH", "SOUTH"}, ["SOUTH", "WEST", "ELSEWHERE"]) == (
        "SOUTH",
        "WEST",
        "EAST",
        "NORTH",
    )


BOTH = {EAST: 10, WEST: 5}
ONE_EACH = {"web": {**WEB, "locations": ["EAST"]}, "b2b": {**B2B, "locations": ["WEST"]}}


@pytest.mark.parametrize(
    ("story", "given_stock", "channels", "placed"),
    [
        ("no claims", stock(BOTH), None, {}),
        (
            "promised from a place, and from another what is not there",
            stock(BOTH, hard={"WEST": 7}),
            None,
            {"WEST": 5, "EAST": 2},
        ),
        ("routing decides", stock(BOTH, soft={"web": 4}), None, {"EAST": 4}),
        ("what does not fit goes on", stock(BOTH, soft={"web": 12}), None, {"EAST": 10, "WEST": 2}),
        ("what finds nothing is placed nowhere", stock(BOTH, soft={"web": 99}), None, {"EAST": 10, "WEST": 5}),
        ("beside a promise that is kept", stock(BOTH, hard={"EAST": 12, "WEST": 0}), None, {"EAST": 10, "WEST": 2}),
        ("after what is promised there", stock(BOTH, soft={"web": 4}, hard={"EAST": 9}), None, {"EAST": 10, "WEST": 3}),
        ("at its channel's places", stock(BOTH, soft={"b2b": 4}), ONE_EACH, {"WEST": 4}),
        ("one channel after another", stock(BOTH, soft={"web": 8, "b2b": 4}), None, {"EAST": 10, "WEST": 2}),
        ("a channel without a policy, as the first", stock(BOTH, soft={"bazaar": 12}), ONE_EACH, {"EAST": 10}),
        ("not where stock is below zero", stock({EAST: -3, WEST: 5}, soft={"web": 4}), None, {"WEST": 4}),
        ("not on what may not be sold", stock({HOLD: 9, WEST: 5}, soft={"web": 4}), None, {"WEST": 4}),
    ],
)
def test_where_claims_come_off(
    story: str, given_stock: ItemStock, channels: Mapping[str, Any] | None, placed: dict[str, int]
) -> None:
    assert place_claims(given_stock, rules(channels=channels)).at == placed


def supplies(placed: Placed) -> list[tuple[str, int]]:
    return [(supply.location, int(supply.quantity)) for supply in placed.supplies]


@pytest.mark.parametrize(
    ("story", "soft", "left"),
    [
        ("claims that stock serves leave it alone", {"web": 10}, [("EAST", 4), ("WEST", 6)]),
        ("what stock does not serve waits for the earliest", {"web": 13}, [("EAST", 1), ("WEST", 6)]),
        ("and for the next", {"web": 16}, [("EAST", 0), ("WEST", 4)]),
        ("and for nothing", {"web": 99}, [("EAST", 0), ("WEST", 0)]),
        ("two channels wait one after another", {"web": 11, "b2b": 3}, [("EAST", 0), ("WEST", 6)]),
    ],
)
def test_claims_without_stock_wait_for_supply(story: str, soft: dict[str, int], left: list[tuple[str, int]]) -> None:
    given_stock = stock(
        {EAST: 10}, expected(6, 5, "WEST"), expected(4, 4), expected(9, None), expected(9, 1), soft=soft
    )
    assert supplies(place_claims(given_stock, rules())) == left


def test_claims_wait_only_for_supply_of_their_own_places() -> None:
    given_stock = stock(0, expected(4, 4), expected(6, 5, "WEST"), soft={"b2b": 5})
    assert supplies(place_claims(given_stock, rules(channels=ONE_EACH))) == [("EAST", 4), ("WEST", 1)]


@pytest.mark.parametrize(("day", "counts"), [(None, None), (1, None), (2, MARCH_2), (3, date(2026, 3, 3))], ids=str)
def test_supply_is_expected_from_the_day_somebody_named_until_that_day_has_passed(
    day: int | None, counts: date | None
) -> None:
    assert expected_day(expected(5, day), MARCH_2) == counts
