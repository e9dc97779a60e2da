"""Replay plan rules: rejections that may be sent again in, what would come of each message now out.

Nothing is sent that would only be refused again, and nothing more often than `ATTEMPTS_MAX`; so a replay that is run by
a timer, or by an impatient person, comes to an end.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from schemas.encoding import pack
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import ClaimRow, Envelope, PositionRow, StockEvent
from transforms.canonical.canonical_rules import Front, canonicalise
from transforms.canonical.replay_rules import ATTEMPTS_MAX
from transforms.ledger.shard_rules import Shard
from transforms.offers.availability_rules import ItemStock

Key = tuple[int, str]  # event index, reason


class Refused(NamedTuple):
    """A message of which something was refused and is still open."""

    envelope: Envelope
    keys: tuple[Key, ...]
    attempts: int  # the most of any of its rejections


class Plan(NamedTuple):
    """What would be sent again, what would become of it, and what stays where it is."""

    messages: list[Refused]
    events: list[StockEvent]  # those that were refused and would not be now
    still: Counter[str]  # reason -> messages that would be refused again
    worn_out: list[Refused]  # sent often enough


def plan(found: Iterable[Refused], front: Front, item: str = "") -> Plan:
    """Try every message under the rules of today; `item` keeps those that say something of it, in our words."""
    made = Plan([], [], Counter(), [])
    for one in found:
        events, reasons = judge(one, front)
        if item and not any(event.item == item for event in events):
            continue
        if not events:
            made.still[", ".join(sorted(reasons)) or "nothing of it has an effect any more"] += 1
        elif one.attempts >= ATTEMPTS_MAX:
            made.worn_out.append(one)
        else:
            made.messages.append(one)
            made.events.extend(events)
    return made


def judge(one: Refused, front: Front) -> tuple[list[StockEvent], set[str]]:
    """The events of a message that were refused and pass now, and the reasons of those that still do not."""
    canonical = canonicalise(one.envelope, front)
    indexes = {index for index, _ in one.keys}
    is_whole = any(index < 0 for index in indexes)
    events = [event for event in canonical.all_events() if is_whole or event.event_index in indexes]
    return events, {refusal.reason for refusal in canonical.rejections if is_whole or refusal.event_index in indexes}


def stock_after(
    stocks: Mapping[str, ItemStock], events: Iterable[StockEvent], rules: tuple[MasterData, Policy], now: datetime
) -> dict[str, ItemStock]:
    """The stock of every item once these events are posted; an estimate, since views keep no history.

    Movements are added to what is on hand, counts replace it, orders are claimed. What an owner's table would only
    compare is left out by the ledger as always.
    """
    fold = Shard(*rules).fold([pack(event) for event in events], now)
    after = dict(stocks)
    newest = {(type(row), *row[:4]): row for row in fold.records if isinstance(row, PositionRow | ClaimRow)}
    for row in newest.values():
        stock = after.get(row.item) or ItemStock(row.item, {}, {}, {})
        after[row.item] = _with(stock, row)
    return after


def _with(stock: ItemStock, row: PositionRow | ClaimRow) -> ItemStock:
    if isinstance(row, ClaimRow):
        soft = dict(stock.soft_claims)
        soft[row.channel] = soft.get(row.channel, 0) + row.open_quantity
        return stock._replace(soft_claims=soft)
    place = (row.location, row.lot, row.disposition)
    on_hand = dict(stock.on_hand)
    before = 0 if row.counted_at is not None else on_hand.get(place, 0)
    on_hand[place] = before + row.on_hand_quantity
    return stock._replace(on_hand=on_hand)
