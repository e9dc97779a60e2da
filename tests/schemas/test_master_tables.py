from decimal import Decimal
from typing import Any

import pytest

from schemas.yaml_files import SpecError
from tests.schemas.small_company import company, more


@pytest.mark.parametrize(
    ("story", "tables", "message"),
    [
        (
            "an item comes twice",
            more("items", item="MUG", base_unit="each"),
            "items.csv:7: duplicate 'MUG', first on line 2",
        ),
        (
            "a factor contradicts the base unit",
            more("item_units", item="MUG", unit="each", factor="2"),
            "item_units.csv:6: factor of 'MUG' in its own base unit is 2, expected 1",
        ),
        (
            "a unit of an unknown item",
            more("item_units", item="TEA", unit="case", factor="2"),
            "item_units.csv:6: unknown item 'TEA', expected one that items.csv defines",
        ),
        (
            "a code of an unknown unit",
            more("unit_codes", code="KG", unit="kilo"),
            "unit_codes.csv:5: unknown unit 'kilo', expected one that items or item_units.csv defines",
        ),
        (
            "a unit that means another",
            more("unit_codes", code="pallet", unit="case"),
            "unit_codes.csv:5: code 'pallet' is itself a unit, expected it to mean nothing else",
        ),
        (
            "a code of an unknown item",
            more("item_codes", source="shop", code="T", item="TEA"),
            "item_codes.csv:5: unknown item 'TEA', expected one that items.csv defines",
        ),
        (
            "a code that means two items",
            more("item_codes", source="wms-east", code="M-1", item="MILK"),
            "item_codes.csv:5: duplicate 'wms-east', 'M-1', first on line 2",
        ),
        (
            "a code of an unknown location",
            more("location_codes", source="shop", code="N", location="NORTH"),
            "location_codes.csv:3: unknown location 'NORTH', expected one that locations.csv defines",
        ),
        (
            "a time zone that does not exist",
            more("locations", location="NORTH", timezone="America/Chikago"),
            "locations.csv:4: unknown timezone 'America/Chikago', expected a name such as America/New_York",
        ),
        (
            "a listing on an unknown channel",
            more("listings", channel="shop", listing="X", item="MUG"),
            "listings.csv:5: unknown channel 'shop', expected one that channels.csv defines",
        ),
        (
            "a listing of an unknown item",
            more("listings", channel="web", listing="X", item="TEA"),
            "listings.csv:5: unknown item 'TEA', expected one that items.csv defines",
        ),
        (
            "a second listing of an item on one channel",
            more("listings", channel="web", listing="X", item="MUG"),
            "listings.csv:5: duplicate 'web', 'MUG', first on line 2",
        ),
        (
            "a listing that means two items",
            more("listings", channel="web", listing="W-MUG", item="MILK"),
            "listings.csv:5: duplicate 'web', 'W-MUG', first on line 2",
        ),
        (
            "a listing with the name of another item",
            more("listings", channel="web", listing="BEANS", item="MILK"),
            "listings.csv:5: listing 'BEANS' sells 'MILK' but is the name of another item: ambiguous",
        ),
        (
            "a sell unit that the item does not have",
            more("listings", channel="web", listing="X", item="MILK", sell_unit="pallet"),
            "listings.csv:5: sell_unit 'pallet' is no unit of 'MILK', expected one of its item_units",
        ),
        (
            "a lot of an item without lots",
            more("lots", item="MUG", lot="L1"),
            "lots.csv:3: a lot of 'MUG', which is not lot controlled: it would have no effect",
        ),
        (
            "a lot in a state that nobody knows",
            more("lots", item="MILK", lot="L2", status="fine"),
            "lots.csv:3: status is 'fine', expected released or held or recalled",
        ),
        (
            "an owner of an unknown location",
            more("ownership", location="NORTH", facts="claims", source="shop"),
            "ownership.csv:4: unknown location 'NORTH', expected one that locations.csv defines",
        ),
        (
            "an owner of facts that do not exist",
            more("ownership", location="*", facts="stock", source="shop"),
            "ownership.csv:4: facts is 'stock', expected on_hand or inbound or claims or dispositions",
        ),
        (
            "two owners of one thing",
            more("ownership", location="EAST", facts="on_hand", source="shop"),
            "ownership.csv:4: duplicate 'EAST', 'on_hand', first on line 3",
        ),
    ],
)
def test_a_company_is_refused_because_of(story: str, tables: Any, message: str) -> None:
    with pytest.raises(SpecError) as error:
        company(**tables)
    assert str(error.value) == message


def test_a_listing_without_a_sell_unit_sells_the_base_unit() -> None:
    beans = company(**more("listings", channel="web", listing="W-BEANS", item="BEANS")).listings["web", "BEANS"]
    assert (beans.sell_unit, beans.sell_factor) == ("kg", Decimal(1))


def test_a_listing_may_be_called_as_its_own_item() -> None:
    assert company(**more("listings", channel="web", listing="MILK", item="MILK")).item_of("shop", "MILK") == "MILK"


def test_built_in_dispositions_may_be_described() -> None:
    tables = more("dispositions", disposition="sellable", meaning="on a shelf")
    assert company(**tables).dispositions["sellable"] == "on a shelf"


def test_items_without_units_of_their_own_share_one_dict() -> None:
    items = company().items
    assert items["GIFT"].factors is items["HAMPER"].factors


@pytest.mark.parametrize(
    ("table", "row", "message"),
    [
        ("epochs", {"source": "wms", "epoch": "2", "from": "2026-03-02"}, "epochs.csv:2: from is '2026-03-02'"),
        ("epochs", {"source": "wms", "epoch": "2", "from": "soon"}, "epochs.csv:2: from is 'soon'"),
        (
            "approvals",
            {"source": "wms", "snapshot": "L1", "by": "dana", "at": "today"},
            "approvals.csv:2: at is 'today'",
        ),
    ],
)
def test_a_moment_has_its_zone(table: str, row: dict[str, str], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        company(**{table: [row]})
    assert str(caught.value) == f"{message}, expected a time with its zone such as 2026-03-03T08:00:00Z"
