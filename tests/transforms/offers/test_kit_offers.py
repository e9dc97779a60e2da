"""How many of a kit a channel may sell: whole, from one place each, and never more of a component than its pool."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Component
from tests.transforms.offers.offered import B2B, EAST, HOLD, WEST, rules, stock
from transforms.offers.allocation_rules import allocate
from transforms.offers.availability_rules import ItemStock, Rules
from transforms.offers.kit_offers import KitPool, kit_pool

SET = (Component("BOLT", Decimal(2)), Component("NUT", Decimal(3)))
SHARED: dict[str, Any] = {"b2b": B2B}


def a_kit_pool(by: Rules, *stocks: ItemStock, channel: str = "b2b", needs: tuple[Component, ...] = SET) -> KitPool:
    pools = {one.item: allocate(one, by) for one in stocks}
    return kit_pool(channel, needs, pools, by)


def bolts(*places: Any, **claims: Any) -> ItemStock:
    return stock(dict(places), item="BOLT", **claims)


def nuts(*places: Any, **claims: Any) -> ItemStock:
    return stock(dict(places), item="NUT", **claims)


FIXED = {"retailer": {**B2B, "pool": {"kind": "fixed", "quantity": 5}}, "b2b": B2B}


@pytest.mark.parametrize(
    ("story", "by", "stocks", "kits"),
    [
        ("the scarcest component", rules(channels=SHARED), (bolts((EAST, 9)), nuts((EAST, 9))), 3),
        (
            "each place ships whole kits",
            rules(channels=SHARED),
            (bolts((EAST, 3), (WEST, 3)), nuts((EAST, 99), (WEST, 99))),
            2,
        ),
        ("components apart make no kit", rules(channels=SHARED), (bolts((EAST, 9)), nuts((WEST, 9))), 0),
        ("what is held is not there", rules(channels=SHARED), (bolts((EAST, 9)), nuts((HOLD, 9))), 0),
        ("claims come off", rules(channels=SHARED), (bolts((EAST, 9), soft={"b2b": 4}), nuts((EAST, 9))), 2),
        ("a component below zero", rules(channels=SHARED), (bolts((EAST, -2)), nuts((EAST, 9))), 0),
        (
            "what is ring-fenced for others does not leave inside a kit",
            rules(channels=FIXED),
            (bolts((EAST, 9)), nuts((EAST, 99))),
            2,
        ),
        (
            "the channel's own safety stock of a component",
            rules(channels=SHARED, safety_stock=[{"quantity": 4, "item": "BOLT", "channel": "b2b"}]),
            (bolts((EAST, 9)), nuts((EAST, 99))),
            2,
        ),
    ],
)
def test_how_many_kits(story: str, by: Rules, stocks: tuple[ItemStock, ...], kits: int) -> None:
    assert a_kit_pool(by, *stocks).quantity == kits


def test_a_ring_fenced_channel_takes_no_more_of_a_component_than_its_own() -> None:
    by = rules(channels=FIXED)
    pool = a_kit_pool(by, bolts((EAST, 90)), nuts((EAST, 99)), channel="retailer")
    assert pool.quantity == 1
    assert [(step.step, int(step.quantity), step.rule) for step in pool.steps] == [
        ("kits_by_location", 33, "whole kits each location can ship: EAST 33, WEST 0"),
        ("component_pool", -32, "NUT: the channel may take 1 kits of it"),
    ]


def test_the_steps_say_what_each_place_can_ship() -> None:
    pool = a_kit_pool(rules(channels=SHARED), bolts((EAST, 9), (WEST, 4)), nuts((EAST, 9), (WEST, 99)))
    assert [(step.step, int(step.quantity), step.rule) for step in pool.steps] == [
        ("kits_by_location", 5, "whole kits each location can ship: EAST 3, WEST 2"),
    ]


def test_the_answer_is_never_a_difference_of_two_minima() -> None:
    """15 shared nuts, 5 of them claimed: 3 kits now. min(all) - min(claimed) would have said 5 - 0."""
    before = a_kit_pool(rules(channels=SHARED), bolts((EAST, 10)), nuts((EAST, 15)))
    after = a_kit_pool(rules(channels=SHARED), bolts((EAST, 10)), nuts((EAST, 15), soft={"b2b": 5}))
    assert (before.quantity, after.quantity) == (5, 3)


quantities = st.integers(-5, 60)


@given(
    st.tuples(*[st.fixed_dictionaries({EAST: quantities, WEST: quantities})] * 2),
    st.tuples(*[st.integers(0, 30)] * 2),
    st.integers(0, 40),
    st.tuples(*[st.integers(1, 40)] * 2),
)
def test_kits_of_all_channels_never_take_more_of_a_component_than_is_free(
    places: tuple[dict[Any, int], ...], claims: tuple[int, ...], ring_fenced: int, each: tuple[int, ...]
) -> None:
    by = rules(channels={"retailer": {**B2B, "pool": {"kind": "fixed", "quantity": ring_fenced}}, "b2b": B2B})
    needs = tuple(Component(item, Decimal(n) / 10) for item, n in zip(("BOLT", "NUT"), each, strict=True))
    given_stocks = [
        stock(here, item=item, soft={"b2b": claimed})
        for item, here, claimed in zip(("BOLT", "NUT"), places, claims, strict=True)
    ]
    kits = [a_kit_pool(by, *given_stocks, channel=name, needs=needs) for name in ("retailer", "b2b")]
    assert all(pool.quantity >= 0 for pool in kits)
    assert all(sum(step.quantity for step in pool.steps) == pool.quantity for pool in kits)
    for need, given_stock in zip(needs, given_stocks, strict=True):
        free = sum(allocate(given_stock, by)["b2b"].free.by_location.values())
        assert sum(pool.quantity for pool in kits) * need.quantity <= free
