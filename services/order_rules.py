"""Order rules: the lines of one order and the stock behind them in, whether all of it can be promised out.

Two lines may draw on one component: a kit of 2 MUG beside 5 MUG. So the lines are looked at in their order, each as a
claim that the next one finds taken, by the rule by which the ledger decides about requests; and what all lines take of
one component together may not be more than the channel may take of it.

    10 MUG free     line 1: 4 KIT of 2 MUG, takes 8     line 2: 3 MUG: only 2 are left; MUG: 11 wanted, 10 there
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from schemas.master_data import MasterData
from schemas.records import Component, StockEvent
from transforms.kits.kit_rules import ONE, explode
from transforms.offers.allocation_rules import allocate
from transforms.offers.availability_rules import ItemStock, Rules
from transforms.offers.channel_rules import after_safety_stock
from transforms.offers.offer_rules import StockOf, granted

ZERO = Decimal(0)


class OrderLine(NamedTuple):
    """What one line wants, in base units."""

    item: str
    quantity: Decimal


class LineAnswer(NamedTuple):
    """How much of one line can be promised after the lines before it."""

    line: OrderLine
    promised_quantity: Decimal


class ComponentAnswer(NamedTuple):
    """What all lines together take of one stocked item, and what the channel may take of it."""

    item: str
    wanted_quantity: Decimal
    available_quantity: Decimal


class OrderAnswer(NamedTuple):
    """Whether an order can be promised, and what is in the way."""

    lines: tuple[LineAnswer, ...]
    components: tuple[ComponentAnswer, ...]

    @property
    def can_be_promised(self) -> bool:
        """All of it, or not."""
        lines = all(one.promised_quantity >= one.line.quantity for one in self.lines)
        return lines and all(one.wanted_quantity <= one.available_quantity for one in self.components)


def check_order(
    channel: str, lines: Iterable[OrderLine], stock_of: StockOf, master: MasterData, rules: Rules
) -> OrderAnswer:
    """The answer for the lines of one order of one channel; nothing is claimed."""
    lines = list(lines)
    claimed: dict[str, Decimal] = {}
    seen = _less(stock_of, channel, claimed)
    answers = []
    for line in lines:
        components = explode(master.boms, line.item, line.quantity, rules.as_of)
        promised = granted(_request(channel, line, components, rules.as_of), seen, master, rules)
        answers.append(LineAnswer(line, min(promised, line.quantity)))
        for need in components or (Component(line.item, line.quantity),):
            claimed[need.item] = claimed.get(need.item, ZERO) + need.quantity
    by_component = tuple(
        ComponentAnswer(item, wanted, _available(item, channel, stock_of, rules))
        for item, wanted in sorted(claimed.items())
    )
    return OrderAnswer(tuple(answers), by_component)


def _less(stock_of: StockOf, channel: str, claimed: dict[str, Decimal]) -> Callable[[str], ItemStock]:
    """The stock with what earlier lines took as soft claims of the channel."""

    def seen(item: str) -> ItemStock:
        stock = stock_of(item)
        soft = dict(stock.soft_claims)
        soft[channel] = soft.get(channel, ZERO) + claimed.get(item, ZERO)
        return stock._replace(soft_claims=soft)

    return seen


def _available(item: str, channel: str, stock_of: StockOf, rules: Rules) -> Decimal:
    rules = rules._replace(policy=rules.policy.for_decisions)
    if channel not in rules.policy.channels:
        return ZERO
    return after_safety_stock(allocate(stock_of(item), rules)[channel].quantity, item, channel, rules)


def _request(channel: str, line: OrderLine, components: tuple[Component, ...], at: datetime) -> StockEvent:
    return StockEvent(
        transaction_key="order check",
        kind="reservation_requested",
        item=line.item,
        quantity=line.quantity,
        occurred_at=at,
        source="api",
        message_id="",
        correlation_id="",
        received_at=at,
        mapping_version="",
        original_quantity=line.quantity,
        original_unit="",
        channel=channel,
        components=components,
    )


def base_quantity(master: MasterData, item: str, channel: str, quantity: Decimal, unit: str) -> Decimal | None:
    """A quantity in base units; `unit` "" is the channel's sell unit of the item. None: the item has no such unit."""
    listing = master.listings.get((channel, item))
    if not unit:
        return quantity * (listing.sell_factor if listing else ONE)
    factor = master.factor(item, unit)
    return None if factor is None else quantity * factor
