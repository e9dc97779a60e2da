"""What a kit takes, which items belong together, and how many kits there are."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.master_records import Assembly, Bom, BomLine
from schemas.records import Component
from tests.builders import requested
from transforms.kits.kit_rules import Boms, bom_at, explode, exploded, families, kits_above, kits_from, plain, share_of

MARCH, APRIL, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))
Takes = dict[str, int | str]
Has = dict[str, dict[str, int | str]]


def bill(
    kit: str,
    takes: Takes,
    start: datetime | None = None,
    end: datetime | None = None,
    assembly: Assembly = "on_demand",
    scrap: str = "0",
) -> Bom:
    lines = tuple(BomLine(item, Decimal(each), Decimal(scrap)) for item, each in takes.items())
    return Bom(kit, assembly, start, end, lines)


def boms(*bills: Bom) -> Boms:
    found: dict[str, tuple[Bom, ...]] = {}
    for one in bills:
        found[one.kit] = (*found.get(one.kit, ()), one)
    return found


def written(parts: Iterable[Component]) -> list[tuple[str, str]]:
    """Components with their quantities as text: 1.50 is not 1.5 here."""
    return [(part.item, str(part.quantity)) for part in parts]


GIFT = bill("GIFT", {"MUG": 1, "BEANS": "0.5"})
DATED = boms(bill("GIFT", {"MUG": 1}, MARCH, APRIL), bill("GIFT", {"MUG": 2}, APRIL))


@pytest.mark.parametrize(
    ("story", "known", "quantity", "expected"),
    [
        ("one takes its components, by name", boms(GIFT), 1, [("BEANS", "0.5"), ("MUG", "1")]),
        ("two take twice as many", boms(GIFT), 2, [("BEANS", "1"), ("MUG", "2")]),
        ("a quantity is written plainly", boms(bill("GIFT", {"MUG": "2.50"})), 400, [("MUG", "1000")]),
        ("what is lost comes on top", boms(bill("GIFT", {"BEANS": 2}, scrap="0.05")), 3, [("BEANS", "6.3")]),
        (
            "a kit in a kit is opened",
            boms(GIFT, bill("BOX", {"GIFT": 3})),
            2,
            [("BEANS", "3"), ("MUG", "6")],
        ),
        (
            "a component of two branches is added up",
            boms(GIFT, bill("BOX", {"GIFT": 2, "MUG": 5})),
            1,
            [("BEANS", "1"), ("MUG", "7")],
        ),
        (
            "losses of both levels are multiplied",
            boms(bill("GIFT", {"BEANS": 10}, scrap="0.1"), bill("BOX", {"GIFT": 1}, scrap="0.1")),
            1,
            [("BEANS", "12.1")],
        ),
        (
            "a pre-built kit in a kit is stocked, and not opened",
            boms(bill("GIFT", {"MUG": 1}, assembly="prebuilt"), bill("BOX", {"GIFT": 2, "MUG": 1})),
            1,
            [("GIFT", "2"), ("MUG", "1")],
        ),
        ("a pre-built kit takes nothing", boms(bill("BOX", {"MUG": 1}, assembly="prebuilt")), 1, []),
        ("nor does an item without a bill", boms(), 1, []),
        (
            "a kit whose bill has ended is an item like any other",
            boms(bill("GIFT", {"MUG": 1}, None, MARCH), bill("BOX", {"GIFT": 2})),
            1,
            [("GIFT", "2")],
        ),
    ],
)
def test_a_kit_takes(story: str, known: Boms, quantity: int, expected: list[tuple[str, str]]) -> None:
    kit = "BOX" if "BOX" in known else "GIFT"
    assert written(explode(known, kit, Decimal(quantity), MARCH)) == expected


@pytest.mark.parametrize(
    ("story", "at", "mugs"),
    [
        ("before its first bill it is no kit", datetime(2026, 2, 28, 23, 59, tzinfo=UTC), None),
        ("a bill holds from its first moment", MARCH, 1),
        ("to the one before its last", datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC), 1),
        ("then the next holds", APRIL, 2),
        ("for as long as no end is named", datetime(2036, 1, 1, tzinfo=UTC), 2),
    ],
)
def test_bills_hold_from_date_to_date(story: str, at: datetime, mugs: int | None) -> None:
    found = bom_at(DATED, "GIFT", at)
    assert (found and found.components[0].quantity) == mugs


def test_a_nested_kit_is_opened_by_the_bill_of_the_same_moment() -> None:
    known = {**DATED, **boms(bill("BOX", {"GIFT": 3}))}
    assert written(explode(known, "BOX", Decimal(1), MARCH)) == [("MUG", "3")]
    assert written(explode(known, "BOX", Decimal(1), MAY)) == [("MUG", "6")]


def test_an_event_on_a_kit_names_its_components_by_the_bill_of_when_it_occurred() -> None:
    event = requested(2, at=9, item="GIFT")
    assert exploded(event, DATED) == event._replace(components=(Component("MUG", Decimal(2)),))
    assert exploded(event._replace(occurred_at=MAY), DATED).components == (Component("MUG", Decimal(4)),)


@pytest.mark.parametrize("item", ["MUG", "BOX"])
def test_any_other_event_stays_the_same_object(item: str) -> None:
    event = requested(2, at=9, item=item)
    assert exploded(event, boms(GIFT, bill("BOX", {"MUG": 1}, assembly="prebuilt"))) is event


@pytest.mark.parametrize(
    ("given_as", "written_as"),
    [("1E+2", "100"), ("5.000", "5"), ("0.50", "0.5"), ("0E-6", "0"), ("-3.0", "-3"), ("1E-6", "0.000001")],
)
def test_equal_quantities_look_equal(given_as: str, written_as: str) -> None:
    assert format(plain(Decimal(given_as)), "f") == written_as


@pytest.mark.parametrize(
    ("story", "quantity", "granted", "requested_kits", "share"),
    [
        ("all of them take all", "10", 5, 5, "10"),
        ("none take nothing", "10", 0, 5, "0"),
        ("two of five", "10", 2, 5, "4"),
        ("a third comes back whole", "9999999999.9", 1, 3, "3333333333.3"),
        ("long quantities are not rounded", "999999999999.000003", 1, 3, "333333333333.000001"),
    ],
)
def test_a_part_of_the_kits_takes_its_share(
    story: str, quantity: str, granted: int, requested_kits: int, share: str
) -> None:
    assert str(share_of(Decimal(quantity), Decimal(granted), Decimal(requested_kits))) == share


ONE_GIFT = (Component("BEANS", Decimal("0.5")), Component("MUG", Decimal(1)))


@pytest.mark.parametrize(
    ("story", "has", "expected"),
    [
        ("the least component decides", {"BEANS": {"EAST": "7.5"}, "MUG": {"EAST": 9}}, {"EAST": 9}),
        ("whichever it is", {"BEANS": {"EAST": "1.9"}, "MUG": {"EAST": 9}}, {"EAST": 3}),
        (
            "components in two places make no kit",
            {"BEANS": {"EAST": 5, "WEST": 0}, "MUG": {"EAST": 0, "WEST": 5}},
            {"EAST": 0, "WEST": 0},
        ),
        (
            "each place makes its own",
            {"BEANS": {"EAST": 1, "WEST": 5}, "MUG": {"EAST": 5, "WEST": 4}},
            {"EAST": 2, "WEST": 4},
        ),
        ("a place that lacks a component makes none", {"BEANS": {"EAST": 5}, "MUG": {"WEST": 5}}, {}),
        ("a component that nobody has", {"MUG": {"EAST": 5}}, {}),
    ],
)
def test_kits_from_components(story: str, has: Has, expected: dict[str, int]) -> None:
    per_location = {item: {place: Decimal(units) for place, units in at.items()} for item, at in has.items()}
    assert kits_from(per_location, ONE_GIFT) == expected


quantities = st.decimals(0, 1000, places=3)
needed = st.decimals("0.001", 20, places=3)


@given(st.dictionaries(st.sampled_from(["A", "B", "C"]), st.tuples(needed, quantities, quantities), min_size=1))
def test_components_suffice_for_the_kits_and_not_for_one_more(
    parts: dict[str, tuple[Decimal, Decimal, Decimal]],
) -> None:
    kits = kits_from(
        {item: {"EAST": east, "WEST": west} for item, (_, east, west) in parts.items()},
        [Component(item, each) for item, (each, _, _) in parts.items()],
    )
    for index, place in ((1, "EAST"), (2, "WEST")):
        assert all(part[index] >= kits[place] * part[0] for part in parts.values())
        assert any(part[index] < (kits[place] + 1) * part[0] for part in parts.values())


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.decimals("0.001", 20, places=3))
def test_two_orders_take_what_one_order_of_both_takes(one: int, other: int, each: Decimal) -> None:
    known = boms(bill("GIFT", {"MUG": 3, "BEANS": str(each)}, scrap="0.02"), bill("BOX", {"GIFT": 2, "MUG": 1}))
    first, second, both = (explode(known, "BOX", Decimal(count), MARCH) for count in (one, other, one + other))
    assert [a.quantity + b.quantity for a, b in zip(first, second, strict=True)] == [part.quantity for part in both]


@pytest.mark.parametrize(
    ("story", "known", "expected"),
    [
        ("no bills, no families", boms(), {}),
        ("a kit and its components", boms(GIFT), {"BEANS": "BEANS", "GIFT": "BEANS", "MUG": "BEANS"}),
        (
            "two kits that share a component are one family",
            boms(bill("K1", {"A": 1, "B": 1}), bill("K2", {"B": 1, "C": 1})),
            {"A": "A", "B": "A", "C": "A", "K1": "A", "K2": "A"},
        ),
        (
            "two that share none are two",
            boms(bill("K1", {"A": 1}), bill("K2", {"C": 1})),
            {"A": "A", "K1": "A", "C": "C", "K2": "C"},
        ),
        (
            "a bill that has ended connects too",
            boms(bill("K1", {"A": 1}, None, MARCH), bill("K1", {"B": 1}, MARCH)),
            {"A": "A", "B": "A", "K1": "A"},
        ),
        (
            "so does a pre-built kit, through all levels",
            boms(bill("K1", {"B": 1}, assembly="prebuilt"), bill("A", {"K1": 1})),
            {"A": "A", "B": "A", "K1": "A"},
        ),
    ],
)
def test_families(story: str, known: Boms, expected: dict[str, str]) -> None:
    assert families(known) == expected


@given(st.permutations([("K1", "A"), ("K1", "B"), ("K2", "K1"), ("K3", "C"), ("K3", "D"), ("K4", "D"), ("K5", "K2")]))
def test_the_order_of_the_bills_does_not_change_the_families(pairs: list[tuple[str, str]]) -> None:
    kits = dict.fromkeys(kit for kit, _ in pairs)
    known = boms(*(bill(kit, {item: 1 for name, item in pairs if name == kit}) for kit in kits))
    first, second = dict.fromkeys(("A", "B", "K1", "K2", "K5"), "A"), dict.fromkeys(("C", "D", "K3", "K4"), "C")
    assert families(known) == first | second


def test_kits_of_every_level_are_above_a_component() -> None:
    known = boms(GIFT, bill("BOX", {"GIFT": 2}), bill("CRATE", {"BOX": 4, "MUG": 1}))
    assert kits_above(known) == {
        "MUG": ("BOX", "CRATE", "GIFT"),
        "BEANS": ("BOX", "CRATE", "GIFT"),
        "GIFT": ("BOX", "CRATE"),
        "BOX": ("CRATE",),
    }
