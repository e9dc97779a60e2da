"""Availability rules: what one definition of "available" counts at each location.

Half of all mismatches are two systems meaning different things by one word, so each definition is named in the policy:
which dispositions it counts, whether claims come off, how many days of inbound supply it may lean on.

    on hand EAST: 10 sellable, 2 quality_hold, 3 sellable in a recalled lot; claims 4; safety stock 1
    sellable      10 - 4 - 1 = 5      erp_available (counts quality_hold, ignores claims)   10 + 2 - 1 = 11
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from schemas.master_records import Lot
from schemas.policy_spec import ChannelPolicy, Policy

ZERO = Decimal(0)

Place = tuple[str, str, str]  # location, lot, disposition


class Supply(NamedTuple):
    """Open inbound of one order: where, how much, when."""

    location: str
    quantity: Decimal
    expected_at: datetime | None


class ItemStock(NamedTuple):
    """All that offers need to know of one item, at one moment."""

    item: str
    on_hand: Mapping[Place, Decimal]
    soft_claims: Mapping[str, Decimal]  # by channel: open, not yet promised from a location
    hard_claims: Mapping[str, Decimal]  # by location: open and promised from there
    supplies: tuple[Supply, ...] = ()


class Rules(NamedTuple):
    """What stays the same for all items: policy, lots, and the moment that is asked about."""

    policy: Policy
    lots: Mapping[tuple[str, str], Lot]
    as_of: datetime


class Free(NamedTuple):
    """What a channel could draw from each of its locations, and how that came about, in base units."""

    on_hand: Decimal
    other_dispositions: Decimal
    lots_not_for_sale: Decimal
    inbound: Decimal
    reserved: Decimal
    safety_stock: Decimal
    by_location: dict[str, Decimal]  # never negative


def is_lot_for_sale(lot: Lot | None, as_of: date, shelf_life_days_min: int) -> bool:
    """Released, and good for at least the days that the channel asks for; a lot without a record or date is."""
    if lot is None:
        return True
    if lot.status != "released":
        return False
    if lot.expires_on is None:
        return True
    return lot.expires_on > as_of and lot.expires_on - as_of >= timedelta(days=shelf_life_days_min)


def for_sale_by_location(stock: ItemStock, channel: ChannelPolicy, rules: Rules) -> dict[str, Decimal]:
    """On hand at the channel's locations that its definition counts and whose lots may be sold."""
    dispositions = rules.policy.definitions[channel.definition].dispositions
    totals = dict.fromkeys(channel.locations, ZERO)
    for (location, lot, disposition), quantity in stock.on_hand.items():
        if location in totals and disposition in dispositions and _sells(stock.item, lot, channel, rules):
            totals[location] += quantity
    return totals


def _sells(item: str, lot: str, channel: ChannelPolicy, rules: Rules) -> bool:
    if not lot:
        return True
    return is_lot_for_sale(rules.lots.get((item, lot)), rules.as_of.date(), channel.minimum_shelf_life_days)


def place_claims(stock: ItemStock, rules: Rules) -> dict[str, Decimal]:
    """What is claimed at each location: hard claims where they are, soft ones where routing would ship them from.

    A soft claim goes to its own channel's locations in routing order, as far as they have stock for sale. What finds no
    stock is placed nowhere: those locations are already empty, and the shortage is an alert of its own.
    """
    placed = dict(stock.hard_claims)
    for channel in sorted(stock.soft_claims):
        left = stock.soft_claims[channel]
        known = rules.policy.channels.get(channel)
        channel_policy = known or next(iter(rules.policy.channels.values()))
        sellable = for_sale_by_location(stock, channel_policy, rules)
        for location in routed(sellable, rules.policy.routing):
            taken = min(left, max(ZERO, sellable[location] - placed.get(location, ZERO)))
            if taken:
                placed[location] = placed.get(location, ZERO) + taken
                left -= taken
    return placed


def routed(locations: Iterable[str], routing: Iterable[str]) -> list[str]:
    """Locations in the order in which the policy would ship from them; those it does not name come last, by name."""
    order = {location: index for index, location in enumerate(routing)}
    return sorted(locations, key=lambda location: (order.get(location, len(order)), location))


def free_for(stock: ItemStock, channel: ChannelPolicy, placed: Mapping[str, Decimal], rules: Rules) -> Free:
    """What a channel could draw from each of its locations before anyone else's pool comes off."""
    definition = rules.policy.definitions[channel.definition]
    here = {place: quantity for place, quantity in stock.on_hand.items() if place[0] in channel.locations}
    of_disposition = sum((quantity for place, quantity in here.items() if place[2] in definition.dispositions), ZERO)
    on_hand = sum(here.values(), ZERO)
    sellable = for_sale_by_location(stock, channel, rules)
    lots_not_for_sale = of_disposition - sum(sellable.values(), ZERO)
    inbound = _inbound_by_location(stock, channel, definition.inbound_days, rules.as_of)
    reserved = safety = ZERO
    by_location = {}
    for location in routed(channel.locations, rules.policy.routing):
        claimed = placed.get(location, ZERO) if definition.subtract_claims else ZERO
        held_back = rules.policy.location_safety_stock(stock.item, location)
        reserved += claimed
        safety += held_back
        left = sellable[location] + inbound.get(location, ZERO) - claimed - held_back
        by_location[location] = max(ZERO, left)
    return Free(
        on_hand,
        on_hand - of_disposition,
        lots_not_for_sale,
        sum(inbound.values(), ZERO),
        reserved,
        safety,
        by_location,
    )


def _inbound_by_location(stock: ItemStock, channel: ChannelPolicy, days: int, as_of: datetime) -> dict[str, Decimal]:
    if not days:
        return {}
    horizon = as_of + timedelta(days=days)
    found: dict[str, Decimal] = {}
    for supply in stock.supplies:
        if supply.location in channel.locations and supply.expected_at is not None and supply.expected_at <= horizon:
            found[supply.location] = found.get(supply.location, ZERO) + supply.quantity
    return found
