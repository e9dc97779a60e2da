"""What a kit takes, which items must be decided together, how many kits there are."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Component
from tests.builders import MIDNIGHT, receipt
from tests.schemas.small_company import company
from transforms.kits.kit_rules import (
    Boms,
    bom_at,
    explode,
    exploded,
    families,
    kits_above,
    kits_from,
    plain,
    share_of,
)

NAMES = ("BOLT", "NUT", "OIL", "SET", "CRATE", "PALLET", "OTHER")


def boms(*kits: tuple[str, dict[str, Any]], scrap: str = "0", **fields: Any) -> Boms:
    """Bills of (kit, {component: quantity}); `fields` hold for all of them, `scrap` for all components."""
    specs = [
        {
            "kit": kit,
            "assembly": "on_demand",
            "components": [
                {"item": item, "quantity": str(each), "scrap_factor": scrap} for item, each in needs.items()
            ],
            **fields,
        }
        for kit, needs in kits
    ]
    items = [{"item": name, "base_unit": "each", "divisible": "yes"} for name in NAMES]
    bare: dict[str, list[dict[str, str]]] = {
        name: [] for name in ("item_units", "unit_codes", "item_codes", "listings", "lots", "ownership")
    }
    return company(specs, **{"items": items, **bare}).boms


SET = ("SET", {"BOLT": 2, "NUT": 3})
CRATE = ("CRATE", {"SET": 4, "BOLT": 1})
PALLET = ("PALLET", {"CRATE": 2, "SET": 1, "OIL": "0.25"})


def takes(bills: Boms, item: str, quantity: str = "1", at: datetime = MIDNIGHT) -> dict[str, str]:
    return {part.item: str(part.quantity) for part in explode(bills, item, Decimal(quantity), at)}


@pytest.mark.parametrize(
    ("story", "bills", "item", "quantity", "expected"),
    [
        ("a stocked item", boms(SET), "BOLT", "3", {}),
        ("an item nobody knows", boms(SET), "GHOST", "3", {}),
        ("one kit", boms(SET), "SET", "1", {"BOLT": "2", "NUT": "3"}),
        ("many kits", boms(SET), "SET", "10", {"BOLT": "20", "NUT": "30"}),
        ("part of a kit", boms(SET), "SET", "0.5", {"BOLT": "1", "NUT": "1.5"}),
        ("a kit in a kit", boms(SET, CRATE), "CRATE", "1", {"BOLT": "9", "NUT": "12"}),
        (
            "three levels that meet in one component",
            boms(SET, CRATE, PALLET),
            "PALLET",
            "1",
            {"BOLT": "20", "NUT": "27", "OIL": "0.25"},
        ),
        ("less than nothing", boms(SET), "SET", "-2", {"BOLT": "-4", "NUT": "-6"}),
        ("no exponents", boms(SET), "SET", "1E+2", {"BOLT": "200", "NUT": "300"}),
    ],
)
def test_what_a_kit_takes(story: str, bills: Boms, item: str, quantity: str, expected: dict[str, str]) -> None:
    assert takes(bills, item, quantity) == expected


def test_scrap_is_taken_on_top_at_every_level() -> None:
    bills = boms(("SET", {"BOLT": 2}), ("CRATE", {"SET": 2}), scrap="0.05")
    assert takes(bills, "SET", "10") == {"BOLT": "21"}
    assert takes(bills, "CRATE") == {"BOLT": "4.41"}


def test_a_prebuilt_kit_is_stock_even_inside_another() -> None:
    bills = {**boms(SET, CRATE), **boms(SET, assembly="prebuilt")}
    assert takes(bills, "SET") == {}
    assert takes(bills, "CRATE") == {"BOLT": "1", "SET": "4"}


def test_the_bill_of_the_moment_counts() -> None:
    first = boms(("SET", {"BOLT": 2}), effective_from="2026-01-01", effective_to="2026-03-01")["SET"]
    second = boms(("SET", {"NUT": 5}), effective_from="2026-03-01")["SET"]
    bills = {"SET": first + second}

    def at(month: int, day: int, hour: int = 0) -> dict[str, str]:
        return takes(bills, "SET", at=datetime(2026, month, day, hour, tzinfo=UTC))

    assert at(2, 28, 23) == {"BOLT": "2"}
    assert at(3, 1) == {"NUT": "5"}
    assert takes(bills, "SET", at=datetime(2025, 12, 31, 23, tzinfo=UTC)) == {}
    assert bom_at(bills, "SET", datetime(2026, 3, 1, tzinfo=UTC)) == second[0]
    assert bom_at(bills, "BOLT", MIDNIGHT) is None


def test_an_event_on_a_kit_names_its_components_and_others_stay_as_they_are() -> None:
    kit, plain_item = receipt(2, at=1, item="SET"), receipt(2, at=1)
    assert exploded(kit, boms(SET)).components == (Component("BOLT", Decimal(4)), Component("NUT", Decimal(6)))
    assert exploded(kit, boms(SET))._replace(components=()) == kit
    assert exploded(plain_item, boms(SET)) is plain_item
    assert exploded(kit, boms(SET, effective_from="2027-01-01")) is kit


@pytest.mark.parametrize(
    ("written", "read"), [("2.500", "2.5"), ("1E+3", "1000"), ("0.00", "0"), ("-7.0", "-7"), ("0.001", "0.001")]
)
def test_a_quantity_is_written_plainly(written: str, read: str) -> None:
    assert str(plain(Decimal(written))) == read


@pytest.mark.parametrize(
    ("of_all", "granted", "requested", "share"),
    [("6", "2", "3", "4"), ("6", "3", "3", "6"), ("0.75", "1", "3", "0.25"), ("6", "0", "3", "0")],
)
def test_a_part_of_the_kits_takes_its_part_of_a_component(
    of_all: str, granted: str, requested: str, share: str
) -> None:
    assert str(share_of(Decimal(of_all), Decimal(granted), Decimal(requested))) == share


def has(**places: Any) -> dict[str, Decimal]:
    return {place: Decimal(str(units)) for place, units in places.items()}


def needs(**quantities: Any) -> tuple[Component, ...]:
    return tuple(Component(item, Decimal(str(quantity))) for item, quantity in quantities.items())


@pytest.mark.parametrize(
    ("story", "stock", "kit", "kits"),
    [
        (
            "the scarcest component decides",
            {"BOLT": has(EAST=9), "NUT": has(EAST=9)},
            needs(BOLT=2, NUT=3),
            {"EAST": 3},
        ),
        ("whole kits only", {"BOLT": has(EAST=9)}, needs(BOLT=2), {"EAST": 4}),
        (
            "parts of a unit",
            {"OIL": has(EAST="7.5"), "MUG": has(EAST=9)},
            needs(OIL="0.5", MUG=1),
            {"EAST": 9},
        ),
        (
            "each place ships its own kits",
            {"BOLT": has(EAST=9, WEST=4), "NUT": has(EAST=3, WEST=99)},
            needs(BOLT=2, NUT=3),
            {"EAST": 1, "WEST": 2},
        ),
        (
            "components at different places make no kit",
            {"BOLT": has(EAST=9), "NUT": has(WEST=9)},
            needs(BOLT=2, NUT=3),
            {},
        ),
        ("a component that is nowhere", {"BOLT": has(EAST=9)}, needs(BOLT=2, NUT=3), {}),
        ("a kit of nothing", {}, (), {}),
    ],
)
def test_how_many_kits_there_are(
    story: str, stock: dict[str, dict[str, Decimal]], kit: tuple[Component, ...], kits: dict[str, int]
) -> None:
    assert kits_from(stock, kit) == kits


@given(
    st.dictionaries(
        st.sampled_from("ABC"),
        st.dictionaries(st.sampled_from(["EAST", "WEST"]), st.integers(0, 99).map(Decimal)),
    ),
    st.lists(st.integers(1, 400), min_size=3, max_size=3),
)
def test_kits_never_take_more_than_there_is_and_one_more_would(
    stock: dict[str, dict[str, Decimal]], hundredths: list[int]
) -> None:
    kit = tuple(Component(item, Decimal(n).scaleb(-2)) for item, n in zip("ABC", hundredths, strict=True))
    for place, count in kits_from(stock, kit).items():
        assert all(count * part.quantity <= stock[part.item][place] for part in kit)
        assert any((count + 1) * part.quantity > stock[part.item][place] for part in kit)


def test_items_that_any_bill_connects_are_one_family() -> None:
    assert families(boms(SET, CRATE, ("OTHER", {"OIL": 1}))) == {
        **dict.fromkeys(("BOLT", "NUT", "SET", "CRATE"), "BOLT"),
        **dict.fromkeys(("OIL", "OTHER"), "OIL"),
    }
    assert families(boms(SET, ("PALLET", {"OIL": 1, "NUT": 1})))["OIL"] == "BOLT"
    assert families({}) == {}


def test_a_bill_of_the_past_connects_too() -> None:
    """Its events may still come, and be undone, long after."""
    old = boms(("SET", {"OIL": 1}), effective_to="2026-01-01")["SET"]
    new = boms(("SET", {"BOLT": 1}), effective_from="2026-01-01")["SET"]
    assert families({"SET": old + new}) == dict.fromkeys(("BOLT", "OIL", "SET"), "BOLT")


def test_families_do_not_depend_on_the_order_of_bills() -> None:
    kits = (SET, CRATE, PALLET, ("OTHER", {"NUT": 1}))
    assert families(boms(*kits)) == families(dict(reversed(boms(*kits).items())))


def test_which_kits_a_component_can_change() -> None:
    assert kits_above(boms(SET, CRATE, PALLET)) == {
        "BOLT": ("CRATE", "PALLET", "SET"),
        "NUT": ("CRATE", "PALLET", "SET"),
        "SET": ("CRATE", "PALLET"),
        "CRATE": ("PALLET",),
        "OIL": ("PALLET",),
    }


def test_what_is_remembered_of_a_kit_is_of_its_own_bills() -> None:
    """Two tables may give one name to two kits, and bills with dates are asked each time."""
    always, other, ended = boms(SET), boms(("SET", {"BOLT": 7})), boms(SET, effective_to="2026-01-01")
    assert [takes(bills, "SET") for bills in (always, other, ended, always)] == [
        {"BOLT": "2", "NUT": "3"},
        {"BOLT": "7"},
        {},
        {"BOLT": "2", "NUT": "3"},
    ]
