"""Channel rules: from a pool to the whole number that a channel is told, one named step after the other.

The steps are kept: they are the explanation of the figure (`sellable explain`), and their quantities add up to it.
"""

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from schemas.master_data import Listing
from schemas.policy_spec import ChannelPolicy
from transforms.offers.allocation_rules import Pool
from transforms.offers.availability_rules import ZERO, Rules


class Step(NamedTuple):
    """One step of the chain: what it changed, in base units (or sell units after `sell_units`), and by which rule."""

    step: str
    quantity: Decimal
    rule: str


class Figure(NamedTuple):
    """What a channel is told, in sell units, with the chain that leads there."""

    quantity: int
    steps: tuple[Step, ...]


def pool_steps(pool: Pool, definition: str) -> list[Step]:
    """The chain from on hand to the channel's pool; its quantities add up to the pool."""
    free = pool.free
    steps = [Step("on_hand", free.on_hand, "at the channel's locations, every disposition")]
    off = (
        ("other_dispositions", free.other_dispositions, "not counted by definition {}"),
        ("lots_not_for_sale", free.lots_not_for_sale, "expired, recalled, held or too short a shelf life"),
        ("inbound", -free.inbound, "expected within the days of definition {}, less what waits for it"),
        ("reserved", free.reserved, "open claims at these locations"),
        ("safety_stock", free.safety_stock, "by location"),
    )
    steps += [Step(name, -quantity, rule.format(definition)) for name, quantity, rule in off if quantity]
    total = free.total
    floored = total - sum([step.quantity for step in steps], ZERO)
    if floored:
        steps.append(Step("floor", floored, "no location counts below zero"))
    if pool.taken_by_others:
        steps.append(Step("exclusive_pools", -pool.taken_by_others, "ring-fenced for other channels"))
    steps.append(Step("pool", pool.quantity - (total - pool.taken_by_others), pool.rule))
    return steps


def after_safety_stock(quantity: Decimal, item: str, channel: str, rules: Rules, *, kit: bool = False) -> Decimal:
    """A pool less the channel's own safety stock, never negative: what may be promised."""
    return max(ZERO, quantity - rules.policy.channel_safety_stock(item, channel, kit=kit))


def told(listing: Listing, pool_quantity: Decimal, rules: Rules, *, kit: bool = False) -> list[Step]:
    """The steps from a pool to the figure told; the last one, `sell_units`, carries the figure itself."""
    item, channel = listing.item, listing.channel
    policy = rules.policy.channels[channel]
    left = after_safety_stock(pool_quantity, item, channel, rules, kit=kit)
    steps = []
    if left != pool_quantity:
        steps.append(Step("channel_safety_stock", left - pool_quantity, "by channel"))
    for name in policy.limits:
        limited, rule = _LIMITS[name]
        after = limited(left, policy, rules.as_of)
        if after != left:
            steps.append(Step(name, after - left, rule.format(policy)))
        left = after
    units = (left / listing.sell_factor).to_integral_value(ROUND_FLOOR)
    rule = f"whole units of {listing.sell_unit} ({listing.sell_factor}), rounded down"
    steps.append(Step("sell_units", units, rule))
    return steps


def _without_buffer(quantity: Decimal, policy: ChannelPolicy, _: datetime) -> Decimal:
    return max(ZERO, quantity - policy.buffer)


def _above_threshold(quantity: Decimal, policy: ChannelPolicy, _: datetime) -> Decimal:
    return ZERO if quantity < policy.publish_threshold else quantity


def _capped(quantity: Decimal, policy: ChannelPolicy, _: datetime) -> Decimal:
    return quantity if policy.cap is None else min(quantity, policy.cap)


def _outside_blackouts(quantity: Decimal, policy: ChannelPolicy, at: datetime) -> Decimal:
    return ZERO if policy.in_blackout(at) else quantity


_LIMITS = {  # what may come off, and how it is said of a policy
    "buffer": (_without_buffer, "buffer {0.buffer}"),
    "publish_threshold": (_above_threshold, "below the publish threshold {0.publish_threshold}"),
    "cap": (_capped, "cap {0.cap}"),
    "blackout": (_outside_blackouts, "blackout window"),
}
