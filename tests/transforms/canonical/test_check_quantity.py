from decimal import Decimal
from typing import Any

import pytest

from schemas.records import Kind
from tests.schemas.small_company import company
from tests.transforms.canonical.reported import reported
from transforms.canonical.check_kinds import RULES, Problem
from transforms.canonical.check_quantity import base_quantity

MASTER = company()


def in_base_units(kind: Kind, quantity: str, unit: str, item: str, **fields: Any) -> Decimal | Problem:
    event = reported(kind, quantity, unit_code=unit, **fields)
    return base_quantity(event, RULES[kind], MASTER.items[item], MASTER)


@pytest.mark.parametrize(
    ("story", "kind", "quantity", "unit", "item", "expected"),
    [
        ("no unit means base units", "receipt", "5", "", "MUG", "5"),
        ("the base unit changes nothing", "receipt", "5", "EA", "MUG", "5"),
        ("cases hold pieces", "receipt", "2", "CA", "MUG", "12"),
        ("a unit may go by its own name", "receipt", "2", "pallet", "MUG", "960"),
        ("half a case of whole mugs", "receipt", "0.5", "CS", "MUG", "3"),
        ("grams of what is kept in kilograms", "receipt", "1250", "gram", "BEANS", "1.25"),
        ("the smallest part of a kilogram", "receipt", "0.001", "gram", "BEANS", "0.000001"),
        ("an adjustment may take away", "adjustment", "-2", "CA", "MUG", "-12"),
        ("a count may find nothing", "count", "0", "", "MUG", "0"),
        ("a snapshot may show nothing", "snapshot", "0", "CA", "MUG", "0"),
        ("the most that is believed", "receipt", "10000000", "", "MUG", "10000000"),
        ("much of a small unit is little", "receipt", "900000000", "gram", "BEANS", "900000"),
    ],
)
def test_a_quantity(story: str, kind: Kind, quantity: str, unit: str, item: str, expected: str) -> None:
    found = in_base_units(kind, quantity, unit, item)
    assert isinstance(found, Decimal)
    assert str(found) == expected


@pytest.mark.parametrize(
    ("story", "kind", "quantity", "unit", "item", "expected"),
    [
        (
            "a shipment cannot be negative",
            "shipment",
            "-1",
            "EA",
            "MUG",
            Problem(
                "negative_quantity",
                "quantity",
                "quantity '-1 EA' in shipment from wms-east, expected 0 or more; only adjustments may take away",
            ),
        ),
        (
            "nor a count",
            "count",
            "-1",
            "",
            "MUG",
            Problem(
                "negative_quantity",
                "quantity",
                "quantity '-1' in count from wms-east, expected 0 or more; only adjustments may take away",
            ),
        ),
        (
            "a movement of nothing",
            "receipt",
            "0",
            "",
            "MUG",
            Problem(
                "absurd_quantity",
                "quantity",
                "quantity '0' in receipt from wms-east, expected a quantity other than 0; only counts may say 0",
            ),
        ),
        (
            "a barcode instead of a quantity",
            "receipt",
            "2000000",
            "CA",
            "MUG",
            Problem(
                "absurd_quantity",
                "quantity",
                "quantity '2000000 CA' in receipt from wms-east, expected at most 10000000 each, got 12000000",
            ),
        ),
        (
            "so much less",
            "adjustment",
            "-10000001",
            "",
            "MUG",
            Problem(
                "absurd_quantity",
                "quantity",
                "quantity '-10000001' in adjustment from wms-east, expected at most 10000000 each, got -10000001",
            ),
        ),
        (
            "a part of a mug",
            "receipt",
            "0.25",
            "CA",
            "MUG",
            Problem(
                "fractional_quantity",
                "quantity",
                "quantity '0.25 CA' in receipt from wms-east, expected whole each of MUG, got 1.5",
            ),
        ),
        (
            "a crumb of a bean",
            "receipt",
            "0.0001",
            "gram",
            "BEANS",
            Problem(
                "fractional_quantity",
                "quantity",
                "quantity '0.0001 gram' in receipt from wms-east, expected at most 6 decimals of kg of BEANS, got 1E-7",
            ),
        ),
        (
            "a code that nobody knows",
            "receipt",
            "1",
            "XX",
            "MUG",
            Problem(
                "unknown_unit",
                "unit_code",
                "unknown unit 'XX' from wms-east, expected one of 8 known codes",
                "unit:XX",
                "parked",
            ),
        ),
        (
            "a unit that this item does not have",
            "receipt",
            "1",
            "pallet",
            "MILK",
            Problem(
                "unknown_unit",
                "unit_code",
                "unknown unit 'pallet' of MILK (code 'pallet' from wms-east), expected one of case, each",
                "item_unit:MILK:pallet",
                "parked",
            ),
        ),
    ],
)
def test_a_quantity_is_refused(story: str, kind: Kind, quantity: str, unit: str, item: str, expected: Problem) -> None:
    assert in_base_units(kind, quantity, unit, item) == expected


@pytest.mark.parametrize(("channel", "expected"), [("web", "2"), ("b2b", "12")])
def test_a_mapping_may_say_that_a_channel_counts_what_it_sells(channel: str, expected: str) -> None:
    assert in_base_units("order_recorded", "2", "sell_unit", "MUG", channel=channel) == Decimal(expected)


def test_what_a_channel_does_not_list_has_no_sell_unit() -> None:
    problem = in_base_units("order_recorded", "2", "sell_unit", "MILK", channel="web")
    assert isinstance(problem, Problem)
    assert (problem.reason, problem.missing_key) == ("unknown_listing", "listing:web:MILK")
