"""From a pool to the whole number that a channel is told; the steps say how."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.master_data import Listing
from tests.transforms.offers.offered import B2B, EAST, HOLD, WEST, expected, march, rules, stock
from transforms.offers.allocation_rules import allocate
from transforms.offers.availability_rules import ItemStock, Rules
from transforms.offers.channel_rules import Step, after_safety_stock, pool_steps, told

EACH = Listing("b2b", "B-MUG", "MUG", "each", Decimal(1))
CASE = Listing("b2b", "B-MUG", "MUG", "case", Decimal(6))
GRAM = Listing("b2b", "B-BEANS", "BEANS", "gram", Decimal("0.001"))
CLOSED = [{"from": "2026-03-02T10:00:00Z", "to": "2026-03-02T14:00:00Z", "why": "stock taking"}]


def by(safety: list[dict[str, Any]] | None = None, **limits: Any) -> Rules:
    return rules(channels={"b2b": {**B2B, **limits}}, safety_stock=safety or [])


def steps_of(quantity: str, given_rules: Rules, listing: Listing = EACH) -> list[tuple[str, str]]:
    return [(step.step, str(step.quantity)) for step in told(listing, Decimal(quantity), given_rules)]


@pytest.mark.parametrize(
    ("story", "quantity", "given_rules", "steps"),
    [
        ("all of it", "9", by(), [("sell_units", "9")]),
        ("nothing", "0", by(), [("sell_units", "0")]),
        ("whole units only", "9.99", by(), [("sell_units", "9")]),
        ("a buffer", "9", by(buffer=2), [("buffer", "-2"), ("sell_units", "7")]),
        ("a buffer never goes below zero", "1", by(buffer=2), [("buffer", "-1"), ("sell_units", "0")]),
        ("a cap", "9", by(cap=5), [("cap", "-4"), ("sell_units", "5")]),
        ("a cap above", "9", by(cap=50), [("sell_units", "9")]),
        ("a cap of zero", "9", by(cap=0), [("cap", "-9"), ("sell_units", "0")]),
        ("below the threshold", "4", by(publish_threshold=5), [("publish_threshold", "-4"), ("sell_units", "0")]),
        ("at the threshold", "5", by(publish_threshold=5), [("sell_units", "5")]),
        (
            "the threshold is of what the buffer leaves",
            "6",
            by(publish_threshold=5, buffer=2),
            [("buffer", "-2"), ("publish_threshold", "-4"), ("sell_units", "0")],
        ),
        ("the cap comes after the buffer", "9", by(buffer=2, cap=7), [("buffer", "-2"), ("sell_units", "7")]),
        ("a blackout", "9", by(blackouts=CLOSED), [("blackout", "-9"), ("sell_units", "0")]),
        ("nothing to black out", "0", by(blackouts=CLOSED), [("sell_units", "0")]),
        (
            "the channel's own safety stock",
            "9",
            by([{"quantity": 2, "channel": "b2b"}]),
            [("channel_safety_stock", "-2"), ("sell_units", "7")],
        ),
        ("that of another channel", "9", by([{"quantity": 2, "channel": "web"}]), [("sell_units", "9")]),
        ("that of a location came off before", "9", by([{"quantity": 2, "location": "EAST"}]), [("sell_units", "9")]),
        (
            "all of them",
            "20",
            by([{"quantity": 1, "channel": "b2b"}], buffer=2, cap=12, blackouts=CLOSED),
            [("channel_safety_stock", "-1"), ("buffer", "-2"), ("cap", "-5"), ("blackout", "-12"), ("sell_units", "0")],
        ),
    ],
)
def test_what_is_told(story: str, quantity: str, given_rules: Rules, steps: list[tuple[str, str]]) -> None:
    assert steps_of(quantity, given_rules) == steps


@pytest.mark.parametrize(
    ("listing", "quantity", "units"),
    [
        (CASE, "5", "0"),
        (CASE, "6", "1"),
        (CASE, "52.9", "8"),
        (GRAM, "1.2345", "1234"),
        (EACH, "0.999999", "0"),
    ],
)
def test_sell_units_are_whole(listing: Listing, quantity: str, units: str) -> None:
    assert steps_of(quantity, by(), listing) == [("sell_units", units)]


def test_the_last_step_says_in_which_unit() -> None:
    (step,) = told(CASE, Decimal(13), by())
    assert step == Step("sell_units", Decimal(2), "whole units of case (6), rounded down")


def test_a_blackout_ends() -> None:
    after = by(blackouts=CLOSED)._replace(as_of=march(2, 14))
    assert steps_of("9", after) == [("sell_units", "9")]


@pytest.mark.parametrize(("quantity", "left"), [("9", "6"), ("3", "0"), ("1", "0")])
def test_what_may_be_promised_is_never_below_zero(quantity: str, left: str) -> None:
    kept = by([{"quantity": 3, "channel": "b2b"}])
    assert str(after_safety_stock(Decimal(quantity), "MUG", "b2b", kept)) == left


FULL = stock(
    {EAST: 50, HOLD: 7, WEST: -4, ("EAST", "BAD", "sellable"): 3},
    expected(20, 4),
    soft={"web": 5},
    hard={"EAST": 1},
)


def test_the_chain_to_a_pool_names_each_cause() -> None:
    channels = {
        "retailer": {**B2B, "pool": {"kind": "fixed", "quantity": 10}},
        "b2b": {**B2B, "definition": "atp", "pool": {"kind": "percent", "percent": 50}},
    }
    recalled = rules(channels=channels, safety_stock=[{"quantity": 2, "location": "EAST"}])
    lots = {("MUG", "BAD"): BAD_LOT}
    pool = allocate(FULL, recalled._replace(lots=lots))["b2b"]
    assert [(step.step, int(step.quantity)) for step in pool_steps(pool, "atp")] == [
        ("on_hand", 56),
        ("other_dispositions", -7),
        ("lots_not_for_sale", -3),
        ("inbound", 20),
        ("reserved", -6),
        ("safety_stock", -2),
        ("floor", 4),
        ("exclusive_pools", -10),
        ("pool", -21),
    ]
    assert pool.quantity == 31


BAD_LOT = rules().lots["MILK", "L1"]._replace(item="MUG", lot="BAD", status="recalled")


def test_causes_that_change_nothing_are_left_out() -> None:
    pool = allocate(stock(9), by())["b2b"]
    assert [(step.step, int(step.quantity)) for step in pool_steps(pool, "sellable")] == [("on_hand", 9), ("pool", 0)]


quantities = st.integers(0, 60)
stocks = st.builds(
    lambda places, soft, hard, supply: stock(places, *supply, soft=soft, hard=hard),
    st.dictionaries(st.sampled_from([EAST, WEST, HOLD, ("NORTH", "", "sellable")]), st.integers(-20, 60)),
    st.dictionaries(st.sampled_from(["web", "b2b"]), quantities),
    st.dictionaries(st.sampled_from(["EAST", "WEST"]), quantities),
    st.lists(st.builds(expected, quantities, st.integers(1, 9)), max_size=2),
)
limits = st.fixed_dictionaries(
    {"buffer": quantities, "publish_threshold": quantities, "cap": st.one_of(st.none(), quantities)}
)


@given(stocks, limits, st.integers(0, 9), st.sampled_from(["sellable", "atp"]), st.integers(1, 99))
def test_the_chain_adds_up_and_nobody_is_told_more_than_the_pool(
    given_stock: ItemStock, said: dict[str, Any], safety: int, definition: str, percent: int
) -> None:
    channels = {
        "web": {**B2B, "pool": {"kind": "percent", "percent": percent}},
        "b2b": {**B2B, **said, "definition": definition},
    }
    given_rules = rules(channels=channels, safety_stock=[{"quantity": safety}, {"quantity": 1, "channel": "b2b"}])
    for name, pool in allocate(given_stock, given_rules).items():
        assert sum(step.quantity for step in pool_steps(pool, definition)) == pool.quantity
        *changes, last = told(CASE._replace(channel=name), pool.quantity, given_rules)
        left = pool.quantity + sum(step.quantity for step in changes)
        assert 0 <= left <= pool.quantity
        assert last.quantity * 6 <= left < (last.quantity + 1) * 6
