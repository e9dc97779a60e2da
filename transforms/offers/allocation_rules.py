"""Allocation rules: who may draw on what is free, so that no unit is promised twice.

Exclusive pools (fixed, percent) are cut out first, in the order of the policy file, and never add up to more than there
is. A channel that sells an item only inside kits cuts nothing out of it and draws on what is left after all who do.
What they leave is one pool for all shared channels: each of them is told all of it, and claims bring it down for
all. A priority channel is told what is left after the protected quantities of the channels ranked before it.

    free: EAST 50, WEST 20.  retailer fixed 40; marketplace 30 %; web shared
    retailer     40        (EAST 40)
    marketplace  21        30 % of 70, (EAST 10, WEST 11)
    web           9        (WEST 9)
"""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from schemas.policy_spec import ChannelPolicy
from transforms.offers.availability_rules import ZERO, ItemStock, Rules, heres_for, place_claims
from transforms.offers.free_rules import Free, frees_for

HUNDRED = Decimal(100)
EXCLUSIVE = ("fixed", "percent")


class Pool(NamedTuple):
    """What one channel may sell of one item before its own limits, in base units."""

    quantity: Decimal
    by_location: dict[str, Decimal]  # what it could draw from each location; the sum may be above `quantity`
    free: Free
    taken_by_others: Decimal  # by exclusive pools cut out before
    rule: str


def allocate(stock: ItemStock, rules: Rules) -> dict[str, Pool]:
    """The pool of every channel of the policy that may sell the item or a kit made of it."""
    heres = heres_for(stock, rules)
    free = frees_for(stock, place_claims(stock, rules, heres), rules, heres)
    channels = rules.policy.channels
    taken: dict[str, Decimal] = {}
    pools = {}
    cut_out = [name for name, channel in channels.items() if channel.pool.kind in EXCLUSIVE]
    for name in cut_out:
        if rules.policy.eligible(name, stock.item):
            pools[name] = _exclusive(name, free[name], taken, rules)
    for name in [name for name in channels if name not in pools]:  # what is exclusive is cut out first, wherever it is
        pools[name] = _kit_parts(free[name], taken) if name in cut_out else _common(name, free[name], taken, channels)
    return pools


def _left(free: Free, taken: Mapping[str, Decimal]) -> tuple[dict[str, Decimal], Decimal]:
    """What others have not cut out, by location and in all."""
    if not taken:
        return free.by_location, free.total
    left = dict(free.by_location)
    for place, units in taken.items():
        if place in left:
            left[place] = max(ZERO, left[place] - units)
    return left, sum(left.values(), ZERO)


def _exclusive(name: str, free: Free, taken: dict[str, Decimal], rules: Rules) -> Pool:
    pool = rules.policy.channels[name].pool
    total = free.total
    left, here = _left(free, taken)
    if pool.kind == "fixed":
        wanted, rule = pool.quantity or ZERO, f"fixed pool of {pool.quantity}"
    else:
        wanted = (total * (pool.percent or ZERO) / HUNDRED).to_integral_value(ROUND_FLOOR)
        rule = f"{pool.percent} % of {total}, rounded down"
    granted = min(wanted, here)
    still = granted
    for place, units in left.items():  # in routing order
        if not still:
            break
        drawn = min(units, still)
        taken[place] = taken.get(place, ZERO) + drawn
        still -= drawn
    return Pool(granted, left, free, total - here, rule)


def _kit_parts(free: Free, taken: Mapping[str, Decimal]) -> Pool:
    """What the kits of a channel that does not sell the item alone may draw: all that others have not cut out."""
    left, here = _left(free, taken)
    return Pool(here, left, free, free.total - here, "not listed here: whatever a kit may draw")


def _common(name: str, free: Free, taken: Mapping[str, Decimal], channels: Mapping[str, ChannelPolicy]) -> Pool:
    channel = channels[name]
    left, here = _left(free, taken)
    others = free.total - here
    if channel.pool.kind == "shared":
        return Pool(here, left, free, others, "shared pool")
    rank = channel.pool.rank or 0
    before = [
        other.pool for other in channels.values() if other.pool.kind == "priority" and (other.pool.rank or 0) < rank
    ]
    protected = sum((pool.protect or ZERO for pool in before), ZERO)
    rule = f"priority {rank}: {protected} protected for the {len(before)} ranked before"
    return Pool(max(ZERO, here - protected), left, free, others, rule)
