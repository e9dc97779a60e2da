"""The last units: where rounding, a limit or a last day decides whether there is one more to sell."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.records import StockEvent
from tests.builders import requested
from tests.schemas.small_company import GIFT, company
from tests.transforms.offers.offered import B2B, WEB, expected, rules, stock
from transforms.kits.kit_rules import exploded
from transforms.offers.availability_rules import ItemStock
from transforms.offers.offer_rules import granted, offers_for

LISTINGS = [
    {"channel": "web", "listing": "W-MUG", "item": "MUG"},
    {"channel": "b2b", "listing": "B-MUG", "item": "MUG", "sell_unit": "case"},  # of 6
    {"channel": "retailer", "listing": "R-MUG", "item": "MUG"},
    {"channel": "web", "listing": "W-GIFT", "item": "GIFT"},  # 1 MUG and 0.5 kg of BEANS
    {"channel": "web", "listing": "W-MILK", "item": "MILK"},
]
MASTER = company(
    [GIFT],
    listings=LISTINGS,
    ownership=[],
    channels=[{"channel": channel} for channel in ("web", "b2b", "retailer")],
    lots=[
        {"item": "MILK", "lot": "L-2", "expires_on": "2026-03-02"},
        {"item": "MILK", "lot": "L-3", "expires_on": "2026-03-03"},
        {"item": "MILK", "lot": "L-4", "expires_on": "2026-03-04"},
    ],
)
EAST, WEST = ("EAST", "", "sellable"), ("WEST", "", "sellable")
PLAIN: dict[str, Any] = {**WEB, "definition": "sellable"}


def share(percent: int) -> dict[str, Any]:
    return {**PLAIN, "pool": {"kind": "percent", "percent": percent}}


def ring_fenced(quantity: int) -> dict[str, Any]:
    return {**PLAIN, "pool": {"kind": "fixed", "quantity": quantity}}


def ranked(rank: int, protect: int = 0) -> dict[str, Any]:
    return {**PLAIN, "pool": {"kind": "priority", "rank": rank, "protect": protect}}


def figures(channels: dict[str, Any], *stocks: ItemStock, item: str = "MUG") -> dict[str, int]:
    there = {one.item: one for one in stocks}
    offers = offers_for(item, there.__getitem__, MASTER, rules(MASTER, channels=channels))
    return {one.channel: one.figure.quantity for one in offers}


def lot_stock(*lots: str) -> ItemStock:
    return stock({("EAST", lot, "sellable"): 1 for lot in lots}, item="MILK")


@pytest.mark.parametrize(
    ("story", "channels", "there", "told"),
    [
        ("a case that is nearly full", {"b2b": B2B}, stock(11), {"b2b": 1}),
        ("a case that is full", {"b2b": B2B}, stock(12), {"b2b": 2}),
        ("at the threshold", {"web": {**PLAIN, "publish_threshold": 5}}, stock(5), {"web": 5}),
        ("below the threshold", {"web": {**PLAIN, "publish_threshold": 5}}, stock(4), {"web": 0}),
        ("at the cap", {"web": {**PLAIN, "cap": 5}}, stock(6), {"web": 5}),
        ("within the buffer", {"web": {**PLAIN, "buffer": 3}}, stock(2), {"web": 0}),
        ("a share that is no whole number", {"web": share(30)}, stock(9), {"web": 2}),
        ("what a share leaves", {"retailer": share(30), "web": PLAIN}, stock(9), {"retailer": 2, "web": 7}),
        (
            "three draw on one location",
            {"web": ring_fenced(4), "b2b": ring_fenced(6), "retailer": ring_fenced(5)},
            stock(12),
            {"web": 4, "b2b": 1, "retailer": 2},
        ),
        (
            "what is protected is not taken from whom it is protected for",
            {"web": ranked(1, protect=4), "retailer": ranked(2)},
            stock(10),
            {"web": 10, "retailer": 6},
        ),
        ("one location is short", {"web": PLAIN}, stock({EAST: -3, WEST: 5}), {"web": 5}),
        ("one location is promised twice", {"web": PLAIN}, stock({EAST: 3, WEST: 5}, hard={"EAST": 4}), {"web": 4}),
        (
            "a share is of what is there, whatever is short elsewhere",
            {"web": share(50)},
            stock({EAST: -3, WEST: 5}),
            {"web": 2},
        ),
        ("supply of today", {"web": WEB}, stock(1, expected(4, 2)), {"web": 5}),
        ("supply of yesterday", {"web": WEB}, stock(1, expected(4, 1)), {"web": 1}),
    ],
)
def test_a_channel_is_told(story: str, channels: dict[str, Any], there: ItemStock, told: dict[str, int]) -> None:
    assert figures(channels, there) == told


@pytest.mark.parametrize(
    ("story", "mugs", "beans", "kits"),
    [
        ("beans for nearly three", 9, "1.499", 2),
        ("beans for three", 9, "1.5", 3),
        ("mugs for one", 1, "1.5", 1),
    ],
)
def test_a_kit_is_told_whole(story: str, mugs: int, beans: str, kits: int) -> None:
    there = (stock(mugs), stock({EAST: beans}, item="BEANS"))
    assert figures({"web": PLAIN}, *there, item="GIFT") == {"web": kits}


def test_a_kit_takes_no_more_than_the_channels_share_of_each_component() -> None:
    there = (stock(100), stock({EAST: 9}, item="BEANS"))
    assert figures({"web": {**PLAIN, "buffer": 0}, "b2b": PLAIN}, *there, item="GIFT") == {"web": 18}
    safety = rules(
        MASTER, channels={"web": PLAIN}, safety_stock=[{"quantity": "0.1", "item": "BEANS", "channel": "web"}]
    )
    offers = offers_for("GIFT", {one.item: one for one in there}.__getitem__, MASTER, safety)
    assert [one.figure.quantity for one in offers] == [17]


@pytest.mark.parametrize(
    ("story", "days", "lots"),
    [
        ("a lot may be sold the day before it expires, not on the day itself", 0, 2),
        ("a day of shelf life is what any lot must have", 1, 2),
        ("two days of shelf life", 2, 1),
    ],
)
def test_the_last_day_of_a_lot(story: str, days: int, lots: int) -> None:
    """It is the 2nd of March."""
    channels = {"web": {**PLAIN, "minimum_shelf_life_days": days}}
    assert figures(channels, lot_stock("L-2", "L-3", "L-4"), item="MILK") == {"web": lots}
    assert date(2026, 3, 2) == rules(MASTER).as_of.date()


@pytest.mark.parametrize(
    ("story", "asked", "answer"),
    [
        ("all there is", requested(9, at=10, item="MUG"), 9),
        ("one more than there is", requested(10, at=10, item="MUG"), 0),
        ("as many kits as there are", requested(3, at=10, item="GIFT"), 3),
        ("one kit more", requested(4, at=10, item="GIFT"), 0),
    ],
)
def test_the_last_unit_is_granted_and_not_one_more(story: str, asked: StockEvent, answer: int) -> None:
    there = {"MUG": stock(9), "BEANS": stock({EAST: "1.9"}, item="BEANS")}
    by = rules(MASTER, channels={"web": PLAIN})
    assert granted(exploded(asked, MASTER.boms), there.__getitem__, MASTER, by) == Decimal(answer)
