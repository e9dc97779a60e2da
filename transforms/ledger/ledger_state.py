"""Ledger state: the books of a shard as bytes for Beam's state, and back.

A snapshot holds everything, including what was published, so that a worker that takes a shard over neither repeats an
update nor forgets a decision. The layout carries a version of its own.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from schemas.encoding import pack, unpack
from schemas.records import KeyTaken, SnapshotClosed
from transforms.ledger.claim_rules import NEVER, Claim, Grant, Inbound, Notice
from transforms.ledger.confirmation_rules import Release
from transforms.ledger.hearing_rules import NOTHING_HEARD, Kept
from transforms.ledger.item_ledger import Books, ItemLedger, KitOrder, Report, Reported
from transforms.ledger.position_rules import Cell, Count, Move
from transforms.ledger.unknown_rules import Unknown
from transforms.offers.promise_rules import Outlook, Promise
from transforms.offers.update_rules import LastEvent

LAYOUT = 10

_CELL_FIELDS = ("quantity", "changed_by", "opening", "has_opening", "folded_differences", "knows_snapshots")
_COUNT_FIELDS = ("occurred_at", "quantity", "source", "sequence", "received_at", "key", "kind")
_CLAIM_FIELDS = ("recorded", "cancelled", "released", "granted", "refused", "preempted", "allocated", "shipped")
_CLAIM_SUMS = ("soft_claims", "hard_claims", "dated_claims")
_TOLD = ("published", "listed", "signals", "figures_until", "alerts")
_PLAIN_FIELDS = ("version", "entries", "accounts", "posted", *_CLAIM_SUMS, "settled_at", *_TOLD)


class StateError(ValueError):
    """State that this version of the program cannot read."""


def dump_books(books: Books, snapshots: Iterable[SnapshotClosed] = (), heard: Kept = NOTHING_HEARD) -> bytes:
    """All books of a shard as bytes, with complete snapshots and who was heard; nothing may wait for publication."""
    return pack([LAYOUT, [_dump(ledger) for ledger in books.values()], list(snapshots), heard])


def load_books(data: bytes) -> Books:
    """The books in what `dump_books` made."""
    layout, ledgers, *_ = unpack(data)
    if layout != LAYOUT:
        raise StateError(f"state has layout {layout}, expected {LAYOUT}: hand it over with the version that wrote it")
    return {row[0]: _load(row) for row in ledgers}


def load_snapshots(data: bytes) -> list[SnapshotClosed]:
    """The complete snapshots in what `dump_books` made."""
    return [SnapshotClosed(*row) for row in unpack(data)[2]]


def load_hearing(data: bytes) -> Kept:
    """Who was heard and when, in what `dump_books` made."""
    return Kept(*unpack(data)[3])


def _dump(ledger: ItemLedger) -> tuple[Any, ...]:
    return (
        ledger.item,
        [getattr(ledger, name) for name in _PLAIN_FIELDS],
        list(ledger.compared),
        [(place, _dump_cell(cell)) for place, cell in ledger.cells.items()],
        [(reference, _dump_claim(claim)) for reference, claim in ledger.claims.items()],
        [(reference, _dump_inbound(inbound)) for reference, inbound in ledger.inbound.items()],
        [(reference, order.claimed, list(order.keys)) for reference, order in ledger.orders.items()],
        [(reference, list(map(tuple, releases))) for reference, releases in ledger.releases.items()],
        list(ledger.reports.items()),
        [(key, reported.quantity, reported.times) for key, reported in ledger.reported.items()],
        ledger.newest_at,
        ledger.last,
        list(ledger.flagged),
        [(channel, _dump_outlook(outlook)) for channel, outlook in ledger.promised.items()],
        list(ledger.taken.values()),
    )


def _load(row: tuple[Any, ...]) -> ItemLedger:
    (
        item,
        plain,
        compared,
        cells,
        claims,
        inbound,
        orders,
        releases,
        reports,
        reported,
        newest_at,
        last,
        flagged,
        promised,
        taken,
    ) = row
    ledger = ItemLedger(item)
    for name, value in zip(_PLAIN_FIELDS, plain, strict=True):
        setattr(ledger, name, value)
    ledger.compared = set(compared)
    ledger.cells = {place: _load_cell(cell) for place, cell in cells}
    ledger.claims = {reference: _load_claim(claim) for reference, claim in claims}
    ends = ((at, reference) for reference, claim in ledger.claims.items() for at, _ in claim.expiries)
    ledger.expiring = sorted(end for end in ends if end[0] != NEVER)
    ledger.inbound = {reference: _load_inbound(one) for reference, one in inbound}
    ledger.orders = {reference: _load_order(claimed, keys) for reference, claimed, keys in orders}
    ledger.releases = {reference: [Release(*one) for one in told] for reference, told in releases}
    ledger.reports = {key: Report(*report) for key, report in reports}
    ledger.reported = {key: _load_reported(quantity, times) for key, quantity, times in reported}
    ledger.newest_at = newest_at
    ledger.last = LastEvent(*last) if last else None
    ledger.flagged = set(flagged)
    ledger.taken = {one.transaction_key: one for one in (KeyTaken(*row) for row in taken)}
    ledger.promised = {channel: _load_outlook(outlook) for channel, outlook in promised}
    return ledger


def _dump_cell(cell: Cell) -> tuple[Any, ...]:
    counts = [[getattr(count, name) for name in (*_COUNT_FIELDS, "difference")] for count in cell.counts]
    return ([getattr(cell, name) for name in _CELL_FIELDS], cell.moves, counts, cell.unknowns)


def _load_cell(row: tuple[Any, ...]) -> Cell:
    cell = Cell()
    kept, moves, counts, unknowns = row
    for name, value in zip(_CELL_FIELDS, kept, strict=True):
        setattr(cell, name, value)
    cell.moves = [Move(*move) for move in moves]
    cell.unknowns = [Unknown(*one) for one in unknowns]
    for *fields, difference in counts:
        count = Count(**dict(zip(_COUNT_FIELDS, fields, strict=True)))
        count.difference = difference
        cell.counts.append(count)
    return cell


def _dump_claim(claim: Claim) -> tuple[Any, ...]:
    sums = [getattr(claim, name) for name in _CLAIM_FIELDS]
    grants = list(claim.grants.items())
    return (sums, claim.names, claim.expiries, grants, claim.schedule, claim.newest_at, claim.placed)


def _load_claim(row: tuple[Any, ...]) -> Claim:
    sums, names, expiries, grants, schedule, newest_at, placed = row
    claim = Claim()
    for name, value in zip(_CLAIM_FIELDS, sums, strict=True):
        setattr(claim, name, value)
    claim.names, claim.expiries, claim.schedule = list(names), list(expiries), list(schedule)
    claim.grants = {key: Grant(*grant) for key, grant in grants}
    claim.newest_at, claim.placed = newest_at, placed
    return claim


def _dump_inbound(inbound: Inbound) -> tuple[Any, ...]:
    return (inbound.announced, inbound.cancelled, inbound.received, inbound.newest_at, inbound.notices)


def _load_inbound(row: tuple[Any, ...]) -> Inbound:
    inbound = Inbound()
    inbound.announced, inbound.cancelled, inbound.received, inbound.newest_at, notices = row
    inbound.notices = [Notice(*notice) for notice in notices]
    return inbound


def _load_order(claimed: Any, keys: Any) -> KitOrder:
    order = KitOrder()
    order.claimed, order.keys = list(claimed), set(keys)
    return order


def _load_reported(quantity: Any, times: Any) -> Reported:
    reported = Reported()
    reported.quantity, reported.times = quantity, list(times)
    return reported


def _dump_outlook(outlook: Outlook) -> tuple[Any, ...]:
    steps = [(step.day.toordinal(), step.projected, step.promised) for step in outlook.steps]
    return (outlook.first_day.toordinal(), outlook.day_count, steps)


def _load_outlook(row: tuple[Any, ...]) -> Outlook:
    first_day, day_count, steps = row
    made = (Promise(date.fromordinal(day), projected, promised) for day, projected, promised in steps)
    return Outlook(date.fromordinal(first_day), day_count, tuple(made))
