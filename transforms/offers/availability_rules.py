"""Availability rules: what one definition of "available" counts at each location.

Half of all mismatches are two systems meaning different things by one word, so each definition is named in the policy:
which dispositions it counts, whether claims come off, how many days of inbound supply it may lean on.
"""

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from schemas.master_records import Lot
from schemas.policy_spec import ChannelPolicy, Policy

Answer = TypeVar("Answer")
ZERO = Decimal(0)
ROUTES_REMEMBERED = 1_024  # sets of locations that stock lies at; most items share a few

Place = tuple[str, str, str]  # location, lot, disposition


class Supply(NamedTuple):
    """Open inbound of one order: where, how much, when."""

    location: str
    quantity: Decimal
    expected_at: datetime | None


class DatedClaim(NamedTuple):
    """The part of an item's open claims that is wanted on a named day, not at once."""

    day: date
    channel: str  # of a soft claim
    location: str  # of a hard one
    quantity: Decimal


class ItemStock(NamedTuple):
    """All that offers need to know of one item, at one moment."""

    item: str
    on_hand: Mapping[Place, Decimal]
    soft_claims: Mapping[str, Decimal]  # by channel: open, not yet promised from a location
    hard_claims: Mapping[str, Decimal]  # by location: open and promised from there
    supplies: tuple[Supply, ...] = ()
    dated_claims: tuple[DatedClaim, ...] = ()  # counted in soft and hard claims too


class Rules(NamedTuple):
    """What stays the same for all items: policy, lots, and the moment that is asked about."""

    policy: Policy
    lots: Mapping[tuple[str, str], Lot]
    as_of: datetime
    sold_on: date | None = None  # the day for which lots are judged; None: that of `as_of`
    until: datetime | None = None  # when another version of the policy takes its place


class Placed(NamedTuple):
    """Claims set against what is to serve them."""

    at: dict[str, Decimal]  # by location, against stock
    supplies: tuple[Supply, ...]  # what is still free of expected supply after claims that found no stock


def is_lot_for_sale(lot: Lot | None, on: date, shelf_life_days_min: int) -> bool:
    """Released, and good for at least the days that the channel asks for; a lot without a record or date is."""
    if lot is None:
        return True
    last = last_selling_day(lot, shelf_life_days_min)
    return lot.status == "released" and (last is None or on.toordinal() <= last)


def last_selling_day(lot: Lot, shelf_life_days_min: int) -> int | None:
    """The ordinal of the last day on which a lot is good for so many days more; None: it never expires."""
    return None if lot.expires_on is None else lot.expires_on.toordinal() - max(1, shelf_life_days_min)


class Here(NamedTuple):
    """What is on hand at a channel's locations."""

    on_hand: Decimal
    of_disposition: Decimal  # the part that the channel's definition counts
    for_sale: dict[str, Decimal]  # the part of that in lots that may be sold, by location


def here_for(stock: ItemStock, channel: ChannelPolicy, rules: Rules) -> Here:
    """On hand at the channel's locations: all, what its definition counts, and what of that may be sold."""
    dispositions = rules.policy.definitions[channel.definition].dispositions
    on_hand = of_disposition = ZERO
    for_sale = dict.fromkeys(channel.locations, ZERO)
    for (location, lot, disposition), quantity in stock.on_hand.items():
        if location in for_sale and quantity:
            on_hand += quantity
            if disposition in dispositions:
                of_disposition += quantity
                if not lot or _sells(stock.item, lot, channel.minimum_shelf_life_days, rules):
                    for_sale[location] += quantity
    return Here(on_hand, of_disposition, for_sale)


def heres_for(stock: ItemStock, rules: Rules) -> dict[str, Here]:
    """What `here_for` says of each channel, by name; those that count the same at the same places share one answer."""
    return of_channels(
        rules, lambda _, channel: counted_by(channel), lambda _, channel: here_for(stock, channel, rules)
    )


def counted_by(channel: ChannelPolicy) -> tuple[Any, ...]:
    """What of stock a channel counts, and where."""
    return (channel.definition, channel.locations, channel.minimum_shelf_life_days)


def of_channels(
    rules: Rules, likeness: Callable[[str, ChannelPolicy], Hashable], ask: Callable[[str, ChannelPolicy], Answer]
) -> dict[str, Answer]:
    """The answer for each channel, by name; channels of the same likeness share one."""
    found: dict[Hashable, Answer] = {}
    answers = {}
    for name, channel in rules.policy.channels.items():
        alike = likeness(name, channel)
        if alike not in found:
            found[alike] = ask(name, channel)
        answers[name] = found[alike]
    return answers


