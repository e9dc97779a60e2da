"""Kit offers: how many of a kit a channel may sell, from what its components leave it.

Two limits, and the lower one counts. A kit is shipped whole from one place, so each location gives the least of
floor(component / quantity); and no component may give more than the channel's pool of it, so that a ring-fenced unit
does not leave inside a kit. A difference of two minima is never used.
"""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from schemas.records import Component
from transforms.kits.kit_rules import kits_from
from transforms.offers.allocation_rules import Pool
from transforms.offers.availability_rules import ZERO, Rules
from transforms.offers.channel_rules import Step, after_safety_stock


class KitPool(NamedTuple):
    """How many whole kits a channel may sell before its own limits, with the steps that say why."""

    quantity: Decimal
    steps: tuple[Step, ...]


def kit_pool(
    channel: str, needs: tuple[Component, ...], pools: Mapping[str, Mapping[str, Pool]], rules: Rules
) -> KitPool:
    """Kits from components: `pools` gives for each component the pool of each channel."""
    by_location = kits_from({need.item: pools[need.item][channel].by_location for need in needs}, needs)
    shipped_whole = sum(by_location.values(), ZERO)
    by_component = {
        need.item: _whole(
            after_safety_stock(pools[need.item][channel].quantity, need.item, channel, rules), need.quantity
        )
        for need in needs
    }
    scarce = min(by_component, key=lambda item: (by_component[item], item))
    quantity = min(shipped_whole, by_component[scarce])
    places = ", ".join(f"{place} {units}" for place, units in sorted(by_location.items()))
    steps = [Step("kits_by_location", shipped_whole, f"whole kits each location can ship: {places}")]
    if quantity != shipped_whole:
        rule = f"{scarce}: the channel may take {by_component[scarce]} kits of it"
        steps.append(Step("component_pool", quantity - shipped_whole, rule))
    return KitPool(quantity, tuple(steps))


def _whole(quantity: Decimal, each: Decimal) -> Decimal:
    return (quantity / each).to_integral_value(ROUND_FLOOR)
