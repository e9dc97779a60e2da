"""Offer rules: what every channel that lists an item or a kit may sell of it, and what of a request can be granted."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple, TypeVar

from schemas.master_data import Listing, MasterData
from schemas.master_records import Lot
from schemas.policy_spec import Policy
from schemas.records import Component, StockEvent
from transforms.kits.kit_rules import ONE, Boms, explode, kits_from, parts_ever
from transforms.offers.allocation_rules import Pool, allocate
from transforms.offers.availability_rules import ZERO, ItemStock, Rules
from transforms.offers.channel_rules import Figure, Step, after_safety_stock, pool_steps, told
from transforms.offers.kit_offers import kit_pool

Answer = TypeVar("Answer")
StockOf = Callable[[str], ItemStock]
TOLD, HELD = "told", "held"

PoolsOf = Callable[[str], Mapping[str, Pool]]  # by channel, of one item


def rules_at(policy: Policy, lots: Mapping[tuple[str, str], Lot], as_of: datetime) -> Rules:
    """The rules of a moment: by the version of the policy that holds then."""
    return Rules(policy.at(as_of), lots, as_of, until=policy.next_start(as_of))


class Offer(NamedTuple):
    """One listing with its figure."""

    channel: str
    listing: str
    figure: Figure
    parts: tuple[str, ...]  # the item and, of a kit, its components: what the figure depends on
    state: str = TOLD  # or held, or floor: see `doubt_rules`
    reason: str = ""  # of any other state
    has_floor: bool = False  # the figure is lowered to what is sure


def pools_from(stock_of: StockOf, rules: Rules) -> PoolsOf:
    """The pools of each item, worked out once however many kits take it; for as long as no stock changes."""
    return remembered(lambda item: allocate(stock_of(item), rules))


def remembered(ask: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Each question asked once; made for every item of a stream, for which `functools.cache` takes too long."""
    known: dict[str, Answer] = {}

    def answer(question: str) -> Answer:
        found = known.get(question)
        if found is None:
            found = known[question] = ask(question)
        return found

    return answer


def offers_for(
    item: str, stock_of: StockOf, master: MasterData, rules: Rules, pools_of: PoolsOf | None = None
) -> list[Offer]:
    """The figure of every listing of an item or kit; `stock_of` gives the stock of it, or of its components.

    `pools_of`, made by `pools_from`, shares what several kits have in common.
    """
    listings = [one for one in master.listings_of.get(item, ()) if one.channel in rules.policy.channels]
    if not listings:
        return []
    needs = explode(master.boms, item, ONE, rules.as_of)
    pools_of = pools_of or pools_from(stock_of, rules)
    pools = {part.item: pools_of(part.item) for part in needs or (Component(item, ONE),)}
    parts = parts_ever(master.boms, item)  # of every date, so that the version of a kit never falls
    return [Offer(one.channel, one.listing, _figure(one, needs, pools, rules), parts) for one in listings]


def _figure(
    listing: Listing, needs: tuple[Component, ...], pools: Mapping[str, Mapping[str, Pool]], rules: Rules
) -> Figure:
    item, channel = listing.item, listing.channel
    if not rules.policy.eligible(channel, item):
        return Figure(0, ())
    if needs:
        kits = kit_pool(channel, needs, pools, rules)
        quantity, steps = kits.quantity, list(kits.steps)
    else:
        pool = pools[item][channel]
        quantity, steps = pool.quantity, pool_steps(pool, rules.policy.channels[channel].definition)
    steps += told(listing, quantity, rules, kit=bool(needs))
    return Figure(int(steps[-1].quantity), tuple(steps))


def ended_offer(item: str, channel: str, listing: str, boms: Boms) -> Offer:
    """The last word on a listing that master data does not name any more: zero, so that nobody sells on by the old."""
    steps = (Step("ended", ZERO, "master data does not name the listing any more"), Step("sell_units", ZERO, "none"))
    return Offer(channel, listing, Figure(0, steps), parts_ever(boms, item))


def drawable(
    item: str, channel: str, needs: tuple[Component, ...], pools: Mapping[str, Mapping[str, Pool]], rules: Rules
) -> Decimal:
    """What a channel could draw on of an item, in base units, or of a kit made of `needs`, in whole kits.

    That is before its own publishing rules (buffer, threshold, cap, blackout) take something off what it is told.
    """
    if not rules.policy.eligible(channel, item):
        return ZERO
    quantity = kit_pool(channel, needs, pools, rules).quantity if needs else pools[item][channel].quantity
    return after_safety_stock(quantity, item, channel, rules, kit=bool(needs))


def kit_places(
    event: StockEvent, quantity: Decimal, stock_of: StockOf, master: MasterData, rules: Rules, billed_at: datetime
) -> dict[str, Decimal]:
    """From where how many of `quantity` kits that are being granted can ship whole, in the order of the routing."""
    rules = rules._replace(policy=rules.policy.for_decisions)
    needs = explode(master.boms, event.item, ONE, billed_at)
    pools = {need.item: allocate(stock_of(need.item), rules)[event.channel].by_location for need in needs}
    places: dict[str, Decimal] = {}
    for location, kits in kits_from(pools, needs).items():
        taken = min(kits, quantity)
        if taken > 0:
            places[location] = taken
            quantity -= taken
    return places


def granted(
    event: StockEvent, stock_of: StockOf, master: MasterData, rules: Rules, billed_at: datetime | None = None
) -> Decimal:
    """How much a channel may claim of what a reservation request asks for, from its own pool: all of it, or nothing.

    A kit must be there whole: its components in the channel's pools, and together at some location. Where the policy
    permits `partial_requests`, a request for more than there is gets what there is, in whole sell units and whole kits.
    `billed_at`: the moment whose bill the kit goes by, where it is not its own.
    """
    channel = rules.policy.channels.get(event.channel)
    if channel is None:
        return ZERO
    rules = rules._replace(policy=rules.policy.for_decisions)
    items = [part.item for part in event.components] or [event.item]
    pools = {item: allocate(stock_of(item), rules) for item in items}
    needs = explode(master.boms, event.item, ONE, billed_at or event.occurred_at) if event.components else ()
    available = drawable(event.item, event.channel, needs, pools, rules)
    if available >= event.quantity:
        return event.quantity
    if not channel.partial_requests:
        return ZERO
    listing = master.listings.get((event.channel, event.item))
    unit = listing.sell_factor if listing else ONE
    if needs:
        unit = max(unit, ONE)
    return (available / unit).to_integral_value(ROUND_FLOOR) * unit
