"""Promise rules: what a channel may promise for each day of its horizon, so that no later promise is broken by it.

What is projected for a day is what the channel could draw on at the end of it: its pool after all supply that is
expected and all claims that are wanted by then. What may be promised for a day is the least that is projected from that
day to the end of the horizon, because what is given away on one day is missing on every day after it.

    on hand 20   claims: 3 at once, 15 on the 4th   expected: 10 on the 3rd, 1 on the 5th, 3 on the 6th
    day              1    2    3    4    5    6    7
    projected       17   17   27   12   13   16   16
    promised        12   12   12   12   13   16   16

- The horizon of a channel is the `inbound_days` of its definition, today included, at most `PROMISE_DAYS_MAX`.
- Days are UTC. A claim without a day, or whose day has passed, counts today. One beyond the horizon does not count yet.
- Supply without a day, or whose day has passed, is not expected: nobody says any more when it comes.
- A lot counts for the days on which it may still be sold; for a later day it is not there.
- Quantities are in base units, after pools and safety stock, before what a channel's own publishing rules take off
  (buffer, threshold, cap, blackout). Of kits they are whole kits.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import Component
from transforms.kits.kit_rules import ONE, explode
from transforms.offers.allocation_rules import Pool, allocate
from transforms.offers.availability_rules import ItemStock, Rules, expected_day, last_selling_day
from transforms.offers.offer_rules import StockOf, drawable

PROMISE_DAYS_MAX = 180  # a row for each day: more would be many rows that nobody promises by

QuantityOn = Callable[[date, date], Decimal]  # by the end of a day, in lots that can be sold on another


class Promise(NamedTuple):
    """The figures of one day."""

    day: date
    projected: Decimal
    promised: Decimal


class Outlook(NamedTuple):
    """The figures of all days of a horizon; `steps` has those days on which one differs from the day before."""

    first_day: date
    day_count: int
    steps: tuple[Promise, ...]  # the first day is one

    def days(self) -> Iterator[Promise]:
        """Every day of the horizon."""
        left = iter(self.steps)
        upcoming = next(left, None)
        for number in range(self.day_count):
            day = self.first_day + timedelta(days=number)
            if upcoming is not None and upcoming.day == day:
                current, upcoming = upcoming, next(left, None)
            yield current._replace(day=day)


def horizon_days(policy: Policy, channel: str) -> int:
    """For how many days a channel is given promises; 0 for those whose definition counts no supply."""
    return min(policy.inbound_days.get(channel, 0), PROMISE_DAYS_MAX)


def outlooks_for(item: str, stock_of: StockOf, master: MasterData, rules: Rules) -> dict[str, Outlook]:
    """The outlook of each channel that lists an item or kit and may lean on supply."""
    if not rules.policy.inbound_days:
        return {}
    listed = [one.channel for one in master.listings_of.get(item, ()) if one.channel in rules.policy.channels]
    horizons = {channel: days for channel in listed if (days := horizon_days(rules.policy, channel))}
    if not horizons:
        return {}
    needs = explode(master.boms, item, ONE, rules.as_of)
    stocks = [stock_of(part.item) for part in needs or (Component(item, ONE),)]

    @cache
    def pools_on(day: date, sold_on: date) -> Mapping[str, Mapping[str, Pool]]:
        then = rules._replace(sold_on=sold_on)
        return {stock.item: allocate(stock_by(stock, day, rules), then) for stock in stocks}

    def of_channel(channel: str) -> Outlook:
        def quantity_on(day: date, sold_on: date) -> Decimal:
            return drawable(item, channel, needs, pools_on(day, sold_on), rules)

        return _outlook(stocks, channel, horizons[channel], quantity_on, rules)

    return {channel: of_channel(channel) for channel in horizons}


def stock_by(stock: ItemStock, day: date, rules: Rules) -> ItemStock:
    """The stock as it will be by the end of a day: what is expected later is not there, nor what is wanted later."""
    today = rules.as_of.date()
    soft, hard = dict(stock.soft_claims), dict(stock.hard_claims)
    for claim in stock.dated_claims:
        if claim.day > day:
            sums, name = (hard, claim.location) if claim.location else (soft, claim.channel)
            sums[name] -= claim.quantity
    there = (one for one in stock.supplies if (expected := expected_day(one, today)) is not None and expected <= day)
    return stock._replace(soft_claims=soft, hard_claims=hard, supplies=tuple(there))


def _outlook(
    stocks: Sequence[ItemStock], channel: str, day_count: int, quantity_on: QuantityOn, rules: Rules
) -> Outlook:
    """The steps of one channel: on any day at which supply, a claim or the end of a lot changes something."""
    today = rules.as_of.date()
    end = today + timedelta(days=day_count)
    moving = sorted({today, *(day for stock in stocks for day in _moving_days(stock, today) if today < day < end)})
    shelf_life_days_min = rules.policy.channels[channel].minimum_shelf_life_days
    ending = [day for stock in stocks for day in days_lots_end(stock, shelf_life_days_min, rules)]
    selling = sorted({today, *(day for day in ending if day < end)})
    figures = {sold_on: _figures(moving, sold_on, quantity_on) for sold_on in selling}
    steps: list[Promise] = []
    for day in sorted({*moving, *selling}):
        moved_by, sold_on = _last(moving, day), _last(selling, day)
        step = Promise(day, *figures[sold_on][moved_by])
        if not steps or steps[-1][1:] != step[1:]:
            steps.append(step)
    return Outlook(today, day_count, tuple(steps))


def _figures(moving: Sequence[date], sold_on: date, quantity_on: QuantityOn) -> dict[date, tuple[Decimal, Decimal]]:
    """What is projected for each day, and the least of it from that day on."""
    projected = [quantity_on(day, sold_on) for day in moving]
    least = [*accumulate(reversed(projected), min)]
    return dict(zip(moving, zip(projected, reversed(least), strict=True), strict=True))


def _last(days: Sequence[date], by: date) -> date:
    return days[bisect_right(days, by) - 1]


def _moving_days(stock: ItemStock, today: date) -> Iterator[date]:
    yield from (claim.day for claim in stock.dated_claims)
    yield from (day for supply in stock.supplies if (day := expected_day(supply, today)) is not None)


def days_lots_end(stock: ItemStock, shelf_life_days_min: int, rules: Rules) -> Iterator[date]:
    """The days, after today, from which on a lot that is there can no longer be sold."""
    today = rules.as_of.date().toordinal()
    for lot in {lot for _, lot, _ in stock.on_hand if lot}:
        known = rules.lots.get((stock.item, lot))
        last = None if known is None else last_selling_day(known, shelf_life_days_min)
        if last is not None and last >= today:
            yield date.fromordinal(last + 1)
