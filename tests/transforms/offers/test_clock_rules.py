"""The next moment at which the clock alone changes what channels are told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.schemas.small_company import GIFT, company
from tests.transforms.offers.offered import B2B, MASTER, NOON, WEB, expected, rules, stock
from transforms.offers.availability_rules import ItemStock
from transforms.offers.clock_rules import next_change

MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
LAUNCH = {"from": "2026-03-02T18:00:00Z", "to": "2026-03-02T20:00:00Z", "why": "launch"}
MILK = company(
    listings=[{"channel": "b2b", "listing": "B-MILK", "item": "MILK"}],
    lots=[
        {"item": "MILK", "lot": "L1", "expires_on": "2026-04-01"},
        {"item": "MILK", "lot": "L2", "expires_on": "2026-03-20"},
        {"item": "MILK", "lot": "L3", "expires_on": "2026-03-01"},
        {"item": "MILK", "lot": "L4"},
    ],
)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def of_mug(given: ItemStock, as_of: datetime = NOON, **channels: Any) -> datetime | None:
    return next_change("MUG", lambda _: given, MASTER, rules(as_of=as_of, channels=channels))


@pytest.mark.parametrize(
    ("story", "channels", "expected_at"),
    [
        ("stock without dates waits for events", {"b2b": B2B}, None),
        ("a horizon of days moves on every midnight", {"web": WEB}, MIDNIGHT),
        ("a blackout begins", {"b2b": {**B2B, "blackouts": [LAUNCH]}}, at(2, 18)),
        ("what is first counts", {"web": WEB, "b2b": {**B2B, "blackouts": [LAUNCH]}}, at(2, 18)),
        ("a channel that does not list it", {"retailer": {**WEB, "blackouts": [LAUNCH]}}, None),
    ],
)
def test_next_change(story: str, channels: dict[str, Any], expected_at: datetime | None) -> None:
    assert of_mug(stock(5, expected(3, 4)), **channels) == expected_at


def test_a_blackout_ends_and_is_over() -> None:
    channels = {"b2b": {**B2B, "blackouts": [LAUNCH]}}
    assert of_mug(stock(5), at(2, 18), **channels) == at(2, 20)
    assert of_mug(stock(5), at(2, 20), **channels) is None


@pytest.mark.parametrize(
    ("lots", "shelf_life_days_min", "expected_at"),
    [
        (["L1"], 0, datetime(2026, 4, 1, tzinfo=UTC)),
        (["L1"], 10, at(23)),
        (["L1", "L2"], 0, at(20)),
        (["L1", "L2"], 30, at(3)),
        (["L2"], 30, None),
        (["L3"], 0, None),
        (["L4", "", "unknown"], 0, None),
    ],
)
def test_a_lot_goes_on_the_day_on_which_it_is_too_old(
    lots: list[str], shelf_life_days_min: int, expected_at: datetime | None
) -> None:
    given = stock({("EAST", lot, "sellable"): 1 for lot in lots}, item="MILK")
    channels = {"b2b": {**B2B, "minimum_shelf_life_days": shelf_life_days_min}}
    assert next_change("MILK", lambda _: given, MILK, rules(MILK, channels=channels)) == expected_at


def test_a_kit_changes_with_its_bill_of_materials_and_with_the_lots_of_its_components() -> None:
    made_of_milk = {
        "kit": "GIFT",
        "assembly": "on_demand",
        "effective_to": "2026-03-25",
        "components": [{"item": "MILK", "quantity": 1}],
    }
    later = {**GIFT, "effective_from": "2026-03-25"}
    kits = company(
        [made_of_milk, later],
        listings=[{"channel": "b2b", "listing": "B-GIFT", "item": "GIFT"}],
        lots=[{"item": "MILK", "lot": "L2", "expires_on": "2026-03-20"}],
    )
    milk = {"MILK": stock({("EAST", "L2", "sellable"): 1}, item="MILK")}
    by = rules(kits, channels={"b2b": B2B})
    assert next_change("GIFT", milk.__getitem__, kits, by) == at(20)
    assert next_change("GIFT", milk.__getitem__, kits, by._replace(as_of=at(20))) == at(25)
    nothing = {"MUG": stock(), "BEANS": stock(item="BEANS")}
    assert next_change("GIFT", nothing.__getitem__, kits, by._replace(as_of=at(25))) is None
