"""Every channel that lists an item or a kit gets its figure, and requests are granted from the same pools."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Component
from tests.builders import requested
from tests.schemas.small_company import GIFT, company
from tests.transforms.offers.offered import B2B, EAST, MASTER, NOON, WEB, WEST, rules, stock
from transforms.offers.allocation_rules import allocate
from transforms.offers.availability_rules import ItemStock, Rules
from transforms.offers.offer_rules import drawable, granted, offers_for

HERE = {"MUG": stock(20), "BEANS": stock({EAST: 4}, item="BEANS")}
SHARED = {"web": {**WEB, "definition": "sellable"}, "b2b": B2B}


def among(stocks: dict[str, ItemStock]) -> Callable[[str], ItemStock]:
    return lambda item: stocks.get(item) or stock({}, item=item)


def figures(item: str, by: Rules | None = None, stocks: dict[str, ItemStock] | None = None) -> dict[str, int]:
    offers = offers_for(item, among(stocks or HERE), MASTER, by or rules(channels=SHARED))
    return {f"{offer.channel} {offer.listing}": offer.figure.quantity for offer in offers}


@pytest.mark.parametrize(
    ("story", "item", "channels", "expected"),
    [
        ("each channel in its own unit", "MUG", SHARED, {"b2b B-MUG": 3, "web W-MUG": 20}),
        ("a kit from its components", "GIFT", SHARED, {"web W-GIFT": 8}),
        ("a channel without a policy is told nothing", "MUG", {"web": WEB}, {"web W-MUG": 20}),
        ("an item that nobody lists", "BEANS", SHARED, {}),
        ("an item nobody knows", "GHOST", SHARED, {}),
        (
            "what a channel may not sell it is told to be out of",
            "MUG",
            {**SHARED, "web": {**WEB, "items": {"except": ["MUG"]}}},
            {"b2b B-MUG": 3, "web W-MUG": 0},
        ),
        (
            "a kit may be sold where its component is not",
            "GIFT",
            {**SHARED, "web": {**WEB, "items": {"only": ["GIFT"]}}},
            {"web W-GIFT": 8},
        ),
    ],
)
def test_figures(story: str, item: str, channels: dict[str, Any], expected: dict[str, int]) -> None:
    assert figures(item, rules(channels=channels)) == expected


def test_the_whole_chain_is_kept_and_what_it_depends_on() -> None:
    by = rules(channels={"web": {**WEB, "buffer": 3}}, safety_stock=[{"quantity": 2, "location": "EAST"}])
    (mug,) = offers_for("MUG", among(HERE), MASTER, by)
    assert [(step.step, int(step.quantity)) for step in mug.figure.steps] == [
        ("on_hand", 20),
        ("safety_stock", -2),
        ("pool", 0),
        ("buffer", -3),
        ("sell_units", 15),
    ]
    (gift,) = offers_for("GIFT", among(HERE), MASTER, by)
    assert [(step.step, int(step.quantity)) for step in gift.figure.steps] == [
        ("kits_by_location", 4),
        ("buffer", -3),
        ("sell_units", 1),
    ]
    assert (mug.parts, gift.parts) == (("MUG",), ("GIFT", "BEANS", "MUG"))


def test_what_may_not_be_sold_has_no_chain() -> None:
    (mug,) = offers_for("MUG", among(HERE), MASTER, rules(channels={"web": {**WEB, "items": {"only": ["GIFT"]}}}))
    assert (mug.figure.quantity, mug.figure.steps) == (0, ())


def test_a_kit_that_is_no_kit_yet_has_its_own_stock() -> None:
    """Its bill of materials begins in 2026; before that it is stocked like any item."""
    by = rules(channels=SHARED)._replace(as_of=NOON - timedelta(days=365))
    assert figures("GIFT", by, {**HERE, "GIFT": stock(5, item="GIFT")}) == {"web W-GIFT": 5}


def test_a_prebuilt_kit_has_its_own_stock() -> None:
    listed = company([{**GIFT, "assembly": "prebuilt"}])
    offers = offers_for("GIFT", among({**HERE, "GIFT": stock(5, item="GIFT")}), listed, rules(channels=SHARED))
    assert [(offer.figure.quantity, offer.parts) for offer in offers] == [(5, ("GIFT",))]


@pytest.mark.parametrize(
    ("story", "quantity", "channel", "stocks", "answer"),
    [
        ("all of it", 20, "web", HERE, 20),
        ("one too many", 21, "web", HERE, 0),
        ("in base units, not in those told", 19, "b2b", HERE, 19),
        ("from two places", 20, "web", {"MUG": stock({EAST: 12, WEST: 8})}, 20),
        ("less what others claimed", 15, "web", {"MUG": stock(20, soft={"b2b": 6})}, 0),
        ("a channel without a policy", 1, "bazaar", HERE, 0),
    ],
)
def test_what_is_granted(story: str, quantity: int, channel: str, stocks: dict[str, ItemStock], answer: int) -> None:
    request = requested(quantity, at=12, item="MUG", channel=channel)
    assert granted(request, among(stocks), MASTER, rules(channels=SHARED)) == answer


@pytest.mark.parametrize(
    ("story", "limits", "safety", "answer"),
    [
        ("what only concerns the figure told does not bind", {"buffer": 9, "cap": 2, "publish_threshold": 99}, [], 20),
        ("what is held back does", {}, [{"quantity": 1, "channel": "web"}], 0),
        ("so does the pool", {"pool": {"kind": "percent", "percent": 99}}, [], 0),
        ("and what the channel may sell", {"items": {"except": ["MUG"]}}, [], 0),
    ],
)
def test_what_binds_a_request(story: str, limits: dict[str, Any], safety: list[Any], answer: int) -> None:
    by = rules(channels={"web": {**SHARED["web"], **limits}}, safety_stock=safety)
    assert granted(requested(20, at=12, item="MUG"), among(HERE), MASTER, by) == answer


@pytest.mark.parametrize(
    ("story", "quantity", "stocks", "answer"),
    [
        ("whole kits", 8, HERE, 8),
        ("one too many", 9, HERE, 0),
        ("components at two places", 1, {"MUG": stock({EAST: 9}), "BEANS": stock({WEST: 9}, item="BEANS")}, 0),
        (
            "some here, some there",
            6,
            {
                "MUG": stock({EAST: 4, WEST: 2}),
                "BEANS": stock({EAST: 2, WEST: 9}, item="BEANS"),
            },
            6,
        ),
    ],
)
def test_a_kit_is_granted_if_it_is_there_whole(
    story: str, quantity: int, stocks: dict[str, ItemStock], answer: int
) -> None:
    parts = [("MUG", quantity), ("BEANS", quantity / 2)]
    request = requested(quantity, at=12, item="GIFT", parts=parts)
    assert granted(request, among(stocks), MASTER, rules(channels=SHARED)) == answer


quantities = st.integers(-5, 40)


@given(
    st.fixed_dictionaries({EAST: quantities, WEST: quantities}),
    st.dictionaries(st.sampled_from(["web", "b2b"]), st.integers(0, 30)),
    st.integers(1, 100),
    st.integers(1, 60),
)
def test_a_channel_is_never_told_more_than_it_would_be_granted(
    places: dict[Any, int], claims: dict[str, int], percent: int, asked: int
) -> None:
    by = rules(channels={"web": SHARED["web"], "b2b": {**B2B, "pool": {"kind": "percent", "percent": percent}}})
    stocks = {"MUG": stock(places, soft=claims)}
    for offer in offers_for("MUG", among(stocks), MASTER, by):
        factor = MASTER.listings[offer.channel, "MUG"].sell_factor
        most = int(offer.figure.quantity * factor)
        for quantity in {most, asked} - {0}:
            answer = granted(requested(quantity, at=12, item="MUG", channel=offer.channel), among(stocks), MASTER, by)
            pool = allocate(stocks["MUG"], by)[offer.channel].quantity
            assert answer == (quantity if quantity <= pool else 0)
        assert most <= drawable("MUG", offer.channel, (), {"MUG": allocate(stocks["MUG"], by)}, by)


def test_what_could_be_drawn_is_before_the_publishing_rules() -> None:
    by = rules(channels={"web": {**SHARED["web"], "buffer": 5}})
    pools = {item: allocate(one, by) for item, one in HERE.items()}
    needs = (Component("BEANS", Decimal("0.5")), Component("MUG", Decimal(1)))
    assert drawable("MUG", "web", (), pools, by) == 20
    assert drawable("GIFT", "web", needs, pools, by) == 8
    assert figures("MUG", by) == {"web W-MUG": 15}
