"""Ownership rules: the ownership table in, whose reports of a fact are posted out.

The table may say since when and until when a source owns a fact. Who owned it when an event occurred decides about the
event, whenever it comes: so a new ERP takes over on a date that was written down before.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from schemas.master_data import MasterData
from schemas.master_tables import ANY, CORRECTIONS
from transforms.ledger.ledger_rules import OwnersOf

Ownership = Mapping[tuple[str, str], str]  # location or `*`, and facts, with the owner


def owners_from(master: MasterData) -> OwnersOf:
    """The ownership table as the ledger asks it, with its answers kept: it is asked for every event."""
    return owners_by([one.ownership for one in master.versions] or [master.ownership], master.starts)


def owners_by(tables: Sequence[Ownership], starts: Sequence[datetime] = ()) -> OwnersOf:
    """The same of tables alone, of which each but the first holds from one of `starts`. Corrections are posted too."""

    @cache
    def owners_in(stretch: int, location: str, facts: str) -> frozenset[str]:
        owner = tables[stretch].get((location, facts)) or tables[stretch].get((ANY, facts))
        return frozenset((owner, CORRECTIONS)) if owner else frozenset()

    def owners_of(location: str, facts: str, at: datetime | None) -> frozenset[str]:
        if not starts:
            return owners_in(0, location, facts)
        if at is not None:
            return owners_in(bisect_right(starts, at), location, facts)
        return frozenset().union(*(owners_in(stretch, location, facts) for stretch in range(len(tables))))

    return owners_of
