"""Proof audit: what was delivered and what the keyed stage said of it in, every difference from the oracle out.

The oracle (`tests/oracle.py`) reads docs/ledger.md a second time and shares no code with the ledger. It is slow on
long histories, so it is asked family by family: what happens to one never depends on another.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from benchmarks.proof_traffic import NOW, POLICY, family_of
from schemas.encoding import pack, unpack
from schemas.master_data import MasterData
from schemas.records import StockEvent
from tests.books import ZERO, Books, check_decisions
from tests.oracle import oracle
from tests.published import Published
from transforms.ledger.item_ledger import ConservationError
from transforms.ledger.shard_rules import Shard

Outcomes = dict[tuple[str, str], int]


class Audit(NamedTuple):
    """How much was compared, and what differs."""

    delivered: int
    positions: int
    claims: int
    supplies: int
    requests: int
    outcomes: Outcomes  # as the oracle has them
    contested: int  # keys of which only duplicates and conflicts together are certain
    differences: dict[str, list[str]]  # by what was compared


class Deliveries:
    """Everything that was delivered, in order, by family, packed, on disk: it is a million events."""

    def __init__(self) -> None:
        self.file = TemporaryFile()  # noqa: SIM115 - for as long as the audit lasts; gone when nobody holds it
        self.places_of: dict[str, array[int]] = defaultdict(lambda: array("Q"))  # by family: where its events begin

    def noted(self, events: Iterable[StockEvent]) -> Iterator[StockEvent]:
        for event in events:
            packed = pack(event)
            self.places_of[family_of(event.item)].append(self.file.tell())
            self.file.write(len(packed).to_bytes(4, "big") + packed)
            yield event

    def families(self) -> Iterator[list[StockEvent]]:
        for places in self.places_of.values():
            yield [self._event_at(place) for place in places]

    def _event_at(self, place: int) -> StockEvent:
        self.file.seek(place)
        size = int.from_bytes(self.file.read(4), "big")
        return StockEvent.from_row(unpack(self.file.read(size)))


def audit(deliveries: Deliveries, seen: Published, shards: Mapping[int, Shard], master: MasterData) -> Audit:
    """Compare what was published, and what state holds, with the oracle's books of all that was delivered."""
    granted = seen.granted()
    totals: Counter[str] = Counter()
    outcomes: Counter[tuple[str, str]] = Counter()
    theirs: dict[str, dict[Any, Any]] = {
        "positions": {},
        "claims": {},
        "inbound": {},
        "oversell": {},
        "discrepancies": {},
    }
    decided = {(one.item, one.transaction_key): one for one in seen.decisions}
    decisions: list[str] = []
    if len(decided) != len(seen.decisions):
        decisions.append(f"{len(seen.decisions)} decisions on {len(decided)} requests")
    for events in deliveries.families():
        books = _books_of(events, granted, master)
        _note(books, theirs)
        outcomes.update(books.outcomes)
        asked = {(one.item, one.transaction_key) for one in events if one.kind == "reservation_requested"}
        decisions += check_decisions(events, [decided[key] for key in asked & decided.keys()])
        totals.update(delivered=len(events), contested=len(books.contested), requests=len(asked))
    ours = _published(seen, theirs)
    differences = {what: list(_differences(ours[what], theirs[what])) for what in theirs}
    differences["positions in state"] = list(_differences(_in_state(shards), theirs["positions"]))
    differences["accounts"] = list(_unbalanced(shards))
    differences["decisions"] = decisions
    differences["outcomes"] = list(_miscounted(seen.outcomes, outcomes, contested=totals["contested"] > 0))
    counted = (len(theirs["positions"]), len(theirs["claims"]), len(theirs["inbound"]))
    return Audit(totals["delivered"], *counted, totals["requests"], dict(outcomes), totals["contested"], differences)


def _books_of(events: list[StockEvent], granted: Mapping[str, Fraction], master: MasterData) -> Books:
    def owner_of(location: str, facts: str, _at: datetime | None) -> frozenset[str]:  # the same at all times here
        owner = master.owner(location, facts)
        return frozenset((owner,)) if owner else frozenset()

    limits = POLICY.limits
    return oracle(
        events, now=NOW, owner_of=owner_of, settle=POLICY.settle, tolerance=limits.count_tolerance, granted=granted
    )


def _note(books: Books, theirs: dict[str, dict[Any, Any]]) -> None:
    theirs["positions"].update({key: quantity for key, quantity in books.positions.items() if quantity})
    theirs["claims"].update({key: (tuple(claim), *books.claim_heads[key]) for key, claim in books.claims.items()})
    theirs["inbound"].update({key: tuple(one) for key, one in books.inbound.items()})
    theirs["oversell"].update({(item, ""): quantity for item, quantity in books.shortage.items() if quantity})
    theirs["discrepancies"].update({tuple(key): pair for key, pair in books.discrepancies.items()})


def _published(seen: Published, theirs: Mapping[str, Mapping[Any, Any]]) -> dict[str, dict[Any, Any]]:
    """What a reader of the views sees at last. Rows of nothing, which the oracle does not speak of, are left out."""
    claims = {
        key: (
            (row.open_quantity, row.allocated_quantity, row.shipped_quantity, row.cancelled_quantity),
            row.channel,
            row.expires_at,
        )
        for key, row in seen.claims().items()
    }
    inbound = {key: (row.open_quantity, row.expected_at, row.location) for key, row in seen.inbound().items()}
    return {
        "positions": seen.positions(),
        "claims": {key: row for key, row in claims.items() if any(row[0]) or key in theirs["claims"]},
        "inbound": {key: row for key, row in inbound.items() if row[0] or key in theirs["inbound"]},
        "oversell": seen.alerts("oversell"),
        "discrepancies": seen.discrepancies(POLICY.limits.count_tolerance),
    }


def _in_state(shards: Mapping[int, Shard]) -> dict[Any, Any]:
    books = [ledger for shard in shards.values() for ledger in shard.books.values()]
    cells = {(ledger.item, *place): cell.quantity for ledger in books for place, cell in ledger.cells.items()}
    return {position: quantity for position, quantity in cells.items() if quantity}


def _unbalanced(shards: Mapping[int, Shard]) -> Iterator[str]:
    for shard in shards.values():
        try:
            shard.check_conservation()
        except ConservationError as error:
            yield str(error)


def _miscounted(ours: Mapping[Any, int], theirs: Mapping[Any, int], *, contested: bool) -> Iterator[str]:
    """Where a key came with several contents and several times, only its repeats and conflicts together are certain."""
    again = {("duplicate", ""), ("dead_letter", "conflicting_duplicate")}
    sums = []
    for counts in (ours, theirs):
        sum_of: Counter[tuple[str, str]] = Counter()
        for key, total in counts.items():
            sum_of["again", ""] += total if contested and key in again else 0
            sum_of[key] += 0 if contested and key in again else total
        sums.append({key: total for key, total in sum_of.items() if total})
    yield from _differences(*sums)


def _differences(ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Iterator[str]:
    for key in sorted(ours.keys() | theirs.keys(), key=repr):
        mine, other = ours.get(key, ZERO), theirs.get(key, ZERO)
        if mine != other:
            yield f"{'/'.join(map(str, key))}: the ledger says {mine}, the oracle {other}"
