"""Doubt rules: figures by what was last known in, what may be told of them while nobody vouches for it out.

Unknown is a value: neither zero nor the last number. While the stock at a place that a channel draws on is in doubt,
the channel's figure is held: it is worked out and shown, and not told. When the doubt has lasted for the time that the
policy names, only the floor of that place still counts, and what is told falls to that; it is never above what would
otherwise be told. When the source speaks again there is no doubt, and the figure is told as ever.

    EAST 100, WEST 80; wms-east silent since 10:00; held for 4 hours; floor 5
    10:00  figure 180, held: the channel keeps what it was told last
    14:00  figure  85, told
    15:20  wms-east ships 3: figure 177, told

A doubt that is still held back does not hold back a floor that is due: of that the channel is told if it is less.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from schemas.master_data import MasterData
from schemas.policy_parts import Floor
from transforms.kits.kit_rules import ONE, explode
from transforms.offers.availability_rules import ItemStock, Place, Rules
from transforms.offers.channel_rules import Figure, Step
from transforms.offers.offer_rules import HELD, Offer, StockOf, offers_for

FLOORED = "floor"


class Doubt(NamedTuple):
    """Why nobody vouches for the stock at one place. Where there are several doubts the first counts."""

    floor_at: datetime  # when only the floor counts
    why: str  # which feed, since when
    floor: Floor


Doubts = dict[Place, Doubt]
DoubtsOf = Callable[[str], Mapping[Place, Doubt]]


class Doubted(NamedTuple):
    """The offers of an item as they may be told."""

    offers: list[Offer]
    low_stock_of: StockOf  # what the promises of those that have a floor may lean on
    until: datetime | None  # when the next floor is due


def in_doubt(
    item: str, offers: list[Offer], stock_of: StockOf, master: MasterData, rules: Rules, doubts_of: DoubtsOf
) -> Doubted:
    """What may be told of offers that were worked out by the last known stock."""
    needs = explode(master.boms, item, ONE, rules.as_of)
    doubts = {part: dict(doubts_of(part)) for part in [need.item for need in needs] or [item]}
    if not any(doubts.values()):
        return Doubted(offers, stock_of, None)
    due = {
        part: {where: one for where, one in found.items() if one.floor_at <= rules.as_of}
        for part, found in doubts.items()
    }
    low_stock_of = cache(lambda part: _floored(stock_of(part), due.get(part, {}))) if any(due.values()) else stock_of
    low = offers_for(item, low_stock_of, master, rules) if any(due.values()) else offers
    every = [(where, one) for found in doubts.values() for where, one in found.items()]
    told = [_judged(offer, lower, every, rules) for offer, lower in zip(offers, low, strict=True)]
    return Doubted(
        told, low_stock_of, min((one.floor_at for _, one in every if one.floor_at > rules.as_of), default=None)
    )


def keeps_last(offer: Offer, told: int | None) -> bool:
    """Whether a channel keeps what it was told last: its figure is held, unless a floor that is due is less."""
    return offer.state == HELD and not (offer.has_floor and told is not None and offer.figure.quantity < told)


def _floored(stock: ItemStock, due: Mapping[Place, Doubt]) -> ItemStock:
    if not due:
        return stock
    on_hand = {
        where: due[where].floor.of(quantity) if where in due else quantity for where, quantity in stock.on_hand.items()
    }
    return stock._replace(on_hand=on_hand)


def _judged(offer: Offer, low: Offer, every: Sequence[tuple[Place, Doubt]], rules: Rules) -> Offer:
    channel = rules.policy.channels[offer.channel]
    dispositions = rules.policy.definitions[channel.definition].dispositions
    ours = sorted({one[:2] for where, one in every if where[0] in channel.locations and where[2] in dispositions})
    if not (ours and offer.figure.steps):
        return offer
    held = [why for floor_at, why in ours if floor_at > rules.as_of]
    due = [why for floor_at, why in ours if floor_at <= rules.as_of]
    figure = _lower(offer.figure, low.figure, "; ".join(due)) if due else offer.figure
    if held:
        until = min(floor_at for floor_at, _ in ours if floor_at > rules.as_of)
        words = f"{'; '.join(held)}: not told, and from {until:%Y-%m-%d %H:%M:%S}Z by its floor"
        figure = _with(figure, Step("held", Decimal(0), words))
    reason = "; ".join(why for _, why in ours)
    return offer._replace(figure=figure, state=HELD if held else FLOORED, reason=reason, has_floor=bool(due))


def _lower(figure: Figure, low: Figure, why: str) -> Figure:
    if low.quantity >= figure.quantity:
        return _with(figure, Step("feed_floor", Decimal(0), f"{why}: its floor leaves as much"))
    off = sum((step.quantity for step in low.steps[:-1]), Decimal(0)) - sum(step.quantity for step in figure.steps[:-1])
    steps = (*figure.steps[:-1], Step("feed_floor", off, f"{why}: only the floor counts"), low.steps[-1])
    return Figure(low.quantity, steps)


def _with(figure: Figure, step: Step) -> Figure:
    return Figure(figure.quantity, (*figure.steps[:-1], step, figure.steps[-1]))
