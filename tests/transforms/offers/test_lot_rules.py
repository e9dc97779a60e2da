"""What expires first is picked first, and what may not be sold is never picked."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.master_records import Lot
from schemas.policy_spec import ChannelPolicy
from tests.transforms.offers.offered import WEB, rules, stock
from transforms.offers.availability_rules import ItemStock, Rules, here_for
from transforms.offers.lot_rules import PassedOver, Pick, pick_lots, reason_against

MARCH_2 = date(2026, 3, 2)
LOTS: dict[str, tuple[str | None, Any]] = {
    "L1": ("2026-03-20", "released"),
    "L2": ("2026-05-01", "released"),
    "L3": ("2026-05-01", "released"),
    "L4": ("2026-04-15", "recalled"),
    "L5": ("2026-04-20", "held"),
    "L6": ("2026-03-02", "released"),
    "L7": (None, "released"),
}
TABLE = {
    ("MILK", name): Lot("MILK", name, date.fromisoformat(day) if day else None, status)
    for name, (day, status) in LOTS.items()
}
BY = Rules(rules().policy, TABLE, datetime(2026, 3, 2, 12, tzinfo=UTC))


def there(*lots: tuple[str, int | str], location: str = "EAST", disposition: str = "sellable") -> ItemStock:
    return stock({(location, lot, disposition): quantity for lot, quantity in lots}, item="MILK")


def web(shelf_life_days_min: int = 0) -> ChannelPolicy:
    return ChannelPolicy.model_validate({**WEB, "minimum_shelf_life_days": shelf_life_days_min})


def picked(wanted: int | str, given: ItemStock, shelf_life_days_min: int = 0) -> list[tuple[str, str]]:
    found = pick_lots(Decimal(wanted), given, "EAST", web(shelf_life_days_min), BY)
    return [(one.lot, str(one.quantity)) for one in found.picks] + (
        [("short", str(found.short))] if found.short else []
    )


@pytest.mark.parametrize(
    ("story", "wanted", "given", "picks"),
    [
        ("one lot is enough", 3, there(("L2", 8)), [("L2", "3")]),
        ("all of it", 8, there(("L2", 8)), [("L2", "8")]),
        ("nothing is wanted", 0, there(("L2", 8)), []),
        ("nothing is there", 3, there(), [("short", "3")]),
        ("what expires first goes first", 9, there(("L2", 8), ("L1", 4)), [("L1", "4"), ("L2", "5")]),
        ("two expire together: by name", 9, there(("L3", 8), ("L2", 4)), [("L2", "4"), ("L3", "5")]),
        ("what never expires goes last", 9, there(("L7", 8), ("L2", 4)), [("L2", "4"), ("L7", "5")]),
        ("so does stock without a lot", 9, there(("", 8), ("L2", 4)), [("L2", "4"), ("", "5")]),
        ("and a lot nobody knows", 9, there(("X", 8), ("L2", 4)), [("L2", "4"), ("X", "5")]),
        ("recalled, held and expired lots stay", 3, there(("L4", 9), ("L5", 9), ("L6", 9)), [("short", "3")]),
        ("not all is there", 9, there(("L2", 4)), [("L2", "4"), ("short", "5")]),
        ("parts of a unit", "2.5", there(("L1", "1.25"), ("L2", 4)), [("L1", "1.25"), ("L2", "1.25")]),
        ("what is below zero gives nothing", 3, there(("L1", -4), ("L2", 4)), [("L2", "3")]),
        ("another location gives nothing", 3, there(("L2", 4), location="WEST"), [("short", "3")]),
        ("nor does stock on hold", 3, there(("L2", 4), disposition="quality_hold"), [("short", "3")]),
    ],
)
def test_picks(story: str, wanted: int | str, given: ItemStock, picks: list[tuple[str, str]]) -> None:
    assert picked(wanted, given) == picks


def test_the_example_of_the_module() -> None:
    found = pick_lots(Decimal(10), there(("L1", 8), ("L2", 4), ("L3", 9), ("L4", 5)), "EAST", web(30), BY)
    assert found.picks == (
        Pick("L2", "sellable", Decimal(4), date(2026, 5, 1)),
        Pick("L3", "sellable", Decimal(6), date(2026, 5, 1)),
    )
    assert found.passed_over == (
        PassedOver("L1", "sellable", Decimal(8), "too_short_shelf_life"),
        PassedOver("L4", "sellable", Decimal(5), "recalled"),
    )
    assert found.short == 0


@pytest.mark.parametrize(
    ("lot", "shelf_life_days_min", "reason"),
    [
        ("L1", 0, ""),
        ("L1", 18, ""),
        ("L1", 19, "too_short_shelf_life"),
        ("L4", 0, "recalled"),
        ("L5", 0, "held"),
        ("L6", 0, "expired"),
        ("L7", 3650, ""),
    ],
)
def test_what_speaks_against_a_lot(lot: str, shelf_life_days_min: int, reason: str) -> None:
    assert reason_against(TABLE["MILK", lot], MARCH_2, shelf_life_days_min) == reason


def test_a_recalled_lot_is_recalled_even_after_it_expired() -> None:
    assert reason_against(Lot("MILK", "L", date(2026, 1, 1), "recalled"), MARCH_2, 0) == "recalled"


@given(
    st.integers(0, 30),
    st.dictionaries(st.sampled_from(["", "X", *LOTS]), st.integers(1, 9)),
    st.integers(0, 60),
)
def test_picks_and_shortage_are_what_was_wanted_and_never_more_than_is_for_sale(
    wanted: int, here: dict[str, int], shelf_life_days_min: int
) -> None:
    given_stock, channel = there(*here.items()), web(shelf_life_days_min)
    found = pick_lots(Decimal(wanted), given_stock, "EAST", channel, BY)
    total = sum(one.quantity for one in found.picks)
    assert total + found.short == wanted
    assert total == min(wanted, here_for(given_stock, channel, BY).for_sale["EAST"])
    assert all(one.quantity <= here[one.lot] for one in found.picks)
    ends = [one.expires_on or date.max for one in found.picks]
    assert ends == sorted(ends)
