"""Shard rules: a group of canonical events in, every record that changed because of them out. No Beam here.

A shard holds the books of many items, whole families of them, so that everything that must be decided together is in
one place. `fold` is a pure fold in this sense: the same books, events and clock give the same books and records, so a
retried bundle, or a journal that is read again after a crash, ends where the first attempt would have ended.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any, NamedTuple

from schemas.encoding import to_json
from schemas.master_data import MasterData
from schemas.master_tables import ANY, CORRECTIONS
from schemas.policy_spec import Policy
from schemas.records import OutcomeCount, Rejection, SnapshotClosed, StockEvent
from transforms.kits.kit_rules import kits_above
from transforms.ledger.changed_rows import changed_rows
from transforms.ledger.confirmation_rules import clocked, due_at
from transforms.ledger.decision_rules import NOT_YET, Decided, Decider, decision_on
from transforms.ledger.horizon_rules import forget_before_horizon
from transforms.ledger.item_ledger import Books, ItemLedger, check_conservation, moved_items
from transforms.ledger.ledger_rules import (
    LedgerRules,
    OwnersOf,
    Result,
    record,
)
from transforms.ledger.offer_rows import SharedParts, offer_rows, shared_parts
from transforms.ledger.posting_rules import postings_of
from transforms.ledger.snapshot_rules import Snapshots, as_entry
from transforms.offers.availability_rules import Rules
from transforms.offers.offer_rules import rules_at
from transforms.rejections import Why, of_event

_TIME_ORDER = attrgetter("occurred_at", "received_at", "transaction_key", "message_id")

Due = tuple[datetime, str, str, Any]  # when, item, "claim", "reported" or "figures", its key

Changed = Mapping[str, Iterable[Any]]  # what kind of thing -> which of them
CLOCKED = frozenset({"claim", "reported", "release", "figures"})  # what time alone can change
FIGURES: Changed = {"figures": ("",)}
ENTERED = ("posted", "compared")


class Fold(NamedTuple):
    """What one group of events led to."""

    records: list[Any]  # rows, updates, decisions, discrepancies, alerts, rejections
    counts: list[OutcomeCount]


class Shard:
    """The books of one shard, with what the clock will have to look at again."""

    def __init__(
        self,
        master: MasterData,
        policy: Policy,
        books: Books | None = None,
        *,
        owners_of: OwnersOf | None = None,
        tells_postings: bool = False,
    ) -> None:
        self.master = master
        self.policy = policy
        self.books: Books = {} if books is None else books
        self.decider = Decider(master, policy)
        self.rules = LedgerRules(
            owners_of=owners_of or owners_from(master),
            decide=self.decider.decide,
            history=policy.history,
            settle=policy.settle,
            count_tolerance=policy.limits.count_tolerance,
            confirm=policy.confirm,
            boms=master.boms,
        )
        self.for_sale = frozenset(policy.default_definition.dispositions)
        self.kits_above = kits_above(master.boms)
        self.tells_postings = tells_postings  # what partners are to book too is among the records
        self.is_silent = False  # no figures are worked out: a journal is read that other rules wrote
        self.snapshots = Snapshots()
        self.due: list[Due] = []
        for ledger in self.books.values():
            self._plan(ledger, clocked(ledger), ledger.settled_at)
            self._plan(ledger, FIGURES)

    def fold(self, packed: Iterable[bytes], now: datetime, decided: Decided = NOT_YET) -> Fold:
        """Enter a group of packed events, earliest first, and bring what they touch up to date as of `now`.

        `decided`: what was decided when the group was folded for the first time.
        """
        self.decider.begin(decided)
        records: list[Any] = []
        outcomes: Counter[tuple[str, str, str]] = Counter()
        touched: set[str] = set()
        for event, one in in_order_of_time(packed):
            if isinstance(event, SnapshotClosed):
                touched |= self.snapshots.enter(event, self.books, self.rules)
                continue
            result = record(self.books, event, one, self.rules)
            outcomes[event.source, result.outcome, result.reason] += 1
            if result.outcome in ENTERED:
                touched.update(moved_items(event) if event.components else (event.item,), result.others)
            elif result.outcome == "duplicate":  # one that was received earlier may change which count is the last
                touched.update(item for item in moved_items(event) & self.books.keys() if self.books[item].dirty)
            if self.snapshots.by_location:
                self._follow(event, result)
            if self.tells_postings and result.outcome == "posted":
                records.extend(postings_of(event))
            if result.granted is not None:
                records.append(decision_on(event, result.granted))
                self.decider.place(self.books, event, result.granted)
            if result.loser is not None:
                outcomes[result.loser.source, result.loser_outcome, ""] -= 1
                outcomes[result.loser.source, "dead_letter", result.loser_reason] += 1
                touched.update(moved_items(result.loser))
            if result.explanation:
                records.extend(_rejections(event, result))
        touched &= self.books.keys()  # what an event names goes by its own day, what it moved by that of its order
        records.extend(self.decider.preemptions)
        records.extend(self._refresh(touched | self.decider.touched | self._wake(now), now))
        return Fold(records, [_count(*key, total) for key, total in outcomes.items() if total])

    def _follow(self, event: StockEvent, result: Result) -> None:
        for one in (event if result.outcome in ENTERED else None, result.loser):
            if one is not None:
                self.snapshots.follow(one, self.books, self.rules)
        if result.others:
            self.snapshots.follow_all(result.others, self.books, self.rules)

    def advance(self, now: datetime) -> list[Any]:
        """Bring up to date what only the clock changed: holds that expired, reports that settled, days that began."""
        return self._refresh(self._wake(now), now)

    def renew(self, now: datetime) -> list[Any]:
        """Bring every figure up to date with rules that are new to these books."""
        for ledger in self.books.values():
            ledger.version += 1
        return self._refresh(self.books.keys() | self._wake(now), now)

    def due_at(self) -> datetime | None:
        """When `advance` next has something to do."""
        return self.due[0][0] if self.due else None

    def forget(self) -> None:
        """Fold what is older than the retained history into opening quantities."""
        forget_before_horizon(self.books, self.rules)
        self.snapshots.forget(self.rules.history)

    def check_conservation(self) -> None:
        """Raise unless the accounts of every item sum to zero; tests call it after every fold."""
        check_conservation(self.books)

    def _refresh(self, touched: AbstractSet[str], now: datetime) -> list[Any]:
        records: list[Any] = []
        for item in sorted(touched):
            ledger = self.books[item]
            self._plan(ledger, ledger.dirty, now)
            records.extend(changed_rows(ledger, now, self.rules, self.for_sale))
        rules = rules_at(self.policy, self.master.lots, now)
        above = {kit for item in touched for kit in self.kits_above.get(item, ())}
        shared = shared_parts(self.books, rules)
        for item in () if self.is_silent else sorted(touched | above):
            in_kits = item in self.kits_above or item in self.master.boms
            records.extend(self._offer(item, rules, shared if in_kits else None))
        return records

    def _offer(self, item: str, rules: Rules, shared: SharedParts | None) -> Iterator[Any]:
        known = self.books.get(item)
        planned = known.figures_until if known else None
        yield from offer_rows(item, self.books, self.master, rules, shared)
        ledger = self.books.get(item)
        if ledger is not None and ledger.figures_until != planned:
            self._plan(ledger, FIGURES, rules.as_of)

    def _plan(self, ledger: ItemLedger, changed: Changed, after: datetime | None = None) -> None:
        """Put on the clock's list every hold that can expire, comparisons still to settle, figures that go stale."""
        for what in changed.keys() & CLOCKED:
            for key in changed[what]:
                at = self._due_at(ledger, what, key)
                if at is not None and (after is None or at > after):
                    heappush(self.due, (at, ledger.item, what, key))

    def _due_at(self, ledger: ItemLedger, what: str, key: Any) -> datetime | None:
        if what == "claim" and key in ledger.claims:
            return ledger.claims[key].expires_at
        if what == "reported" and key in ledger.reported:
            return ledger.reported[key].newest_at + self.rules.settle
        if what == "figures":
            return ledger.figures_until
        return due_at(key, self.rules.confirm) if what == "release" else None

    def _wake(self, now: datetime) -> set[str]:
        woken: set[str] = set()
        while self.due and self.due[0][0] <= now:
            at, item, what, key = heappop(self.due)
            ledger = self.books[item]
            if self._due_at(ledger, what, key) != at:
                continue  # it has been put off, or is forgotten
            ledger.dirty[what].add(key)
            if item not in woken:
                ledger.version += 1
                woken.add(item)
        return woken


