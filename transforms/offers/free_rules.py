"""Free rules: what a channel could draw from each of its locations, before anyone else's pool comes off.

on hand EAST: 10 sellable, 2 quality_hold, 3 sellable in a recalled lot; claims 4; safety stock 1
sellable      10 - 4 - 1 = 5      erp_available (counts quality_hold, ignores claims)   10 + 2 - 1 = 11
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from schemas.policy_spec import ChannelPolicy
from transforms.offers.availability_rules import (
    ZERO,
    Here,
    ItemStock,
    Placed,
    Rules,
    Supply,
    counted_by,
    expected_of,
    here_for,
    of_channels,
    routed,
)


class Free(NamedTuple):
    """What a channel could draw from each of its locations, and how that came about, in base units."""

    on_hand: Decimal
    other_dispositions: Decimal
    lots_not_for_sale: Decimal
    inbound: Decimal
    reserved: Decimal
    safety_stock: Decimal
    by_location: dict[str, Decimal]  # never negative
    total: Decimal  # of all locations


def free_for(
    stock: ItemStock, channel: ChannelPolicy, placed: Placed, rules: Rules, name: str = "", here: Here | None = None
) -> Free:
    """What a channel could draw from each of its locations before anyone else's pool comes off.

    `here`: what `here_for` said of the same channel, where somebody has asked already.
    """
    definition = rules.policy.definitions[channel.definition]
    on_hand, of_disposition, sellable = here or here_for(stock, channel, rules)
    lots_not_for_sale = of_disposition - sum(sellable.values(), ZERO)
    supplies = placed.supplies if definition.subtract_claims else stock.supplies
    inbound = _inbound_by_location(supplies, channel, definition.inbound_days, rules.as_of.date())
    reserved = safety = ZERO
    by_location = {}
    claims = placed.at if definition.subtract_claims else {}
    held_back = rules.policy.held_back_of(stock.item, name, channel.locations)
    for location in routed(channel.locations, rules.policy.routing):
        left = sellable[location]
        if location in inbound:
            left += inbound[location]
        if location in claims:
            reserved += claims[location]
            left -= claims[location]
        if location in held_back:
            safety += held_back[location]
            left -= held_back[location]
        by_location[location] = max(ZERO, left)
    return Free(
        on_hand,
        on_hand - of_disposition,
        lots_not_for_sale,
        sum(inbound.values(), ZERO),
        reserved,
        safety,
        by_location,
        sum(by_location.values(), ZERO),
    )


def frees_for(stock: ItemStock, placed: Placed, rules: Rules, heres: Mapping[str, Here]) -> dict[str, Free]:
    """What `free_for` says of each channel, by name; those that count and hold back the same share one answer."""
    held_back_of = rules.policy.held_back_of
    return of_channels(
        rules,
        lambda name, channel: (*counted_by(channel), id(held_back_of(stock.item, name, channel.locations))),
        lambda name, channel: free_for(stock, channel, placed, rules, name, heres[name]),
    )


def _inbound_by_location(
    supplies: Iterable[Supply], channel: ChannelPolicy, days: int, today: date
) -> dict[str, Decimal]:
    """What is expected within a number of days of which today is the first."""
    if not days:
        return {}
    end = today + timedelta(days=days)
    found: dict[str, Decimal] = {}
    for day, supply in expected_of(supplies, today):
        if day < end and supply.location in channel.locations:
            found[supply.location] = found.get(supply.location, ZERO) + supply.quantity
    return found
