"""Lot rules: a quantity and a location in, the lots to pick it from out: first expired, first out.

Only stock counts that the channel's definition counts, and only lots that may be sold to it on that day: released, not
expired, with the shelf life it asks for. Of these the one that expires first goes first, those that never expire last,
and where two expire on one day the lot's name decides, so that the same question always gets the same answer.

    asked for 10 with 30 days of shelf life on 2 March
    L1 expires 20 March   8   passed over: too_short_shelf_life
    L2 expires 1 May      4   pick 4
    L3 expires 1 May      9   pick 6
    L4 recalled           5   passed over: recalled
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from schemas.master_records import Lot
from schemas.policy_spec import ChannelPolicy
from transforms.offers.availability_rules import ItemStock, Rules, is_lot_for_sale


class Pick(NamedTuple):
    """How much to take of one lot; the lot is "" for stock without one."""

    lot: str
    disposition: str
    quantity: Decimal
    expires_on: date | None


class PassedOver(NamedTuple):
    """A lot that is there and may not be picked."""

    lot: str
    disposition: str
    quantity: Decimal
    reason: str  # held | recalled | expired | too_short_shelf_life


class PickList(NamedTuple):
    """Where a quantity comes from."""

    picks: tuple[Pick, ...]
    passed_over: tuple[PassedOver, ...]
    short: Decimal  # what of it is not there


def pick_lots(wanted: Decimal, stock: ItemStock, location: str, channel: ChannelPolicy, rules: Rules) -> PickList:
    """The lots from which a location would ship `wanted` base units to a channel, first expired first."""
    lots = list(_lots_at(stock, location, channel, rules))
    picks: list[Pick] = []
    left = wanted
    for one in sorted((pick for pick, reason in lots if not reason), key=_expiry):
        taken = min(left, one.quantity)
        if taken > 0:
            picks.append(one._replace(quantity=taken))
            left -= taken
    passed_over = sorted(PassedOver(*pick[:3], reason) for pick, reason in lots if reason)
    return PickList(tuple(picks), tuple(passed_over), left)


def reason_against(lot: Lot | None, on: date, shelf_life_days_min: int) -> str:
    """Why a lot may not be sold on a day; "" when it may."""
    if lot is None or is_lot_for_sale(lot, on, shelf_life_days_min):
        return ""
    if lot.status != "released":
        return lot.status
    return "expired" if not is_lot_for_sale(lot, on, 0) else "too_short_shelf_life"


def _lots_at(stock: ItemStock, location: str, channel: ChannelPolicy, rules: Rules) -> Iterator[tuple[Pick, str]]:
    """All that could be taken of each lot of the location, with what speaks against it."""
    dispositions = rules.policy.definitions[channel.definition].dispositions
    day = rules.sold_on or rules.as_of.date()
    for (place, lot, disposition), quantity in stock.on_hand.items():
        if place == location and disposition in dispositions and quantity > 0:
            known = rules.lots.get((stock.item, lot))
            pick = Pick(lot, disposition, quantity, known.expires_on if known else None)
            yield pick, reason_against(known, day, channel.minimum_shelf_life_days)


def _expiry(pick: Pick) -> tuple[date, str, str]:
    return (pick.expires_on or date.max, pick.lot, pick.disposition)