def owners_from(master: MasterData) -> OwnersOf:
    """The ownership table as the ledger asks it, with its answers kept: it is asked for every event."""
    return owners_by(master.ownership)


def owners_by(ownership: Mapping[tuple[str, str], str]) -> OwnersOf:
    """The same of a table alone: location or `*`, and facts, with the owner. Corrections are posted beside it."""

    @cache
    def owners_of(location: str, facts: str) -> frozenset[str]:
        owner = ownership.get((location, facts)) or ownership.get((ANY, facts))
        return frozenset((owner, CORRECTIONS)) if owner else frozenset()

    return owners_of


def in_order_of_time(packed: Iterable[bytes]) -> Iterator[tuple[StockEvent | SnapshotClosed, bytes]]:
    """Packed events with what they say, by when they occurred, then by when they were received."""
    packed = list(packed)
    events = list(map(as_entry, packed))
    order = sorted(zip(map(_TIME_ORDER, events), range(len(events)), strict=True))
    return ((events[index], packed[index]) for _, index in order)


def _count(source: str, outcome: str, reason: str, total: int) -> OutcomeCount:
    return OutcomeCount(source, "event", outcome, reason, total)


def _rejections(event: StockEvent, result: Result) -> Iterator[Rejection]:
    if result.outcome == "dead_letter":
        yield rejection_of_event(event, result.reason, result.explanation)
    if result.loser is not None:
        yield rejection_of_event(result.loser, result.loser_reason, result.explanation)


def rejection_of_event(event: StockEvent, reason: str, message: str) -> Rejection:
    """An event that the ledger refuses, as a dead letter whose payload is the event itself."""
    return of_event(event, Why("ledger", reason, message), "stock_event", to_json(event).encode())
