"""Ledger rules: one canonical event into the books of its item, and out again if a better claim to its key appears.

An event ends as exactly one outcome. `posted` and `compared` enter the books; `duplicate` and `dead_letter` leave them
as they were. `docs/ledger.md` has every rule on one page; `tests/oracle.py` is a second, independent reading of it.

    receipt 10 (key a)        posted      on hand 10
    receipt 10 (key a)        duplicate   on hand 10
    receipt 12 (key a), received before the first one was
                              posted      on hand 12, and the first becomes a dead letter: conflicting_duplicate
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from schemas.records import CLAIM_KINDS, COUNT_KINDS, INBOUND_KINDS, KINDS, KeyTaken, StockEvent
from transforms.kits.kit_rules import Boms
from transforms.ledger import effects
from transforms.ledger.bill_rules import billed, goes_by_its_order, join, leave, undecide
from transforms.ledger.confirmation_rules import Confirm
from transforms.ledger.item_ledger import Books, ItemLedger, as_event, books_of, moved_items
from transforms.ledger.key_rules import is_of_another, note_refused, taken_by
from transforms.ledger.position_rules import ZERO

CONFLICT = "conflicting_duplicate"
TOO_OLD = "older_than_horizon"

DISPOSITION_KINDS = frozenset({"disposition_changed", "return_received"})

STAMPED_KINDS = COUNT_KINDS | {"inbound_announced"}  # receipt decides between two of one time

# (location, facts, when; None: ever) -> the sources that own them; empty: nobody does
OwnersOf = Callable[[str, str, datetime | None], frozenset[str]]
Decide = Callable[[Books, StockEvent], Decimal]  # what a reservation request is granted, 0 or more
NOBODY: frozenset[str] = frozenset()


class LedgerRules(NamedTuple):
    """What the rules need to know from outside."""

    owners_of: OwnersOf
    decide: Decide
    history: timedelta = timedelta(days=30)
    settle: timedelta = timedelta(minutes=60)
    count_tolerance: Decimal = Decimal(0)
    confirm: Confirm = MappingProxyType({})
    boms: Boms = MappingProxyType({})  # without them, events on kits move the components that they bring

    def is_shared(self, event: StockEvent) -> bool:
        """Whether others than the owner may report the same fact as an event of the owner."""
        return bool(self.owners_of(event.location, FACTS[event.kind], None))


class Result(NamedTuple):
    """What became of one event; `loser` is an earlier event that it put out of the books."""

    outcome: str
    reason: str = ""
    explanation: str = ""
    loser: StockEvent | None = None
    loser_outcome: str = ""  # what it had been counted as
    loser_reason: str = ""
    granted: Decimal | None = None  # of a reservation request; of a loser, what it has no longer
    others: frozenset[str] = NOBODY  # items moved beside those that the event names: by the bill of its order


POSTED, COMPARED, DUPLICATE, NOTHING = Result("posted"), Result("compared"), Result("duplicate"), Result("")


def facts_of(kind: str) -> str:
    """Which column of the ownership table a kind belongs to."""
    if kind in CLAIM_KINDS:
        return "claims"
    if kind in INBOUND_KINDS:
        return "inbound"
    return "dispositions" if kind in DISPOSITION_KINDS else "on_hand"


FACTS = {kind: facts_of(kind) for kind in KINDS}


CONTENT = (
    "kind",
    "quantity",
    "occurred_at",
    "location",
    "lot",
    "disposition",
    "to_location",
    "to_disposition",
    "channel",
    "order_reference",
    "sequence",
    "expected_at",
    "expires_at",
)

content = attrgetter(*CONTENT)  # the business fact an event states, without how and when it came


def record(books: Books, event: StockEvent, packed: bytes, rules: LedgerRules) -> Result:
    """Enter one event; `packed` is the event as bytes, kept to recognise and undo it."""
    ledger = books_of(books, event.item)
    known = ledger.entries.get(event.transaction_key)
    if known is not None:
        return _again(books, event, packed, as_event(known), rules)
    if ledger.taken:
        taken = ledger.taken.get(event.transaction_key)
        if taken is not None and is_of_another(taken, event):
            return Result("dead_letter", CONFLICT, _of_another(taken, event))
    newest_at = _newest_at(books, event) if event.components else ledger.newest_at
    if newest_at is not None and event.occurred_at < newest_at:
        limit = newest_at - rules.history
        if event.occurred_at < limit:
            return Result("dead_letter", TOO_OLD, f"occurred {event.occurred_at}, expected {limit} or later")
    return _enter(books, ledger, event, packed, rules)


def _enter(books: Books, ledger: ItemLedger, event: StockEvent, packed: bytes, rules: LedgerRules) -> Result:
    ledger.entries[event.transaction_key] = packed
    owners = rules.owners_of(event.location, FACTS[event.kind], event.occurred_at)
    posted = not owners or event.source in owners
    granted, others = None, NOBODY
    if rules.boms and goes_by_its_order(event, rules.boms):
        moved = join(books, ledger, event, rules.boms, rules.is_shared, posted=posted)
        event = billed(ledger, event, rules.boms)
        others = frozenset(moved | moved_items(event))
    if not posted:
        ledger.compared.add(event.transaction_key)
        effects.compare(books, event, 1)
    elif event.kind == "reservation_requested":
        taken = ledger.taken.get(event.transaction_key)
        granted = None if taken is not None and taken.was_decided else rules.decide(books, event)
        effects.decide(books, event, granted or ZERO)
    else:
        effects.post(books, event, 1, shared=bool(owners) or rules.is_shared(event))
    if event.components:
        for item in moved_items(event):
            books[item].note_received(event, posted=posted)
    else:
        ledger.note_received(event, posted=posted)
    if granted is not None or others:
        return Result("posted" if posted else "compared", granted=granted, others=others)
    return POSTED if posted else COMPARED


def _again(books: Books, event: StockEvent, packed: bytes, first: StockEvent, rules: LedgerRules) -> Result:
    keeps_first = (first.received_at, first.message_id) <= (event.received_at, event.message_id)
    limit = horizon(books, event, rules)
    keeps_first = keeps_first or (limit is not None and event.occurred_at < limit)
    if content(first) == content(event):
        if not keeps_first:
            _stamp_earlier(books, event, packed, first, rules)
        return DUPLICATE
    ledger = books[event.item]
    if keeps_first or "reservation_requested" in (first.kind, event.kind):
        note_refused(ledger.taken, event, first)
        return Result("dead_letter", CONFLICT, _conflict(first, event))
    counted = "compared" if event.transaction_key in ledger.compared else "posted"
    others, _ = _take_out(books, ledger, first, rules)
    entered = _enter(books, ledger, event, packed, rules)
    return entered._replace(
        loser=first,
        loser_outcome=counted,
        loser_reason=CONFLICT,
        explanation=_conflict(event, first),
        others=entered.others | others,
    )


def lose_key(books: Books, taken: KeyTaken, rules: LedgerRules) -> Result:
    """Note that another item was first to use a key; the event that has to leave the books for it is the `loser`."""
    ledger = books_of(books, taken.item)
    key = taken.transaction_key
    known = ledger.taken.get(key)
    if known is None or taken_by(taken) < taken_by(known):
        ledger.taken[key] = taken._replace(was_decided=known is not None and known.was_decided)
    packed = ledger.entries.get(key)
    if packed is None:
        return NOTHING
    event = as_event(packed)
    limit = horizon(books, event, rules)
    if not is_of_another(ledger.taken[key], event) or (limit is not None and event.occurred_at < limit):
        return NOTHING
    counted = "compared" if key in ledger.compared else "posted"
    if event.kind == "reservation_requested" and counted == "posted":
        ledger.taken[key] = ledger.taken[key]._replace(was_decided=True)
    others, granted = _take_out(books, ledger, event, rules)
    text = _of_another(taken, event)
    return Result("", "", text, event, counted, CONFLICT, granted, others)


def _of_another(taken: KeyTaken, event: StockEvent) -> str:
    first = f"key {taken.transaction_key} was already used by message {taken.message_id} for another item"
    return f"{first}: item {event.item} (expected: {taken.first_item})"


def _stamp_earlier(books: Books, event: StockEvent, packed: bytes, first: StockEvent, rules: LedgerRules) -> None:
    """Keep the earliest receipt of a fact: conflicts are judged by it, and counts and notices of one time ordered."""
    ledger = books[event.item]
    if event.kind in STAMPED_KINDS and event.transaction_key not in ledger.compared:
        _take_out(books, ledger, first, rules)
        _enter(books, ledger, event, packed, rules)
    else:
        ledger.entries[event.transaction_key] = packed


def _conflict(kept: StockEvent, other: StockEvent) -> str:
    names = [name for name in CONTENT if getattr(kept, name) != getattr(other, name)]
    differ = ", ".join(f"{name} {getattr(other, name)} (kept: {getattr(kept, name)})" for name in names)
    return f"key {kept.transaction_key} was already used by message {kept.message_id} with other content: {differ}"


def _take_out(
    books: Books, ledger: ItemLedger, event: StockEvent, rules: LedgerRules
) -> tuple[frozenset[str], Decimal | None]:
    """The items moved beside those that the event names, and what a request had been granted and has no longer."""
    granted = None
    del ledger.entries[event.transaction_key]
    first, by_order = event, bool(rules.boms) and goes_by_its_order(event, rules.boms)
    if by_order:
        event = billed(ledger, event, rules.boms)
    if event.transaction_key in ledger.compared:
        ledger.compared.remove(event.transaction_key)
        effects.compare(books, event, -1)
    elif event.kind == "reservation_requested":
        granted = undecide(books, event)
    else:
        effects.post(books, event, -1, shared=rules.is_shared(event))
    moved = moved_items(event)
    for item in moved:
        books[item].version += 1
    if not by_order:
        return NOBODY, granted
    return frozenset(moved | leave(books, ledger, first, rules.boms, rules.is_shared)), granted


def horizon(books: Books, event: StockEvent, rules: LedgerRules) -> datetime | None:
    """Before this, history of what the event moves may be folded away: by the newest of the items it moves."""
    newest_at = _newest_at(books, event)
    return None if newest_at is None else newest_at - rules.history


def _newest_at(books: Books, event: StockEvent) -> datetime | None:
    known = (books[item].newest_at for item in moved_items(event) if item in books)
    return max((at for at in known if at is not None), default=None)
