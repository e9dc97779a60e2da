"""Horizon rules: what is older than the retained history goes out of the books, and no figure changes.

Entries go by the horizon of `ledger_rules`, so that what is gone cannot come in a second time: an event that old is
refused. Movements and counts are folded into opening quantities. Claims and inbound supply stay as long as they are
open, and what owners posted as long as others may still report it. Where something did not come out even (more was
cancelled than ordered, more received than announced, others reported what the owner did not), its sums stay too, since
what is still to come must be set against them; of each item the newest `REMAINDERS_MAX`.
"""

from collections import defaultdict
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple, TypeVar

from schemas.records import EARLIEST
from transforms.kits.kit_rules import ONE, explode
from transforms.ledger.claim_rules import Claim, Inbound
from transforms.ledger.item_ledger import LEFT_OUT, Books, ItemLedger, Reported, ReportKey, as_event, moved_items
from transforms.ledger.ledger_rules import LedgerRules, horizon
from transforms.ledger.position_rules import ZERO

REMAINDERS_MAX = 50  # of claims, of inbound and of reports, of each item: most orders come out even

S = TypeVar("S", Claim, Inbound)
K = TypeVar("K", str, ReportKey)


class Kept(NamedTuple):
    """What the entries that stay say of one item, their own or one that they move as a component."""

    keys: set[str]
    references: set[str]


def forget_before_horizon(books: Books, rules: LedgerRules) -> int:
    """Drop what is older than the retained history and no longer open; returns how many entries went."""
    kept: dict[str, Kept] = defaultdict(lambda: Kept(set(), set()))
    before = sum(len(ledger.entries) for ledger in books.values())
    for ledger in books.values():
        _forget_entries(books, ledger, rules, kept)
    for item, ledger in books.items():
        _forget_taken(ledger, rules)
        if ledger.newest_at is not None:
            _forget_history(ledger, ledger.newest_at - rules.history, kept[item])
    for ledger in books.values():
        _forget_orders(books, ledger, rules)
    return before - sum(len(ledger.entries) for ledger in books.values())


def _forget_entries(books: Books, ledger: ItemLedger, rules: LedgerRules, kept: dict[str, Kept]) -> None:
    for key, packed in list(ledger.entries.items()):
        event = as_event(packed)
        limit = horizon(books, event, rules)
        if limit is not None and event.occurred_at < limit:
            del ledger.entries[key]
            ledger.compared.discard(key)
            continue
        for item in moved_items(event):
            kept[item].keys.add(key)
            kept[item].references.add(event.order_reference)


def _forget_taken(ledger: ItemLedger, rules: LedgerRules) -> None:
    """Who was first to use a key is remembered as long as an event under it can come and not be too old."""
    received = [one.received_at for one in ledger.taken.values()]
    cut = max(received, default=EARLIEST + rules.history) - rules.history
    ledger.taken = {key: one for key, one in ledger.taken.items() if one.received_at >= cut}


def _forget_history(ledger: ItemLedger, cut: datetime, kept: Kept) -> None:
    for cell in ledger.cells.values():
        cell.forget_before(cut)
    ledger.claims = _still_saying(ledger.claims, {key for key, one in ledger.claims.items() if one.open_at(cut)}, cut)
    ledger.releases = {key: told for key, told in ledger.releases.items() if key in ledger.claims and told}
    ledger.expiring = [(at, key) for at, key in ledger.expiring if key in ledger.claims]
    ledger.inbound = _still_saying(ledger.inbound, {key for key, one in ledger.inbound.items() if one.open()}, cut)
    lists = {key for key, one in ledger.reports.items() if one.lot == LEFT_OUT and one.occurred_at >= cut}
    ledger.reports = {key: report for key, report in ledger.reports.items() if key in kept.keys | lists}
    named = kept.references | ledger.claims.keys() | ledger.inbound.keys()
    ledger.reported = _still_reported(ledger, named, cut)
    named |= {key[2] for key in ledger.reported}
    ledger.posted = {key: quantity for key, quantity in ledger.posted.items() if key[2] in named}
    said = kept.keys | {f"{key[0]}:{key[2]}" for key in ledger.reported} | ledger.reports.keys()
    said |= {count.key for cell in ledger.cells.values() for count in cell.counts}  # zeros that no event stated
    ledger.flagged = {one for one in ledger.flagged if one[5] in said}
    ledger.alerts = {key: quantity for key, quantity in ledger.alerts.items() if quantity}


def _still_saying(sums: dict[str, S], still_open: set[str], cut: datetime) -> dict[str, S]:
    """What is open or recent, and of the rest the newest that did not come out even."""
    over = {key: one.newest_at for key, one in sums.items() if key not in still_open and _is_over(one, cut)}
    owing = _newest({key: at or cut for key, at in over.items() if sums[key].has_remainder()})
    for key in owing:
        sums[key].compact()
    return {key: one for key, one in sums.items() if key not in over or key in owing}


def _still_reported(ledger: ItemLedger, named: AbstractSet[str], cut: datetime) -> dict[ReportKey, Reported]:
    """What others report and was posted beside it go together: one without the other would be a false discrepancy."""
    over = {key: one for key, one in ledger.reported.items() if one.newest_at < cut and key[2] not in named}
    differing = {key: one.newest_at for key, one in over.items() if ledger.posted.get(key[:3], ZERO) != one.quantity}
    owing = _newest(differing)
    for key in owing:
        ledger.reported[key].times = [ledger.reported[key].newest_at]
    return {key: one for key, one in ledger.reported.items() if key not in over or key in owing}


def _newest(times: dict[K, datetime]) -> set[K]:
    return set(sorted(times, key=lambda key: (times[key], key), reverse=True)[:REMAINDERS_MAX])  # type: ignore[operator]


def _is_over(of: Claim | Inbound, cut: datetime) -> bool:
    return of.newest_at is None or of.newest_at < cut


def _forget_orders(books: Books, ledger: ItemLedger, rules: LedgerRules) -> None:
    """Orders of a kit, once none of its events is left and nothing of it is claimed."""
    for reference, order in list(ledger.orders.items()):
        order.keys &= ledger.entries.keys()
        order.claimed = [one for index, one in enumerate(order.claimed) if index == 0 or one[1] in order.keys]
        at = order.claimed[0][0] if order.claimed else None
        parts = [part.item for part in explode(rules.boms, ledger.item, ONE, at)] if at else []
        if not order.keys and not any(part in books and reference in books[part].claims for part in parts):
            del ledger.orders[reference]
