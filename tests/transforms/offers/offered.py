"""Stock, claims and a policy in few words, for the tests of offers: the item is a MUG, days are those of March 2026."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from tests.schemas.small_company import company
from transforms.offers.availability_rules import DatedClaim, ItemStock, Rules, Supply

MASTER = company()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EAST, WEST, HOLD = ("EAST", "", "sellable"), ("WEST", "", "sellable"), ("EAST", "", "quality_hold")
DEFINITIONS: dict[str, Any] = {
    "sellable": {"means": "what may be sold", "dispositions": ["sellable"]},
    "atp": {"means": "that and what is expected", "dispositions": ["sellable"], "inbound_days": 7},
}
WEB: dict[str, Any] = {"definition": "atp", "locations": ["EAST", "WEST"]}
B2B: dict[str, Any] = {"definition": "sellable", "locations": ["EAST", "WEST"]}

Places = Mapping[tuple[str, str, str], int | str]


def march(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


def rules(
    master: MasterData = MASTER, as_of: datetime = NOON, channels: Mapping[str, Any] | None = None, **fields: Any
) -> Rules:
    """Rules by which web leans on supply of 7 days and b2b does not, unless `channels` says something else."""
    given = {"version": "1", "owner": "sales", "definitions": DEFINITIONS, "routing": ["EAST", "WEST"]}
    policy = Policy.model_validate({**given, "channels": channels or {"web": WEB, "b2b": B2B}, **fields})
    return Rules(policy, master.lots, as_of)


def expected(quantity: int | str, day: int | None, location: str = "EAST") -> Supply:
    return Supply(location, Decimal(quantity), None if day is None else march(day))


def stock(
    on_hand: Places | int = 0,
    *supplies: Supply,
    item: str = "MUG",
    soft: Mapping[str, int | str] | None = None,
    hard: Mapping[str, int | str] | None = None,
    dated: tuple[tuple[int, str, int], ...] = (),
) -> ItemStock:
    """Stock of one item. `soft` claims are by channel, `hard` ones by location; `dated` are (day, channel or location,
    quantity) and counted in those already."""
    places = {EAST: on_hand} if isinstance(on_hand, int) else on_hand
    return ItemStock(
        item,
        {place: Decimal(quantity) for place, quantity in places.items()},
        {channel: Decimal(quantity) for channel, quantity in (soft or {}).items()},
        {location: Decimal(quantity) for location, quantity in (hard or {}).items()},
        supplies,
        tuple(
            DatedClaim(
                date(2026, 3, day), "" if name.isupper() else name, name if name.isupper() else "", Decimal(quantity)
            )
            for day, name, quantity in dated
        ),
    )
