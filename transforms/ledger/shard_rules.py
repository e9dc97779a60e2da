"""Shard rules: a group of canonical events in, every record that changed because of them out. No Beam here.

A shard holds the books of many items, whole families of them, so that everything that must be decided together is in
one place. `fold` is a pure fold in this sense: the same books, events and clock give the same books and records, so a
retried bundle, or a journal that is read again after a crash, ends where the first attempt would have ended.
"""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import KeyTaken, OutcomeCount, SnapshotClosed, SourceHeard, StockEvent
from transforms.kits.kit_rules import kits_above
from transforms.ledger.agenda_rules import FIGURES, Agenda
from transforms.ledger.changed_rows import changed_rows
from transforms.ledger.confirmation_rules import clocked
from transforms.ledger.decision_rules import NOT_YET, Decided, Decider, decision_on
from transforms.ledger.entry_rules import in_order_of_time
from transforms.ledger.hearing_rules import Hearing, Watched, watched
from transforms.ledger.horizon_rules import forget_before_horizon
from transforms.ledger.item_ledger import Books, check_conservation, moved_items
from transforms.ledger.ledger_rules import LedgerRules, OwnersOf, Result, lose_key, record
from transforms.ledger.offer_rows import SharedParts, offer_rows, shared_parts
from transforms.ledger.outcome_rules import Tally, rejection_of_event, taken_back
from transforms.ledger.ownership_rules import owners_from
from transforms.ledger.posting_rules import postings_of
from transforms.ledger.retelling_rules import Retelling
from transforms.ledger.snapshot_rules import Snapshots
from transforms.offers.availability_rules import Rules
from transforms.offers.doubt_rules import Doubts, DoubtsOf
from transforms.offers.offer_rules import rules_at

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
        self.retelling = Retelling()
        self.hearing = Hearing()
        self.feeds: dict[tuple[str, Any], Watched] = {}  # by version of the policy, and who owns what
        self.knows_all = True  # no event has said that a quantity is unknown
        self.agenda = Agenda()
        for ledger in self.books.values():
            self.agenda.plan(ledger, clocked(ledger), self.rules, ledger.settled_at)
            self.agenda.plan(ledger, FIGURES, self.rules)
            self.knows_all &= not any(cell.unknowns for cell in ledger.cells.values())

    def fold(self, packed: Iterable[bytes], now: datetime, decided: Decided = NOT_YET) -> Fold:
        """Enter a group of packed events, earliest first, and bring what they touch up to date as of `now`.

        `decided`: what was decided when the group was folded for the first time.
        """
        self.decider.begin(decided)
        tally = Tally([], Counter(), set(), set())
        for entry, one in in_order_of_time(packed):
            if isinstance(entry, StockEvent):
                self._enter(entry, one, tally)
            elif isinstance(entry, SnapshotClosed):
                tally.touched.update(self.snapshots.enter(entry, self.books, self.rules))
            elif isinstance(entry, SourceHeard):
                self.hearing.enter(entry)
            else:
                self._lose_key(entry, now, tally)
        touched = tally.touched & self.books.keys()  # an event names items by its own day, it moves its order's
        records = tally.records
        records.extend(self.decider.preemptions)
        touched |= self.decider.touched | self._wake(now)
        records.extend(self._refresh(touched, now, tally.compared & self.books.keys()))
        return Fold(records, tally.counts())

    def _enter(self, event: StockEvent, packed: bytes, tally: Tally) -> None:
        self.knows_all &= event.kind != "unknown_count"
        result = record(self.books, event, packed, self.rules)
        tally.outcomes[event.source, result.outcome, result.reason] += 1
        if result.outcome in ENTERED:
            changed = tally.touched if result.outcome == "posted" else tally.compared
            changed.update(moved_items(event) if event.components else (event.item,), result.others)
        elif result.outcome == "duplicate":  # one that was received earlier may change which count is the last
            tally.touched.update(item for item in moved_items(event) & self.books.keys() if self.books[item].dirty)
        tally.touched.update(self.retelling.touched(self.books, event, result))
        if self.snapshots.by_location:
            self._follow(event, result)
        if self.tells_postings and result.outcome == "posted":
            tally.records.extend(postings_of(event))
        if result.granted is not None:
            tally.records.append(decision_on(event, result.granted))
            self.decider.place(self.books, event, result.granted)
        if result.loser is not None:
            tally.lose(result.loser, result)
        if result.outcome == "dead_letter":
            tally.records.append(rejection_of_event(event, result.reason, result.explanation))

    def _lose_key(self, taken: KeyTaken, now: datetime, tally: Tally) -> None:
        """Take out the event of an item whose key another item was first to use, if it is in the books."""
        result = lose_key(self.books, taken, self.rules)
        loser = result.loser
        if loser is None:
            return
        tally.lose(loser, result)
        tally.touched.update(result.others)
        if self.snapshots.by_location:
            self.snapshots.follow(loser, self.books, self.rules)
            self.snapshots.follow_all(result.others, self.books, self.rules)
        if result.granted:
            tally.records.append(taken_back(loser, taken, result.granted, now))

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
        moments = [self.agenda.next_at()]
        if self.hearing.looked_at is not None:
            moments.append(self.hearing.due_at(self._feeds_at(self.hearing.looked_at)))
        return min((at for at in moments if at is not None), default=None)

    def forget(self) -> None:
        """Fold what is older than the retained history into opening quantities."""
        self.snapshots.hold(self.books, self.rules)
        forget_before_horizon(self.books, self.rules)
        self.snapshots.forget(self.rules.history)

    def check_conservation(self) -> None:
        """Raise unless the accounts of every item sum to zero; tests call it after every fold."""
        check_conservation(self.books)

    def _refresh(self, touched: AbstractSet[str], now: datetime, compared: AbstractSet[str] = frozenset()) -> list[Any]:
        """Bring up to date what was touched; of what was only compared, the figures of items that never had any."""
        records: list[Any] = []
        for item in sorted(touched | compared):
            ledger = self.books[item]
            self.retelling.begin_rows(ledger)
            self.agenda.plan(ledger, ledger.dirty, self.rules, now)
            records.extend(changed_rows(ledger, now, self.rules, self.for_sale))
        touched = touched | {item for item in compared - touched if not self.books[item].published}
        rules, master = rules_at(self.policy, self.master.lots, now), self.master.at(now)
        above = {kit for item in touched for kit in self.kits_above.get(item, ())}
        shared = shared_parts(self.books, rules)
        is_sure = self.knows_all and not self.hearing.silent
        doubts_of = None if is_sure else partial(self._doubts_about, rules.policy)
        for item in () if self.is_silent else sorted(touched | above):
            in_kits = item in self.kits_above or item in self.master.boms
            records.extend(self._offer(item, master, rules, shared if in_kits else None, doubts_of))
        return records

    def _doubts_about(self, policy: Policy, item: str) -> Doubts:
        return self.hearing.doubts(self.books[item], policy) if item in self.books else {}

    def _offer(
        self, item: str, master: MasterData, rules: Rules, shared: SharedParts | None, doubts_of: DoubtsOf | None
    ) -> list[Any]:
        known = self.books.get(item)
        planned = known.figures_until if known else None
        self.retelling.begin_offers(item, known)
        rows = list(offer_rows(item, self.books, master, rules, shared, doubts_of))
        ledger = self.books.get(item)
        if ledger is not None and ledger.figures_until != planned:
            self.agenda.plan(ledger, FIGURES, self.rules, rules.as_of)
        return rows

    def _wake(self, now: datetime) -> set[str]:
        return self._listen(now) | self.agenda.wake(self.books, self.rules, now)

    def _listen(self, now: datetime) -> set[str]:
        """The items that lie where a feed has become silent, or is heard again; of that they have a new version.

        At the first look nothing was told yet: what a run over files tells by one policy is as old as by another.
        """
        is_first = self.hearing.looked_at is None
        turned = self.hearing.look(self._feeds_at(now), now)
        heard = {one for one, of in self.books.items() if any(at[0] in turned for at in of.cells)} if turned else set()
        for item in () if is_first else heard:
            self.books[item].version += 1
        return heard

    def _feeds_at(self, now: datetime) -> Watched:
        policy = self.policy.at(now)
        if not policy.feeds:
            return {}
        owners_of, locations = self.rules.owners_of, self.master.locations
        key = (policy.version, tuple(owners_of(location, "on_hand", now) for location in locations))
        if key not in self.feeds:
            self.feeds[key] = watched(policy, locations, owners_of, now)
        return self.feeds[key]
