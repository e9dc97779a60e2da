"""Who may draw on what is free: no unit is in two exclusive pools, and none is in a pool that is not there."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.offers.offered import B2B, EAST, WEST, expected, rules, stock
from transforms.offers.allocation_rules import EXCLUSIVE, Pool, allocate
from transforms.offers.availability_rules import ItemStock, Rules, place_claims
from transforms.offers.free_rules import free_for

BOTH = {EAST: 50, WEST: 20}


def sharing(**channels: dict[str, Any]) -> Rules:
    """Each channel by its pool; other fields of the channel may stand beside the pool's."""
    fields = ("locations", "definition", "items")
    return rules(
        channels={
            name: {
                **B2B,
                "pool": {key: value for key, value in said.items() if key not in fields},
                **{key: value for key, value in said.items() if key in fields},
            }
            for name, said in channels.items()
        }
    )


def fixed(quantity: int, **fields: Any) -> dict[str, Any]:
    return {"kind": "fixed", "quantity": quantity, **fields}


def percent(share: float | str, **fields: Any) -> dict[str, Any]:
    return {"kind": "percent", "percent": str(share), **fields}


def priority(rank: int, protect: int = 0) -> dict[str, Any]:
    return {"kind": "priority", "rank": rank, "protect": protect}


SHARED = {"kind": "shared"}
ONLY_EAST = {"locations": ["EAST"]}


@pytest.mark.parametrize(
    ("story", "by", "expected_pools"),
    [
        ("all share all", sharing(web=SHARED, b2b=SHARED), {"web": 70, "b2b": 70}),
        (
            "the example of the module",
            sharing(retailer=fixed(40), marketplace=percent(30), web=SHARED),
            {"retailer": 40, "marketplace": 21, "web": 9},
        ),
        ("the rest of a percent", sharing(a=percent(30), web=SHARED), {"a": 21, "web": 49}),
        ("percents are of all, not of the rest", sharing(a=percent(50), b=percent(50)), {"a": 35, "b": 35}),
        ("rounded down", sharing(a=percent("33.4"), web=SHARED), {"a": 23, "web": 47}),
        ("more than there is", sharing(a=fixed(90), web=SHARED), {"a": 70, "web": 0}),
        ("first in the file, first served", sharing(a=fixed(60), b=fixed(60)), {"a": 60, "b": 10}),
        ("wherever shared stands", sharing(web=SHARED, a=fixed(60)), {"web": 10, "a": 60}),
        ("a fixed pool of nothing", sharing(a=fixed(0), web=SHARED), {"a": 0, "web": 70}),
        (
            "priority leaves what those before it protect",
            sharing(a=priority(1, 5), b=priority(2, 20), c=priority(3)),
            {"a": 70, "b": 65, "c": 45},
        ),
        (
            "rank counts, not the order of the file",
            sharing(c=priority(3), b=priority(2, 20), a=priority(1, 5)),
            {"a": 70, "b": 65, "c": 45},
        ),
        (
            "priority after what is exclusive",
            sharing(x=fixed(60), a=priority(1, 8), b=priority(2)),
            {"x": 60, "a": 10, "b": 2},
        ),
        ("more protected than there is", sharing(a=priority(1, 99), b=priority(2)), {"a": 70, "b": 0}),
        (
            "a channel sells from its own places",
            sharing(a=fixed(60, **ONLY_EAST), web=SHARED, b=percent(50, locations=["WEST"])),
            {"a": 50, "web": 10, "b": 10},
        ),
        (
            "what is not listed cuts nothing out, and may be drawn for a kit",
            sharing(a=fixed(60, items={"only": ["GIFT"]}), web=SHARED),
            {"a": 70, "web": 70},
        ),
    ],
)
def test_pools(story: str, by: Rules, expected_pools: dict[str, int]) -> None:
    assert {name: pool.quantity for name, pool in allocate(stock(BOTH), by).items()} == expected_pools


def test_a_pool_says_where_it_could_draw_and_what_others_took() -> None:
    pools = allocate(stock(BOTH), sharing(retailer=fixed(40), marketplace=percent(30), web=SHARED))
    said = {name: (pool.by_location, pool.taken_by_others, pool.rule) for name, pool in pools.items()}
    assert said == {
        "retailer": ({"EAST": 50, "WEST": 20}, 0, "fixed pool of 40"),
        "marketplace": ({"EAST": 10, "WEST": 20}, 40, "30 % of 70, rounded down"),
        "web": ({"EAST": 0, "WEST": 9}, 61, "shared pool"),
    }


def test_a_priority_channel_says_what_is_protected_from_it() -> None:
    pools = allocate(stock(BOTH), sharing(a=priority(1, 5), b=priority(2)))
    assert pools["a"].rule == "priority 1: 0 protected for the 0 ranked before"
    assert pools["b"].rule == "priority 2: 5 protected for the 1 ranked before"


