"""What a channel could draw from each of its locations."""

from decimal import Decimal
from typing import Any

import pytest

from schemas.master_records import Lot
from schemas.policy_spec import ChannelPolicy
from tests.transforms.offers.offered import B2B, DEFINITIONS, EAST, HOLD, WEST, expected, rules, stock
from transforms.offers.availability_rules import ItemStock, Supply, place_claims
from transforms.offers.free_rules import Free, free_for

ERP = {"means": "what the ERP says", "dispositions": ["sellable", "quality_hold"], "subtract_claims": False}
BOTH = {EAST: 10, WEST: 5}
LOTS = {("MUG", "BAD"): Lot("MUG", "BAD", None, "recalled")}


def channel(**fields: Any) -> ChannelPolicy:
    return ChannelPolicy.model_validate({**B2B, **fields})


def test_the_example_of_the_module() -> None:
    places = {EAST: 10, HOLD: 2, ("EAST", "BAD", "sellable"): 3}
    by = rules(
        definitions={**DEFINITIONS, "erp": ERP},
        safety_stock=[{"quantity": 1, "location": "EAST"}],
    )._replace(lots=LOTS)
    given_stock = stock(places, soft={"web": 4})
    placed = place_claims(given_stock, by)
    assert free_for(given_stock, channel(locations=["EAST"]), placed, by) == Free(
        on_hand=Decimal(15),
        other_dispositions=Decimal(2),
        lots_not_for_sale=Decimal(3),
        inbound=Decimal(0),
        reserved=Decimal(4),
        safety_stock=Decimal(1),
        by_location={"EAST": Decimal(5)},
        total=Decimal(5),
    )
    assert free_for(given_stock, channel(locations=["EAST"], definition="erp"), placed, by).by_location == {"EAST": 11}


@pytest.mark.parametrize(
    ("story", "given_stock", "safety", "free"),
    [
        ("no location counts below zero", stock({EAST: -5, WEST: 9}), 0, {"EAST": 0, "WEST": 9}),
        ("safety stock of each", stock(BOTH), 7, {"EAST": 3, "WEST": 0}),
        ("claims of each", stock(BOTH, hard={"WEST": 2}, soft={"b2b": 11}), 0, {"EAST": 0, "WEST": 2}),
    ],
)
def test_what_is_free_at_each_location(story: str, given_stock: ItemStock, safety: int, free: dict[str, int]) -> None:
    by = rules(safety_stock=[{"quantity": safety}])
    assert free_for(given_stock, channel(), place_claims(given_stock, by), by).by_location == free


@pytest.mark.parametrize(
    ("story", "supply", "soft", "free", "without_supply"),
    [
        ("within the days of the definition, today the first", expected(5, 8), 0, 15, 10),
        ("the day after the last", expected(5, 9), 0, 10, 10),
        ("of another place", expected(5, 3, "NORTH"), 0, 10, 10),
        ("without a date", expected(5, None), 0, 10, 10),
        ("late", expected(5, 1), 0, 10, 10),
        ("of today", expected(5, 2), 0, 15, 10),
        ("that somebody waits for", expected(5, 3), 12, 3, 0),
    ],
)
def test_what_is_expected_counts_where_the_definition_says_so(
    story: str, supply: Supply, soft: int, free: int, without_supply: int
) -> None:
    given_stock = stock(10, supply, soft={"b2b": soft})
    by = rules()
    placed = place_claims(given_stock, by)
    atp = channel(definition="atp")
    assert sum(free_for(given_stock, atp, placed, by).by_location.values()) == free
    assert sum(free_for(given_stock, channel(), placed, by).by_location.values()) == without_supply


def test_a_definition_that_ignores_claims_counts_supply_that_is_waited_for() -> None:
    by = rules(definitions={**DEFINITIONS, "erp": {**ERP, "inbound_days": 7}})
    given_stock = stock(10, expected(5, 3), soft={"b2b": 12})
    free = free_for(given_stock, channel(definition="erp"), place_claims(given_stock, by), by)
    assert (free.reserved, free.inbound, free.by_location) == (0, 5, {"EAST": 15, "WEST": 0})
