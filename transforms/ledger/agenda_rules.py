"""Agenda rules: what time alone will change in, which items it has changed by a moment out.

Holds end, comparisons settle, confirmations become late, figures go stale. Each has its moment in a heap; what was put
off or forgotten meanwhile is passed over when its old moment comes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from heapq import heappop, heappush
from typing import Any

from transforms.ledger.confirmation_rules import due_at
from transforms.ledger.item_ledger import Books, ItemLedger
from transforms.ledger.ledger_rules import LedgerRules

Due = tuple[datetime, str, str, Any]  # when, item, "claim", "reported", "release" or "figures", its key
Changed = Mapping[str, Iterable[Any]]  # what kind of thing -> which of them

CLOCKED = frozenset({"claim", "reported", "release", "figures"})  # what time alone can change
FIGURES: Changed = {"figures": ("",)}


class Agenda:
    """What the clock will have to look at again."""

    def __init__(self) -> None:
        self.due: list[Due] = []

    def next_at(self) -> datetime | None:
        """When the clock next changes something."""
        return self.due[0][0] if self.due else None

    def plan(self, ledger: ItemLedger, changed: Changed, rules: LedgerRules, after: datetime | None = None) -> None:
        """Put on the list every hold that can expire, comparisons still to settle, figures that go stale."""
        for what in changed.keys() & CLOCKED:
            for key in changed[what]:
                at = _moment(ledger, what, key, rules)
                if at is not None and (after is None or at > after):
                    heappush(self.due, (at, ledger.item, what, key))

    def wake(self, books: Books, rules: LedgerRules, now: datetime) -> set[str]:
        """The items that time has changed by now; what changed is marked in their books, under a new version."""
        woken: set[str] = set()
        while self.due and self.due[0][0] <= now:
            at, item, what, key = heappop(self.due)
            ledger = books[item]
            if _moment(ledger, what, key, rules) != at:
                continue  # it has been put off, or is forgotten
            ledger.dirty[what].add(key)
            if item not in woken:
                ledger.version += 1
                woken.add(item)
        return woken


def _moment(ledger: ItemLedger, what: str, key: Any, rules: LedgerRules) -> datetime | None:
    if what == "claim" and key in ledger.claims:
        return ledger.claims[key].expires_at
    if what == "reported" and key in ledger.reported:
        return ledger.reported[key].newest_at + rules.settle
    if what == "figures":
        return ledger.figures_until
    return due_at(key, rules.confirm) if what == "release" else None