def test_claims_bring_every_pool_down() -> None:
    claimed = stock(BOTH, soft={"web": 10}, hard={"WEST": 20})
    pools = allocate(claimed, sharing(a=percent(50), web=SHARED, b=SHARED))
    assert {name: pool.quantity for name, pool in pools.items()} == {"a": 20, "web": 20, "b": 20}


def test_supply_that_is_expected_is_shared_among_those_who_may_lean_on_it() -> None:
    pools = allocate(stock(10, expected(20, 4)), sharing(a=percent(50, definition="atp"), web=SHARED))
    assert {name: pool.quantity for name, pool in pools.items()} == {"a": 15, "web": 0}


quantities = st.integers(0, 60)
policies = st.lists(
    st.one_of(
        st.builds(fixed, quantities, locations=st.sampled_from([["EAST"], ["WEST"], ["EAST", "WEST"]])),
        st.builds(percent, st.integers(1, 33), definition=st.sampled_from(["sellable", "atp"])),
        st.just(SHARED),
        st.builds(priority, st.integers(1, 9), quantities),
    ),
    min_size=1,
    max_size=4,
)
stocks = st.builds(
    lambda places, soft, hard, supply: stock(places, *supply, soft=soft, hard=hard),
    st.fixed_dictionaries({EAST: st.integers(-9, 60), WEST: st.integers(-9, 60)}),
    st.dictionaries(st.sampled_from(["c0", "c1", "other"]), quantities),
    st.dictionaries(st.sampled_from(["EAST", "WEST"]), quantities),
    st.lists(st.builds(expected, quantities, st.integers(1, 9), st.sampled_from(["EAST", "WEST"])), max_size=2),
)


def made(said: list[dict[str, Any]]) -> Rules:
    return sharing(**{f"c{number}": one for number, one in enumerate(said)})


@given(stocks, policies)
def test_no_unit_is_in_two_exclusive_pools_and_none_is_negative(given_stock: ItemStock, said: list[Any]) -> None:
    by = made(said)
    pools = allocate(given_stock, by)
    exclusive = [pool for name, pool in pools.items() if by.policy.channels[name].pool.kind in EXCLUSIVE]
    most: dict[str, Decimal] = {}  # at each location, for whoever may count most there
    for pool in pools.values():
        for place, units in pool.free.by_location.items():
            most[place] = max(units, most.get(place, Decimal(0)))
    assert sum(pool.quantity for pool in exclusive) <= sum(most.values())
    for pool in pools.values():
        assert 0 <= pool.quantity <= sum(pool.by_location.values())
        assert all(0 <= units <= pool.free.by_location[place] for place, units in pool.by_location.items())


@given(stocks, policies)
def test_exclusive_pools_and_what_is_left_never_add_up_to_more_than_is_free(
    given_stock: ItemStock, said: list[Any]
) -> None:
    """Where all channels mean the same by available: what web is told and what is ring-fenced can all be sold."""
    alike = [{key: value for key, value in one.items() if key not in ("locations", "definition")} for one in said]
    by = made(alike)
    pools = allocate(given_stock, by)
    exclusive: Mapping[bool, list[Pool]] = {True: [], False: []}
    for name, pool in pools.items():
        exclusive[by.policy.channels[name].pool.kind in EXCLUSIVE].append(pool)
    everything = free_for(given_stock, by.policy.channels["c0"], place_claims(given_stock, by), by)
    told = sum(pool.quantity for pool in exclusive[True]) + max((p.quantity for p in exclusive[False]), default=0)
    assert told <= sum(everything.by_location.values())


@given(stocks, policies, st.integers(1, 60))
def test_a_claim_never_makes_anything_more_available(given_stock: ItemStock, said: list[Any], more: int) -> None:
    by = made(said)
    claimed = given_stock._replace(soft_claims={**given_stock.soft_claims, "c0": Decimal(more)})
    base = given_stock._replace(soft_claims={**given_stock.soft_claims, "c0": Decimal(0)})
    before, after = (
        {name: sum(pool.free.by_location.values()) for name, pool in allocate(one, by).items()}
        for one in (base, claimed)
    )
    assert all(after[name] <= before[name] for name in before)


@pytest.mark.parametrize("order", [("kits", "retailer"), ("retailer", "kits")], ids=" before ".join)
@pytest.mark.parametrize("pool", [fixed(9), percent(50)], ids=["fixed", "percent"])
def test_what_is_ring_fenced_does_not_leave_inside_a_kit_wherever_its_channel_stands(
    order: tuple[str, str], pool: dict[str, Any]
) -> None:
    """A channel that sells only kits of the item may draw on 30 of the 70 in either order of the policy file."""
    said = {"kits": {**pool, "items": {"only": ["GIFT"]}}, "retailer": fixed(40)}
    pools = allocate(stock(BOTH), sharing(**{name: said[name] for name in order}))
    assert (pools["kits"].quantity, pools["retailer"].quantity) == (30, 40)
    assert pools["kits"].by_location == {"EAST": 10, "WEST": 20}
