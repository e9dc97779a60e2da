"""Horizon rules: what is older than the retained history goes out of the books, and no figure changes.

Entries go by the horizon of `ledger_rules`, so that what is gone cannot come in a second time: an event that old is
refused. Movements and counts are folded into opening quantities. Claims and inbound supply stay as long as they are
open, and what owners posted as long as others may still report it.
"""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from transforms.ledger.claim_rules import Claim, Inbound
from transforms.ledger.item_ledger import Books, ItemLedger
from transforms.ledger.ledger_rules import LedgerRules, as_event, horizon, moved_items


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
        if ledger.newest_at is not None:
            _forget_history(ledger, ledger.newest_at - rules.history, kept[item])
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


def _forget_history(ledger: ItemLedger, cut: datetime, kept: Kept) -> None:
    for cell in ledger.cells.values():
        cell.forget_before(cut)
    ledger.claims = {key: one for key, one in ledger.claims.items() if one.open_at(cut) or not _is_over(one, cut)}
    ledger.expiring = [(at, key) for at, key in ledger.expiring if key in ledger.claims]
    ledger.inbound = {key: one for key, one in ledger.inbound.items() if one.open() or not _is_over(one, cut)}
    ledger.reports = {key: report for key, report in ledger.reports.items() if key in kept.keys}
    ledger.reported = {key: one for key, one in ledger.reported.items() if one.newest_at >= cut}
    named = kept.references | {key[2] for key in ledger.reported} | ledger.claims.keys() | ledger.inbound.keys()
    ledger.posted = {key: quantity for key, quantity in ledger.posted.items() if key[2] in named}
    said = kept.keys | {f"{key[0]}:{key[2]}" for key in ledger.reported}
    ledger.flagged = {one for one in ledger.flagged if one[5] in said}
    ledger.alerts = {key: quantity for key, quantity in ledger.alerts.items() if quantity}


def _is_over(of: Claim | Inbound, cut: datetime) -> bool:
    return of.newest_at is None or of.newest_at < cut
