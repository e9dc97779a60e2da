"""Reconcile rules: disagreements of the views in, drift by place and cause out, and the corrections that end it.

Who does not own a fact reports it all the same, in a nightly list for instance, and the ledger compares: *drift* is
where the newest such report differs from the books as of its time. A person says which source is believed. The
correction is a count as of that time: it sets the base, so movements that come late belong before it and change
nothing, and sending it twice, or working it out twice, is one correction. An adjustment by the difference would double.

    books 10, erp-snapshot says 12 as of 05:00  ->  drift +2; believed: count 12 as of 05:00
    the receipt of 2 that was missing comes at 09:00, occurred 04:00  ->  still 12, and no drift
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from schemas.master_tables import CORRECTIONS
from schemas.records import Envelope

ID_BYTES = 12

Lots = frozenset[tuple[str, str, str]]  # item, location, disposition: places that the books keep by lot


class Drift(NamedTuple):
    """What one source says and the books do not, of one place or one document."""

    item: str
    location: str
    lot: str
    disposition: str  # "" for a document: a movement has no position to set
    source: str
    reference: str
    books_quantity: Decimal
    reported_quantity: Decimal
    as_of: datetime

    @property
    def difference(self) -> Decimal:
        """What is missing in the books; below zero for what is too much in them."""
        return self.reported_quantity - self.books_quantity

    @property
    def is_position(self) -> bool:
        """Whether it is of a position, which a count can set."""
        return bool(self.disposition)


class Totals(NamedTuple):
    """Drift added up for one location and source."""

    location: str
    source: str
    cause: str
    places: int
    missing: Decimal
    too_much: Decimal


def newest(found: Iterable[Drift]) -> list[Drift]:
    """Of the reports of one position by one source only the newest, if it differs; documents as they are."""
    last: dict[tuple[str, ...], Drift] = {}
    for one in sorted(found, key=lambda drift: (drift.as_of, drift.reference)):
        key = (*one[:5], "" if one.is_position else one.reference)
        last[key] = one
    return sorted(one for one in last.values() if one.difference)


def totals(drifts: Iterable[Drift]) -> list[Totals]:
    """By location, source and cause."""
    groups: dict[tuple[str, str, str], list[Drift]] = defaultdict(list)
    for one in drifts:
        groups[one.location, one.source, "position" if one.is_position else "document"].append(one)
    return [
        Totals(
            *key,
            len(its),
            sum((one.difference for one in its if one.difference > 0), Decimal(0)),
            sum((-one.difference for one in its if one.difference < 0), Decimal(0)),
        )
        for key, its in sorted(groups.items())
    ]


def corrections(drifts: Iterable[Drift], believed: str, lots: Lots, now: datetime) -> list[Envelope]:
    """A correction for each position of which the believed source says something else."""
    return [_envelope(one, now) for one in drifts if one.source == believed and is_settable(one, lots)]


def correction_id(one: Drift) -> str:
    """The id of the one message that corrects this."""
    return f"{CORRECTIONS}/{_name(_key(one))}"


def is_settable(one: Drift, lots: Lots) -> bool:
    """Whether a count can end it: documents and sums over lots need a person who knows more."""
    return one.is_position and bool(one.lot or (one.item, one.location, one.disposition) not in lots)


def _key(one: Drift) -> str:
    return "|".join((*one[:5], one.as_of.isoformat()))


def _name(key: str) -> str:
    return blake2b(key.encode(), digest_size=ID_BYTES).hexdigest()


def _envelope(one: Drift, now: datetime) -> Envelope:
    key = _key(one)
    said = {
        "type": "correction",
        "key": key,
        "item": one.item,
        "location": one.location,
        "lot": one.lot,
        "disposition": one.disposition,
        "quantity": str(one.reported_quantity),
        "as_of": one.as_of.isoformat(),
        "believed": one.source,
    }
    return Envelope(CORRECTIONS, "json", now, correction_id(one), _name(key), {}, json.dumps(said).encode())
