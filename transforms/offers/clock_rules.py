"""Clock rules: an item in, the next moment out at which its figures can change although nothing happens to it.

At midnight supply that is late stops being expected, a new last day enters the horizon, and a lot becomes too old for a
channel. A blackout begins and ends. A kit gets a new bill of materials. Another version of the policy begins to hold.
Holds that expire are not here: they change the claims, and the ledger knows when.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from schemas.master_data import MasterData
from schemas.master_records import Bom
from schemas.policy_spec import ChannelPolicy
from transforms.kits.kit_rules import ONE, Boms, explode
from transforms.offers.availability_rules import ItemStock, Rules
from transforms.offers.offer_rules import StockOf
from transforms.offers.promise_rules import days_lots_end


def next_change(item: str, stock_of: StockOf, master: MasterData, rules: Rules) -> datetime | None:
    """When the clock alone can next change what any channel is told of an item or kit; None: it cannot."""
    policy = rules.policy
    listed = [one.channel for one in master.listings_of.get(item, ()) if one.channel in policy.channels]
    until = earliest(rules.until, master.until)
    if not listed:
        return until if item in master.listings_of else None
    needs = explode(master.boms, item, ONE, rules.as_of)
    stocks = [stock_of(part) for part in ([need.item for need in needs] or [item])]
    moments = [*_bom_times(master.boms, item)] if item in master.boms else []
    if until is not None:
        moments.append(until)
    in_lots = [stock for stock in stocks if any(lot for _, lot, _ in stock.on_hand)]
    for name in listed:
        moments += _channel_times(policy.channels[name], in_lots, rules)
        if name in policy.inbound_days:
            moments.append(_midnight(rules.as_of) + timedelta(days=1))
    return min((at for at in moments if at > rules.as_of), default=None)


def earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two moments, of which either may never come."""
    return min((at for at in (one, other) if at is not None), default=None)


def _channel_times(channel: ChannelPolicy, stocks: Sequence[ItemStock], rules: Rules) -> Iterator[datetime]:
    for window in channel.blackouts:
        yield from (window.starts_at, window.ends_at)
    for stock in stocks:
        for day in days_lots_end(stock, channel.minimum_shelf_life_days, rules):
            yield datetime.combine(day, time(), UTC)


def _bom_times(boms: Boms, item: str) -> Iterator[datetime]:
    bills: Sequence[Bom] = boms.get(item, ())
    for bill in bills:
        yield from (at for at in (bill.effective_from, bill.effective_to) if at is not None)
        for line in bill.components:
            yield from _bom_times(boms, line.item)


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.date(), time(), UTC)
