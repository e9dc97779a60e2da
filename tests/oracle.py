"""The oracle: every event ever delivered in, the books they must lead to out.

It is docs/ledger.md a second time, slow and obvious: take everything, sort, replay, loop. It shares no code with
`transforms/`, so where the two agree they do not merely share a mistake.

What it leaves out: the horizon (every day it is asked about is shorter than `history_days`), and whether a request is
granted, because that depends on what had arrived when it was decided. It takes the answers as `granted`;
`check_decisions` says whether they can be right. Where a request's key came with several contents, the order of
`events` must be the order of arrival, since there the first to arrive stays; otherwise that order means nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from schemas.records import CLAIM_KINDS, INBOUND_KINDS, Component, SnapshotClosed, StockEvent
from tests.books import ZERO, Books, Dispute, Pair, Position, Unknown
from tests.oracle_claims import replay_claims, replay_inbound, replay_late, replay_planned, replay_shortage

PartsOf = Callable[[str, Decimal, datetime], tuple[Component, ...]]  # kit, quantity, whose bill counts
# location, facts, when it occurred -> the sources that own them then; empty: anybody posts
OwnerOf = Callable[[str, str, datetime], frozenset[str]]

HERE, THERE = "the position", "the same position with to_disposition"
MOVEMENTS = {
    "receipt": ("supplier", HERE),
    "shipment": (HERE, "customer"),
    "adjustment": ("count_difference", HERE),
    "transfer_shipped": (HERE, "in_transit"),
    "transfer_received": ("in_transit", HERE),
    "disposition_changed": (HERE, THERE),
    "return_received": ("customer", HERE),
}
COUNTS = ("count", "snapshot")
UNKNOWN = "unknown_count"
LEFT_OUT = "left out of a complete snapshot"
ACCOUNTS = ("supplier", "customer", "in_transit", "count_difference")


class Movement(NamedTuple):
    """What one event does to one position: a signed quantity."""

    event: StockEvent
    quantity: Decimal


def oracle(
    events: Iterable[StockEvent],
    *,
    now: datetime,
    owner_of: OwnerOf,
    settle: timedelta,
    tolerance: Decimal,
    granted: Mapping[str, Fraction] | None = None,
    parts_of: PartsOf | None = None,
    for_sale: frozenset[str] = frozenset({"sellable"}),
    lists: Iterable[SnapshotClosed] = (),
    confirm: Mapping[str, timedelta] | None = None,
    epochs: Iterable[tuple[str, datetime, str]] = (),
) -> Books:
    """The books after all `events`, in whatever order and however often they came; `granted` says by transaction key
    which share of a request was granted: 1 is the whole; `parts_of` what a kit takes by the bill of a time, without
    which each event moves the components that it brings; `epochs` from when on a source uses old keys for new facts."""
    begun = sorted(epochs, key=lambda epoch: epoch[1])
    kept, outcomes, contested = _once(_in_its_epoch(event, begun) for event in events)
    posted: list[StockEvent] = []
    compared: list[StockEvent] = []
    placed = _placed_at([event for event in kept if _may_post(event, owner_of)])
    for event in kept:
        outcome, where = ("posted", posted) if _may_post(event, owner_of) else ("compared", compared)
        outcomes[outcome, ""] += 1
        where.extend(_parts(_by_the_bill_of_its_order(event, placed, parts_of)))
    movements, counts, unknowns, accounts = _journal(posted)
    lists = list({(one.source, one.location, one.occurred_at): one for one in sorted(lists, reverse=True)}.values())
    others = [one for one in lists if _is_others(one, owner_of(one.location, "on_hand", one.occurred_at))]
    for position in movements.keys() | counts.keys():
        said = [*counts[position], *unknowns[position]]
        counts[position] += _zeros(position, said, [one for one in lists if one not in others])
    compared += _others_zeros(others, compared, movements.keys() | counts.keys())
    positions, discrepancies = {}, {}
    for position in movements.keys() | counts.keys():
        positions[position], differences = _on_hand(counts[position], movements[position])
        for count, expected, is_opening in differences:
            accounts[position[0]]["count_difference"] -= count.quantity - expected
            if abs(count.quantity - expected) > tolerance and not is_opening:
                key = Dispute(*position, count.kind, count.source, count.transaction_key)
                discrepancies[key] = (expected, count.quantity)
    discrepancies |= _compared_counts(compared, movements, counts, tolerance)
    discrepancies |= _compared_movements(compared, posted, now - settle, tolerance)
    claims, heads = replay_claims(posted, granted or {}, now)
    shortage = replay_shortage(claims, positions, for_sale)
    inbound = replay_inbound(posted)
    late = replay_late(posted, claims, confirm or {}, now)
    unknown = {at: word for at, words in unknowns.items() if (word := _unknown(counts[at], words))}
    books = (
        positions,
        accounts,
        claims,
        heads,
        inbound,
        discrepancies,
        shortage,
        dict(outcomes),
        unknown,
        late,
        replay_planned(kept, posted, claims, granted or {}),
        contested,
    )
    return Books(*books)


# Identity and duplicates, components, ownership


def _in_its_epoch(event: StockEvent, epochs: Iterable[tuple[str, datetime, str]]) -> StockEvent:
    """A key as it counts: of a source that was restored, with the last epoch that had begun when it occurred."""
    key = event.transaction_key
    for source, begins_at, name in epochs:
        if source == event.source and event.occurred_at >= begins_at:
            key = f"{event.transaction_key}@{name}"
    return event._replace(transaction_key=key)


def _once(events: Iterable[StockEvent]) -> tuple[list[StockEvent], Counter[Pair], frozenset[Pair]]:
    """One event for each key, what became of its other deliveries, and the keys where their split is unsure.

    Of several items that use one key, the one that was received first has it; all that the others said is refused.
    A third delivery may have met the event that stays, or one that was there before it: a duplicate in one order of
    arrival is a conflict in another.
    """
    deliveries: dict[str, list[StockEvent]] = defaultdict(list)
    for event in events:
        deliveries[event.transaction_key].append(event)
    kept, contested = [], set()
    outcomes: Counter[Pair] = Counter()
    for copies in deliveries.values():
        first = min(copies, key=lambda copy: (copy.received_at, copy.message_id, copy.event_index))
        of_item = [copy for copy in copies if copy.item == first.item]
        is_request = any(copy.kind == "reservation_requested" for copy in of_item)
        stays = of_item[0] if is_request else min(of_item, key=lambda copy: (copy.received_at, copy.message_id))
        kept.append(stays)
        key = (stays.item, stays.transaction_key)
        repeats = sum(_content(copy) == _content(stays) for copy in of_item) - 1
        conflicts = len(copies) - 1 - repeats
        outcomes["duplicate", ""] += repeats
        outcomes["dead_letter", "conflicting_duplicate"] += conflicts
        if conflicts and len(copies) > 2 and (not is_request or len(copies) > len(of_item)):
            contested.add(key)
    return kept, +outcomes, frozenset(contested)


def _content(event: StockEvent) -> tuple[object, ...]:
    where = (event.location, event.lot, event.disposition, event.to_location, event.to_disposition)
    when = (event.occurred_at, event.sequence, event.expected_at, event.expires_at)
    return (event.kind, event.quantity, *where, *when, event.channel, event.order_reference)


def _parts(event: StockEvent) -> list[StockEvent]:
    """The event itself or, of a kit, one such event for each component."""
    if not event.components:
        return [event]
    return [event._replace(item=part.item, quantity=part.quantity, components=()) for part in event.components]


def _placed_at(posted: list[StockEvent]) -> dict[Pair, datetime]:
    """When each item of each order was first ordered or requested."""
    placed: dict[Pair, datetime] = {}
    for event in sorted(posted, key=lambda event: (event.occurred_at, event.transaction_key)):
        if event.kind in {"order_recorded", "reservation_requested"}:
            placed.setdefault((event.item, event.order_reference), event.occurred_at)
    return placed


def _by_the_bill_of_its_order(
    event: StockEvent, placed: Mapping[Pair, datetime], parts_of: PartsOf | None
) -> StockEvent:
    key = (event.item, event.order_reference)
    if parts_of is None or key not in placed or not (event.kind in CLAIM_KINDS or event.kind == "shipment"):
        return event
    return event._replace(components=parts_of(event.item, event.quantity, placed[key]))


def _may_post(event: StockEvent, owner_of: OwnerOf) -> bool:
    if event.kind in CLAIM_KINDS:
        facts = "claims"
    elif event.kind in INBOUND_KINDS:
        facts = "inbound"
    elif event.kind in {"disposition_changed", "return_received"}:
        facts = "dispositions"
    else:
        facts = "on_hand"
    owners = owner_of(event.location, facts, event.occurred_at)
    return not owners or event.source in owners


def _is_others(one: SnapshotClosed, owners: frozenset[str]) -> bool:
    return bool(owners) and one.source not in owners


# Positions

Movements = dict[Position, list[Movement]]
Counts = dict[Position, list[StockEvent]]
Accounts = dict[str, dict[str, Decimal]]


def _journal(posted: list[StockEvent]) -> tuple[Movements, Counts, Counts, Accounts]:
    movements: Movements = defaultdict(list)
    counts: Counts = defaultdict(list)
    unknowns: Counts = defaultdict(list)
    accounts: Accounts = defaultdict(lambda: dict.fromkeys(ACCOUNTS, ZERO))
    for event in posted:
        position = (event.item, event.location, event.lot, event.disposition)
        there = (event.item, event.location, event.lot, event.to_disposition)
        if event.kind in COUNTS:
            counts[position].append(event)
        elif event.kind == UNKNOWN:
            unknowns[position].append(event)
            counts[position] += ()  # a position that somebody named
        elif event.kind in MOVEMENTS:
            takes_from, gives_to = MOVEMENTS[event.kind]
            for side, quantity in ((takes_from, -event.quantity), (gives_to, event.quantity)):
                if side in ACCOUNTS:
                    accounts[event.item][side] += quantity
                else:
                    movements[there if side == THERE else position].append(Movement(event, quantity))
    return movements, counts, unknowns, accounts


def _unknown(counts: list[StockEvent], unknowns: list[StockEvent]) -> Unknown | None:
    """The first word that nobody knows after the last figure."""
    last = max(map(_count_order, counts), default=None)
    later = sorted((one for one in unknowns if last is None or _count_order(one) > last), key=_count_order)
    return Unknown(later[0].occurred_at, later[0].source) if later else None


def _zeros(position: Position, counts: list[StockEvent], lists: Iterable[SnapshotClosed]) -> list[StockEvent]:
    """The counts of zero that complete snapshots of the owner make of a position which they do not name."""
    item, location, lot, disposition = position
    named = {(count.source, count.occurred_at) for count in counts if count.kind in ("snapshot", UNKNOWN)}
    here = [one for one in lists if one.location == location and (one.source, one.occurred_at) not in named]
    return [_zero(one, item, lot, disposition) for one in here]


def _others_zeros(
    lists: Iterable[SnapshotClosed], compared: Iterable[StockEvent], positions: Iterable[Position]
) -> list[StockEvent]:
    """The same of a source that does not own the place; a line of it without a lot names all lots."""
    zeros = []
    for one in lists:
        lines = [line for line in compared if line.kind in (*COUNTS, UNKNOWN) and _of_list(line, one)]
        named = {(line.item, line.lot, line.disposition) for line in lines}
        for item, location, lot, disposition in positions:
            is_named = (item, lot, disposition) in named or (item, "", disposition) in named
            if location == one.location and not is_named:
                zeros.append(_zero(one, item, lot, disposition))
    return zeros


def _of_list(line: StockEvent, of: SnapshotClosed) -> bool:
    return (line.source, line.location, line.occurred_at) == (of.source, of.location, of.occurred_at)


def _zero(of: SnapshotClosed, item: str, lot: str, disposition: str) -> StockEvent:
    """A count that nobody sent: any other of the same time comes after it."""
    return StockEvent(
        transaction_key=of.transaction_key,
        kind="snapshot",
        item=item,
        quantity=ZERO,
        occurred_at=of.occurred_at,
        source=of.source,
        message_id=of.message_id,
        correlation_id=of.correlation_id,
        received_at=datetime.min.replace(tzinfo=of.received_at.tzinfo),
        mapping_version=LEFT_OUT,
        original_quantity=ZERO,
        original_unit="",
        location=of.location,
        lot=lot,
        disposition=disposition,
    )


def _on_hand(
    counts: list[StockEvent], movements: list[Movement]
) -> tuple[Decimal, list[tuple[StockEvent, Decimal, bool]]]:
    """On hand, and each count with what was expected of it and whether it opens the position."""
    on_hand, left, differences = ZERO, movements, []
    for number, count in enumerate(sorted(counts, key=_count_order)):
        belonging = [movement for movement in left if _includes(count, movement.event)]
        left = [movement for movement in left if not _includes(count, movement.event)]
        expected = on_hand + _total(belonging)
        differences.append((count, expected, number == 0 and not belonging))
        on_hand = count.quantity
    return on_hand + _total(left), differences


def _count_order(count: StockEvent) -> tuple[datetime, int, datetime, str]:
    sequence = -1 if count.sequence is None else count.sequence
    return (count.occurred_at, sequence, count.received_at, count.transaction_key)


def _includes(count: StockEvent, movement: StockEvent) -> bool:
    both_numbered = movement.sequence is not None and count.sequence is not None
    if movement.occurred_at == count.occurred_at and movement.source == count.source and both_numbered:
        return movement.sequence <= count.sequence  # type: ignore[operator]
    return movement.occurred_at <= count.occurred_at


def _total(rows: Iterable[Movement] | Iterable[StockEvent]) -> Decimal:
    return sum((row.quantity for row in rows), ZERO)


# What sources that do not own the facts say

Disputes = dict[Dispute, tuple[Decimal, Decimal]]


def _compared_counts(compared: list[StockEvent], movements: Movements, counts: Counts, tolerance: Decimal) -> Disputes:
    disputes: Disputes = {}
    for report in compared:
        if report.kind not in COUNTS:
            continue
        expected = ZERO
        for position in movements.keys() | counts.keys():
            item, location, lot, disposition = position
            same_place = (item, location, disposition) == (report.item, report.location, report.disposition)
            all_lots = not report.lot and report.mapping_version != LEFT_OUT
            if same_place and (all_lots or report.lot == lot):
                counts_then = [count for count in counts[position] if count.occurred_at <= report.occurred_at]
                moved_then = [move for move in movements[position] if move.event.occurred_at <= report.occurred_at]
                expected += _on_hand(counts_then, moved_then)[0]
        if abs(report.quantity - expected) > tolerance:
            place = (report.item, report.location, report.lot, report.disposition)
            disputes[Dispute(*place, "not_owner", report.source, report.transaction_key)] = (expected, report.quantity)
    return disputes


def _compared_movements(
    compared: list[StockEvent], posted: list[StockEvent], settled_at: datetime, tolerance: Decimal
) -> Disputes:
    """Whatever is no count, claims and inbound too, by document. Without a document nothing of the owner's matches."""
    reports: dict[Dispute, list[StockEvent]] = defaultdict(list)
    for event in compared:
        if event.kind not in (*COUNTS, UNKNOWN):
            reference = f"{event.kind}:{event.order_reference or event.transaction_key}"
            reports[Dispute(event.item, event.location, "", "", "not_owner", event.source, reference)].append(event)
    disputes: Disputes = {}
    for key, said in reports.items():
        one, reported = said[0], _total(said)
        owners = [event for event in posted if one.order_reference and _document(event) == _document(one)]
        expected = _total(owners)
        is_settled = max(event.occurred_at for event in said) <= settled_at
        if is_settled and abs(reported - expected) > tolerance:
            disputes[key] = (expected, reported)
    return disputes


def _document(event: StockEvent) -> tuple[str, str, str, str]:
    return (event.item, event.kind, event.location, event.order_reference)
