"""Offer rows: the books of an item in, everything its channels are to be told of it out.

What they were told is kept in the books, so that the same is not told twice: the figure, the signal, the promises.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

from schemas.master_data import MasterData
from schemas.records import AvailabilityRow, PromiseRow
from transforms.ledger.item_ledger import Books, ItemLedger, books_of
from transforms.offers.availability_rules import ZERO, DatedClaim, ItemStock, Rules, Supply
from transforms.offers.clock_rules import earliest, next_change
from transforms.offers.doubt_rules import DoubtsOf, in_doubt, keeps_last
from transforms.offers.offer_rules import HELD, Offer, PoolsOf, StockOf, ended_offer, offers_for, pools_from, remembered
from transforms.offers.promise_rules import Outlook, Promise, outlooks_for
from transforms.offers.signal_rules import signal_for
from transforms.offers.update_rules import availability_row, update_for

SharedParts = tuple[StockOf, PoolsOf]


def offer_rows(
    item: str,
    books: Books,
    master: MasterData,
    rules: Rules,
    shared: SharedParts | None = None,
    doubts_of: DoubtsOf | None = None,
) -> Iterator[Any]:
    """Availability of each listing of an item or kit; updates, signals and promises where they differ from the last.

    The books then hold what was told, and in `figures_until` when the clock can make it wrong.
    """
    stock_of, pools_of = shared or shared_parts(books, rules)
    offers = offers_for(item, stock_of, master, rules, pools_of)
    if item in books and books[item].listed:
        yield from _ended(books, books[item], {one.channel: one.listing for one in offers}, master, rules)
    if not offers:
        until = earliest(rules.until, master.until)
        if until is not None and (item in master.listings_of or master.until is not None):
            books_of(books, item).figures_until = until  # a channel of the next version may sell it
        return
    ledger = books_of(books, item)
    outlooks, floor_due = outlooks_for(item, stock_of, master, rules), None
    if doubts_of is not None:
        offers, low_stock_of, floor_due = in_doubt(item, offers, stock_of, master, rules, doubts_of)
        if any(offer.has_floor for offer in offers):
            low = outlooks_for(item, low_stock_of, master, rules)
            outlooks |= {one.channel: low[one.channel] for one in offers if one.has_floor and one.channel in low}
    for offer in offers:
        states = [books[part].state() for part in offer.parts if part in books]
        row = _newer(ledger, availability_row(item, offer, states, rules.policy.version))
        yield row
        yield from _told(ledger, offer, row, rules)
        if offer.channel in outlooks and offer.state != HELD:
            yield from _promises(ledger, outlooks[offer.channel], row)
    moments = (next_change(item, stock_of, master, rules), floor_due)
    ledger.figures_until = min((at for at in moments if at is not None), default=None)


def shared_parts(books: Books, rules: Rules) -> SharedParts:
    """Stock and pools of items, each worked out once: what a refresh shares between all kits that take a component."""
    stock_of = remembered(partial(stock_in, books))
    return stock_of, pools_from(stock_of, rules)


def stock_in(books: Books, item: str) -> ItemStock:
    """The stock of an item as offers read it; its claims must be settled."""
    ledger = books.get(item)
    return stock(ledger) if ledger else ItemStock(item, {}, {}, {})


def stock(ledger: ItemLedger) -> ItemStock:
    """The books of an item as offers read them; claims must be settled."""
    on_hand = {place: cell.quantity for place, cell in ledger.cells.items()}
    supplies = []
    for inbound in ledger.inbound.values():
        location, expected_at = inbound.expected()
        supplies.append(Supply(location, inbound.open(), expected_at))
    dated = tuple(
        DatedClaim(date.fromisoformat(day), channel, location, quantity)
        for (day, channel, location), quantity in ledger.dated_claims.items()
    )
    return ItemStock(ledger.item, on_hand, ledger.soft_claims, ledger.hard_claims, tuple(supplies), dated)


def _newer(ledger: ItemLedger, row: AvailabilityRow) -> AvailabilityRow:
    """The row by a version that nobody refuses as older than the last: a kit may have lost components since."""
    if row.channel not in ledger.listed:
        return row
    listing, version = ledger.listed[row.channel]
    missing = version - row.version
    if row.available_quantity != ledger.published.get(row.channel):
        missing += 1  # whoever passes figures on waits for a higher version than that of the last
    if missing > 0:
        ledger.version += missing
        row = row._replace(version=row.version + missing)
    ledger.listed[row.channel] = (listing, row.version)
    return row


def _told(ledger: ItemLedger, offer: Offer, row: AvailabilityRow, rules: Rules) -> Iterator[Any]:
    channel = offer.channel
    told = ledger.published.get(channel)
    if keeps_last(offer, told):
        return
    update = update_for(told, row)
    if update is not None:
        ledger.published[channel] = update.quantity
        ledger.listed[channel] = (offer.listing, row.version)
        yield update
    signal = signal_for(ledger.signals.get(channel), row, rules.policy.channels[channel].thresholds)
    if signal is not None:
        ledger.signals[channel] = signal.signal
        yield signal


def _ended(
    books: Books, ledger: ItemLedger, current: Mapping[str, str], master: MasterData, rules: Rules
) -> Iterator[Any]:
    """The last words on listings that were told and are no more: zero, once. What another item has now, that tells."""
    for channel, (listing, version) in [*ledger.listed.items()]:
        if channel not in rules.policy.channels or current.get(channel) == listing:
            continue
        offer = ended_offer(ledger.item, channel, listing, master.boms)
        states = [books[part].state() for part in offer.parts if part in books]
        row = availability_row(ledger.item, offer, states, rules.policy.version)
        row = row._replace(version=max(row.version, version + 1))  # its kit may be gone too, and with that its parts
        passed_on = master.item_of_listing(channel, listing) not in (None, ledger.item)
        update = None if passed_on else update_for(ledger.published.get(channel), row)
        yield from () if update is None else (update,)
        ledger.published.pop(channel, None)
        del ledger.listed[channel]
        if channel not in current:
            yield row
            yield from _no_more(ledger, channel, row, rules)


def _no_more(ledger: ItemLedger, channel: str, row: AvailabilityRow, rules: Rules) -> Iterator[Any]:
    signal = signal_for(ledger.signals.pop(channel, None), row, rules.policy.channels[channel].thresholds)
    yield from () if signal is None else (signal,)
    promised = ledger.promised.get(channel)
    if promised is not None:
        nothing = Promise(promised.first_day, ZERO, ZERO)
        yield from _promises(ledger, promised._replace(steps=(nothing,)), row)
        del ledger.promised[channel]


def _promises(ledger: ItemLedger, outlook: Outlook, row: AvailabilityRow) -> Iterator[PromiseRow]:
    """The days whose figures differ from those told before, and the days that are new."""
    before = ledger.promised.get(row.channel)
    if before == outlook:
        return
    ledger.promised[row.channel] = outlook
    told = {one.day: one for one in before.days()} if before else {}
    for one in outlook.days():
        if told.get(one.day) != one:
            day = one.day.isoformat()
            yield PromiseRow(row.item, row.channel, day, one.promised, one.projected, row.policy_version, row.version)
