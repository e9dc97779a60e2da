import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.policy_parts import Floor
from tests.ledgers import MASTER
from tests.transforms.offers.offered import B2B, EAST, HOLD, NOON, WEST, rules, stock
from transforms.offers.availability_rules import ItemStock
from transforms.offers.doubt_rules import Doubt, Doubts, in_doubt
from transforms.offers.offer_rules import Offer, offers_for
from transforms.offers.update_rules import availability_row

NOTHING = Floor(quantity=Decimal(0))
LATER, BEFORE = NOON + timedelta(hours=1), NOON - timedelta(hours=1)


def told(on_hand: ItemStock, doubts: Mapping[tuple[str, str, str], Doubt], item: str = "BOLT") -> dict[str, Offer]:
    by = rules(MASTER, channels={"web": {**B2B, "locations": ["EAST"]}, "b2b": B2B})
    stocks = {on_hand.item: on_hand}

    def stock_of(part: str) -> ItemStock:
        return stocks.get(part, ItemStock(part, {}, {}, {}))

    def doubts_of(part: str) -> Doubts:
        return dict(doubts) if part == on_hand.item else {}

    found = in_doubt(item, offers_for(item, stock_of, MASTER, by), stock_of, MASTER, by, doubts_of)
    return {one.channel: one for one in found.offers}


def a_doubt(floor_at: object = LATER, floor: Floor = NOTHING, why: str = "wms is silent") -> Doubt:
    return Doubt(floor_at, why, floor)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("story", "doubts", "web", "b2b"),
    [
        ("all is known", {}, (20, "told"), (50, "told")),
        ("EAST is silent", {EAST: a_doubt()}, (20, "held"), (50, "held")),
        ("WEST is, and web does not draw on it", {WEST: a_doubt()}, (20, "told"), (50, "held")),
        ("what does not count may be unknown", {HOLD: a_doubt()}, (20, "told"), (50, "told")),
        ("its time has come", {EAST: a_doubt(BEFORE)}, (0, "floor"), (30, "floor")),
        ("to the moment", {EAST: a_doubt(NOON)}, (0, "floor"), (30, "floor")),
        ("a floor of 5", {EAST: a_doubt(NOON, Floor(quantity=Decimal(5)))}, (5, "floor"), (35, "floor")),
        ("a quarter", {EAST: a_doubt(NOON, Floor(share=Decimal("0.25")))}, (5, "floor"), (35, "floor")),
        (
            "never above what there was",
            {EAST: a_doubt(NOON, Floor(quantity=Decimal(99)))},
            (20, "floor"),
            (50, "floor"),
        ),
        ("one held, one at its floor", {EAST: a_doubt(NOON), WEST: a_doubt()}, (0, "floor"), (30, "held")),
    ],
)
def test_what_channels_may_be_told(story: str, doubts: Doubts, web: tuple[int, str], b2b: tuple[int, str]) -> None:
    offers = told(stock({EAST: 20, WEST: 30, HOLD: 4}, item="BOLT"), doubts)
    assert {name: (one.figure.quantity, one.state) for name, one in offers.items()} == {"web": web, "b2b": b2b}, story


def test_the_chain_names_the_feed_and_adds_up() -> None:
    doubts = {EAST: a_doubt(BEFORE), WEST: a_doubt(why="far is silent")}
    offers = told(stock({EAST: 20, WEST: 30}, item="BOLT"), doubts)
    web, b2b = offers["web"], offers["b2b"]
    row = availability_row("BOLT", web, [], "1")
    steps = {one["step"]: (one["quantity"], one["rule"]) for one in json.loads(row.chain)}
    assert steps["feed_floor"] == ("-20", "wms is silent: only the floor counts")
    assert (row.state, row.state_reason, row.available_quantity) == ("floor", "wms is silent", 0)
    assert sum(step.quantity for step in web.figure.steps[:-1]) == web.figure.quantity
    assert [step.step for step in b2b.figure.steps][-3:] == ["feed_floor", "held", "sell_units"]
    assert b2b.figure.steps[-2].rule == "far is silent: not told, and from 2026-03-02 13:00:00Z by its floor"
    assert b2b.reason == "wms is silent; far is silent"


def test_a_floor_at_one_location_never_raises_what_is_told_of_another() -> None:
    """A share of all is cut out of WEST first. When EAST counts for nothing the share is smaller, and more is left."""
    channels = {
        "b2b": {**B2B, "pool": {"kind": "percent", "percent": 30}},
        "web": {**B2B, "locations": ["WEST"]},
    }
    by = rules(MASTER, channels=channels, routing=["WEST", "EAST"])
    here = stock({EAST: 50, WEST: 20}, item="BOLT")
    offers = offers_for("BOLT", lambda _: here, MASTER, by)
    assert {one.channel: one.figure.quantity for one in offers} == {"web": 0, "b2b": 21}
    found = in_doubt("BOLT", offers, lambda _: here, MASTER, by, lambda _: {EAST: a_doubt(NOON)})
    assert {one.channel: (one.figure.quantity, one.state) for one in found.offers} == {
        "web": (0, "told"),
        "b2b": (6, "floor"),
    }


def test_a_kit_is_in_doubt_with_any_component_that_it_takes() -> None:
    offers = told(stock({EAST: 20}, item="NUT"), {EAST: a_doubt()}, item="SET")
    assert {name: one.state for name, one in offers.items()} == {"web": "held", "b2b": "held"}
    assert {one.state for one in told(stock({EAST: 20}, item="OIL"), {EAST: a_doubt()}, item="SET").values()} == {
        "told"
    }


def test_the_next_floor_is_when_the_clock_looks_again() -> None:
    by, here = rules(MASTER, channels={"b2b": B2B}), stock({EAST: 20, WEST: 30}, item="BOLT")
    offers = offers_for("BOLT", lambda _: here, MASTER, by)
    doubts = {EAST: a_doubt(BEFORE), WEST: a_doubt(LATER)}
    found = in_doubt("BOLT", offers, lambda _: here, MASTER, by, lambda _: doubts)
    assert found.until == LATER
    assert found.low_stock_of("BOLT").on_hand == {EAST: 0, WEST: 30}
    assert in_doubt("BOLT", offers, lambda _: here, MASTER, by, lambda _: {}).until is None
