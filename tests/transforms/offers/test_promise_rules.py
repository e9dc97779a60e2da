"""What may be promised for a day is the least that is projected from that day on."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.policy_spec import Policy
from tests.schemas.small_company import GIFT, HAMPER, company
from tests.transforms.offers.offered import B2B, DEFINITIONS, EAST, MASTER, WEB, WEST, expected, rules, stock
from transforms.offers.availability_rules import DatedClaim, ItemStock, Rules, Supply
from transforms.offers.offer_rules import offers_for
from transforms.offers.promise_rules import PROMISE_DAYS_MAX, Outlook, Promise, horizon_days, outlooks_for

EXAMPLE = Path(__file__).parents[4] / "shared" / "samples" / "dynamics" / "atp_worked_example.csv"
ROWS = list(csv.DictReader(EXAMPLE.open(encoding="utf-8", newline=""))) if EXAMPLE.is_file() else []


def table(given: ItemStock, by: Rules | None = None, channel: str = "web") -> list[tuple[int, int, int]]:
    """Day of March, projected and promised, for each day of the horizon."""
    by = by or rules()
    outlook = outlooks_for(given.item, {given.item: given}.__getitem__, MASTER, by)[channel]
    return [(one.day.day, int(one.projected), int(one.promised)) for one in outlook.days()]


def promised(given: ItemStock, by: Rules | None = None, channel: str = "web") -> list[int]:
    return [quantity for _, _, quantity in table(given, by, channel)]


def test_the_least_of_all_later_days_may_be_promised() -> None:
    claims = {"soft": {"web": 20}, "hard": {"EAST": 15}, "dated": ((5, "EAST", 15), (2, "web", 2))}
    supplies = (expected(10, 4), expected(1, 6), expected(3, 7))
    assert table(stock(37, *supplies, **claims)) == [
        (2, 17, 12),
        (3, 17, 12),
        (4, 27, 12),
        (5, 12, 12),
        (6, 13, 13),
        (7, 16, 16),
        (8, 16, 16),
    ]


@pytest.mark.skipif(not ROWS, reason="the worked example is not beside the project: ../shared/samples/dynamics")
@pytest.mark.parametrize("step", sorted({row["step"] for row in ROWS}))
def test_a_published_worked_example_comes_out_the_same(step: str) -> None:
    rows = [row for row in ROWS if row["step"] == step]
    as_of = datetime.fromisoformat(rows[0]["as_of"]).replace(hour=8, tzinfo=UTC)
    wanted = {date.fromisoformat(row["date"]): Decimal(row["scheduled_demand"]) for row in rows}
    coming = {datetime.fromisoformat(row["date"]).replace(tzinfo=UTC): row["scheduled_supply"] for row in rows}
    given = ItemStock(
        "MUG",
        {EAST: Decimal(rows[0]["on_hand"])},
        {"web": sum(wanted.values(), Decimal(0))},
        {},
        tuple(Supply("EAST", Decimal(quantity), at) for at, quantity in coming.items()),
        tuple(DatedClaim(day, "web", "", quantity) for day, quantity in wanted.items()),
    )
    outlook = outlooks_for("MUG", lambda _: given, MASTER, rules(as_of=as_of))["web"]
    assert [(one.day.isoformat(), one.projected, one.promised) for one in outlook.days()] == [
        (row["date"], Decimal(row["projected_on_hand"]), Decimal(row["atp"])) for row in rows
    ]


@pytest.mark.parametrize(
    ("story", "given", "expected_promises"),
    [
        ("nothing is there and nothing comes", stock(), [0, 0, 0, 0, 0, 0, 0]),
        ("what is there stays", stock(5), [5, 5, 5, 5, 5, 5, 5]),
        ("supply counts from its day", stock(5, expected(10, 4)), [5, 5, 15, 15, 15, 15, 15]),
        ("supply of today counts all day", stock(5, expected(10, 2)), [15] * 7),
        ("supply of yesterday is not expected until somebody renews it", stock(5, expected(10, 1)), [5] * 7),
        ("supply without a day is not expected", stock(5, expected(10, None)), [5] * 7),
        ("the last day of the horizon", stock(5, expected(10, 8)), [5, 5, 5, 5, 5, 5, 15]),
        ("a day later", stock(5, expected(10, 9)), [5] * 7),
        ("a claim without a day counts at once", stock(5, soft={"web": 2}), [3] * 7),
        ("so does one whose day has passed", stock(5, soft={"web": 2}, dated=((1, "web", 2),)), [3] * 7),
        ("a claim for Friday leaves less for today", stock(5, soft={"web": 2}, dated=((6, "web", 2),)), [3] * 7),
        (
            "unless supply comes in between",
            stock(5, expected(4, 5), soft={"web": 2}, dated=((6, "web", 2),)),
            [5, 5, 5, 7, 7, 7, 7],
        ),
        ("a claim beyond the horizon", stock(5, soft={"web": 2}, dated=((9, "web", 2),)), [5] * 7),
        ("claims of other channels count", stock(5, soft={"b2b": 2}), [3] * 7),
        (
            "claims that found no stock wait for supply",
            stock(1, expected(10, 4), soft={"b2b": 4}),
            [0, 0, 7, 7, 7, 7, 7],
        ),
        ("so do hard ones", stock(1, expected(10, 4), hard={"EAST": 4}), [0, 0, 7, 7, 7, 7, 7]),
        (
            "they take the earliest",
            stock(0, expected(3, 4, "WEST"), expected(3, 6), soft={"b2b": 4}),
            [0, 0, 0, 0, 2, 2, 2],
        ),
        ("supply of all locations", stock({EAST: 1, WEST: 2}, expected(4, 3, "WEST")), [3, 7, 7, 7, 7, 7, 7]),
    ],
)
def test_promises(story: str, given: ItemStock, expected_promises: list[int]) -> None:
    assert promised(given) == expected_promises


def test_a_lot_is_promised_for_the_days_on_which_it_may_be_sold() -> None:
    milk = company(
        listings=[{"channel": "web", "listing": "W-MILK", "item": "MILK"}],
        lots=[
            {"item": "MILK", "lot": "L1", "expires_on": "2026-03-07"},
            {"item": "MILK", "lot": "L2", "expires_on": "2026-04-01"},
            {"item": "MILK", "lot": "L3", "expires_on": "2026-03-01"},
        ],
    )
    channels = {"web": {**WEB, "minimum_shelf_life_days": 2}}
    here = {("EAST", lot, "sellable"): quantity for lot, quantity in (("L1", 6), ("L2", 1), ("L3", 100), ("", 10))}
    given = stock(here, expected(2, 7), item="MILK")
    outlook = outlooks_for("MILK", lambda _: given, milk, rules(milk, channels=channels))["web"]
    assert [(one.day.day, int(one.projected), int(one.promised)) for one in outlook.days()] == [
        (2, 17, 17),  # that 6 cannot be sold from the 6th on takes nothing from those who want them today
        (3, 17, 17),
        (4, 17, 17),
        (5, 17, 17),
        (6, 11, 11),
        (7, 13, 13),
        (8, 13, 13),
    ]


def test_pools_and_safety_stock_hold_for_promises_too() -> None:
    fixed = {"web": {**WEB, "pool": {"kind": "percent", "percent": 50}}, "b2b": {**WEB, "locations": ["EAST"]}}
    held_back = [{"quantity": 2, "location": "EAST"}, {"quantity": 1, "channel": "b2b"}]
    by = rules(channels=fixed, safety_stock=held_back)
    given = stock({EAST: 10, WEST: 4}, expected(8, 4))
    assert promised(given, by, "web") == [6, 6, 10, 10, 10, 10, 10]  # half of 12, half of 20
    assert promised(given, by, "b2b") == [1, 1, 5, 5, 5, 5, 5]  # what web leaves in EAST, less 1


def test_an_item_that_the_channel_may_not_sell_is_promised_to_nobody() -> None:
    assert promised(stock(5), rules(channels={"web": {**WEB, "items": {"except": ["MUG"]}}})) == [0] * 7


def test_kits_are_promised_whole_and_only_where_all_their_components_are() -> None:
    kits = company([GIFT, HAMPER], listings=[{"channel": "web", "listing": "W-GIFT", "item": "GIFT"}])
    stocks = {
        "MUG": stock({EAST: 1, WEST: 9}, expected(3, 4), soft={"web": 1}, dated=((6, "web", 1),)),
        "BEANS": stock({EAST: "1.25"}, expected("0.5", 5), item="BEANS"),
    }
    outlook = outlooks_for("GIFT", stocks.__getitem__, kits, rules(kits))["web"]
    assert [int(one.projected) for one in outlook.days()] == [1, 1, 2, 3, 3, 3, 3]
    assert [int(one.promised) for one in outlook.days()] == [1, 1, 2, 3, 3, 3, 3]


def test_only_channels_that_list_the_item_and_lean_on_supply_have_an_outlook() -> None:
    assert outlooks_for("MUG", lambda _: stock(5), MASTER, rules()).keys() == {"web"}
    assert outlooks_for("BEANS", lambda _: stock(5, item="BEANS"), MASTER, rules()) == {}
    assert outlooks_for("MUG", lambda _: stock(5), MASTER, rules(channels={"b2b": B2B})) == {}


def test_an_outlook_keeps_the_days_on_which_something_changes() -> None:
    outlook = outlooks_for("MUG", lambda _: stock(5, expected(0, 3), expected(2, 5)), MASTER, rules())["web"]
    first, later = date(2026, 3, 2), date(2026, 3, 5)
    five, seven = Decimal(5), Decimal(7)
    assert outlook == Outlook(first, 7, (Promise(first, five, five), Promise(later, seven, seven)))
    assert len(list(outlook.days())) == 7


@pytest.mark.parametrize(("days", "horizon"), [(0, 0), (14, 14), (180, 180), (365, PROMISE_DAYS_MAX)])
def test_a_horizon_has_a_limit(days: int, horizon: int) -> None:
    definitions = {"atp": {**DEFINITIONS["atp"], "inbound_days": days}}
    policy: Policy = rules(channels={"web": WEB}, definitions=definitions).policy
    assert horizon_days(policy, "web") == horizon


quantities = st.integers(0, 9)
movements = st.lists(st.tuples(st.integers(2, 9), quantities), max_size=6)


@given(quantities, movements, movements)
def test_promises_are_the_projection_by_hand(
    on_hand: int, coming: list[tuple[int, int]], wanted: list[tuple[int, int]]
) -> None:
    supplies = [expected(quantity, day) for day, quantity in coming]
    dated = tuple((day, "EAST", quantity) for day, quantity in wanted)
    total = sum(quantity for _, quantity in wanted)
    rows = table(stock(on_hand, *supplies, hard={"EAST": total}, dated=dated))

    def by_hand() -> Iterator[int]:
        for day in range(2, 9):
            arrived = sum(quantity for at, quantity in coming if at <= day)
            left = sum(quantity for at, quantity in wanted if at <= day)
            yield max(0, on_hand + arrived - left)

    projected = list(by_hand())
    assert [row[1] for row in rows] == projected
    assert [row[2] for row in rows] == [min(projected[number:]) for number in range(7)]


@given(quantities, movements, quantities, quantities)
def test_the_last_day_is_what_the_definition_counts_today(
    on_hand: int, coming: list[tuple[int, int]], soft: int, hard: int
) -> None:
    """A channel that leans on supply is told today what it could draw on at the end of its horizon."""
    supplies = [expected(quantity, day, location) for day, quantity in coming for location in ("EAST", "WEST")]
    given_stock = stock(on_hand, *supplies, soft={"b2b": soft}, hard={"WEST": hard})
    offers = {one.channel: one for one in offers_for("MUG", lambda _: given_stock, MASTER, rules())}
    assert offers["web"].figure.quantity == table(given_stock)[-1][1]
