"""Ownership rules: the ownership table in, whose reports of a fact are posted out."""

from collections.abc import Mapping
from functools import cache

from schemas.master_data import MasterData
from schemas.master_tables import ANY, CORRECTIONS
from transforms.ledger.ledger_rules import OwnersOf


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