def _sells(item: str, lot: str, shelf_life_days_min: int, rules: Rules) -> bool:
    if not lot:
        return True
    day = rules.sold_on or rules.as_of.date()
    return is_lot_for_sale(rules.lots.get((item, lot)), day, shelf_life_days_min)


def place_claims(stock: ItemStock, rules: Rules, heres: Mapping[str, Here] | None = None) -> Placed:
    """What is claimed at each location: hard claims where they are, soft ones where routing would ship them from.

    A soft claim goes to its own channel's locations in routing order, as far as they have stock for sale. What finds no
    stock waits for the earliest supply that is expected there, which is then no longer free for anybody. What finds
    none either is placed nowhere: those locations are already empty, and the shortage is an alert of its own.
    `heres`: what `heres_for` said, where somebody has asked already.
    """
    placed = _place_hard(stock, rules)
    supplies = [supply for _, supply in sorted(expected_of(stock.supplies, rules.as_of.date()))]
    for channel in sorted(stock.soft_claims):
        left = stock.soft_claims[channel]
        if not left:
            continue
        heres = heres or heres_for(stock, rules)
        sellable = (heres.get(channel) or next(iter(heres.values()))).for_sale
        for location in routed(sellable, rules.policy.routing):
            if not left:
                break
            if sellable[location] <= 0:
                continue
            taken = min(left, max(ZERO, sellable[location] - placed.get(location, ZERO)))
            if taken:
                placed[location] = placed.get(location, ZERO) + taken
                left -= taken
        if left:
            supplies = _without(left, supplies, sellable)
    return Placed(placed, tuple(supplies))


def _place_hard(stock: ItemStock, rules: Rules) -> dict[str, Decimal]:
    """Hard claims where they are, as far as there is stock; the rest where routing would find stock for them.

    What finds none stays where it was promised from.
    """
    if not stock.hard_claims:
        return {}
    here: dict[str, Decimal] = {}
    for (location, lot, disposition), quantity in stock.on_hand.items():
        if disposition in rules.policy.default_definition.dispositions and _sells(stock.item, lot, 0, rules):
            here[location] = here.get(location, ZERO) + quantity
    placed = {place: min(claimed, max(ZERO, here.get(place, ZERO))) for place, claimed in stock.hard_claims.items()}
    missing = {place: claimed - placed[place] for place, claimed in stock.hard_claims.items()}
    for place, short in sorted(missing.items()):
        left = short
        for other in routed(here, rules.policy.routing) if left else ():
            taken = min(left, max(ZERO, here[other] - placed.get(other, ZERO)))
            placed[other] = placed.get(other, ZERO) + taken
            left -= taken
        placed[place] += left
    return placed


def _without(claimed: Decimal, supplies: Iterable[Supply], locations: Container[str]) -> list[Supply]:
    """Supplies, earliest first, less a claim that waits for them."""
    left = []
    for supply in supplies:
        taken = min(claimed, supply.quantity) if supply.location in locations else ZERO
        left.append(supply._replace(quantity=supply.quantity - taken))
        claimed -= taken
    return left


def expected_day(supply: Supply, today: date) -> date | None:
    """The day in UTC on which a supply counts as there; None: not expected.

    Supply without a date is not expected, nor is supply whose day has passed: what is late is counted again once
    somebody names a new date. The day itself still counts, since many sources name a day and no hour.
    """
    if supply.expected_at is None:
        return None
    day = supply.expected_at.date()
    return day if day >= today else None


def expected_of(supplies: Iterable[Supply], today: date) -> Iterator[tuple[date, Supply]]:
    """The supplies that are expected, each with the day on which it counts as there."""
    for supply in supplies:
        day = expected_day(supply, today)
        if day is not None:
            yield day, supply


def routed(locations: Iterable[str], routing: Iterable[str]) -> tuple[str, ...]:
    """Locations in the order in which the policy would ship from them; those it does not name come last, by name."""
    return _routed(tuple(locations), tuple(routing))


@lru_cache(maxsize=ROUTES_REMEMBERED)
def _routed(locations: tuple[str, ...], routing: tuple[str, ...]) -> tuple[str, ...]:
    order = {location: index for index, location in enumerate(routing)}
    return tuple(sorted(locations, key=lambda location: (order.get(location, len(order)), location)))
