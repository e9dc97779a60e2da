"""Changed rows: what of an item's books changed since the last publication, as records for the views."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

from schemas.records import Alert, ClaimRow, Discrepancy, InboundRow, PositionRow
from transforms.ledger.claim_rules import Placed, add_to
from transforms.ledger.confirmation_rules import late
from transforms.ledger.item_ledger import LEFT_OUT, Identity, ItemLedger, Place, Report, ReportKey
from transforms.ledger.ledger_rules import LedgerRules
from transforms.ledger.position_rules import CARRIED, ZERO

_END = itemgetter(0)
ONE = Decimal(1)


class Judged(NamedTuple):
    """One comparison of what was expected with what was reported."""

    identity: Identity
    expected: Decimal
    reported: Decimal
    occurred_at: datetime


def settle_claims(ledger: ItemLedger, now: datetime) -> None:
    """Make the sums of open claims right for `now`: carry over what changed, and the holds that end in between.

    Time may go back: a request is decided as of its receipt, which may lie before that of the one decided last.
    """
    earlier, later = sorted((ledger.settled_at or now, now))
    ended = slice(bisect_right(ledger.expiring, earlier, key=_END), bisect_right(ledger.expiring, later, key=_END))
    for order_reference in ledger.unsettled | {key for _, key in ledger.expiring[ended]}:
        claim = ledger.claims[order_reference]
        placed = claim.placed_at(now)
        if placed != claim.placed:
            _carry(ledger, claim.placed, -1)
            _carry(ledger, placed, 1)
            claim.placed = placed
    ledger.unsettled.clear()
    ledger.settled_at = now


def _carry(ledger: ItemLedger, placed: Placed, sign: int) -> None:
    channel, soft, hard, day = placed
    if soft:
        ledger.soft_claims[channel] = ledger.soft_claims.get(channel, ZERO) + sign * soft
        if day:
            add_to(ledger.dated_claims, (day, channel, ""), sign * soft)
    for location, quantity in hard.items():
        ledger.hard_claims[location] = ledger.hard_claims.get(location, ZERO) + sign * quantity
        if day:
            add_to(ledger.dated_claims, (day, "", location), sign * quantity)


def changed_rows(ledger: ItemLedger, now: datetime, rules: LedgerRules, for_sale: frozenset[str]) -> Iterator[Any]:
    """Every record that changed, each once; the books then count as published."""
    settle_claims(ledger, now)
    dirty = ledger.dirty
    yield from (_position_row(ledger, place) for place in sorted(dirty["cell"]))
    yield from (_claim_row(ledger, reference, now) for reference in sorted(dirty["claim"]))
    yield from (_inbound_row(ledger, reference) for reference in sorted(dirty["inbound"]))
    yield from _discrepancies(ledger, now, rules)
    yield from _alerts(ledger, for_sale, late(ledger, now, rules.confirm))
    dirty.clear()
    ledger.disturbed_from = None


def _position_row(ledger: ItemLedger, place: Place) -> PositionRow:
    cell = ledger.cells[place]
    counted_at = cell.counts[-1].occurred_at if cell.counts else None
    changed_by = cell.changed_by[1] if cell.changed_by else ""
    unknown = cell.unknown()
    word = (unknown.occurred_at, unknown.source) if unknown else (None, "")
    return PositionRow(ledger.item, *place, cell.quantity, counted_at, changed_by, ledger.version, *word)


def _claim_row(ledger: ItemLedger, order_reference: str, now: datetime) -> ClaimRow:
    claim = ledger.claims[order_reference]
    still_open = claim.open_at(now)
    allocated = claim.allocated_of(still_open) if claim.allocated else {}
    soft = still_open - sum(allocated.values(), ZERO)
    planned = claim.planned_of(soft) if soft and claim.grants else {}
    return ClaimRow(
        item=ledger.item,
        order_reference=order_reference,
        channel=claim.channel,
        status=claim.status_of(still_open, allocated),
        open_quantity=still_open,
        allocated_quantity=sum(allocated.values(), ZERO),
        shipped_quantity=claim.shipped_total(),
        cancelled_quantity=claim.cancelled,
        expires_at=claim.expires_at,
        scheduled_at=claim.scheduled_at,
        allocated_by_location=_by_location(allocated),
        planned_by_location=_by_location(planned),
        version=ledger.version,
    )


def _by_location(quantities: Mapping[str, Decimal]) -> str:
    if not quantities:
        return "{}"
    return json.dumps({location: str(quantity) for location, quantity in sorted(quantities.items())})


def _inbound_row(ledger: ItemLedger, order_reference: str) -> InboundRow:
    inbound = ledger.inbound[order_reference]
    location, expected_at = inbound.expected()
    return InboundRow(ledger.item, location, order_reference, inbound.open(), expected_at, ledger.version)


def _discrepancies(ledger: ItemLedger, now: datetime, rules: LedgerRules) -> Iterator[Discrepancy]:
    for judged in _judgements(ledger, now, rules):
        differs = abs(judged.expected - judged.reported) > rules.count_tolerance
        if differs:
            ledger.flagged.add(judged.identity)
        elif judged.identity not in ledger.flagged:
            continue  # nothing to say, and nothing said before that would need a cure
        else:
            ledger.flagged.remove(judged.identity)
        yield Discrepancy(
            ledger.item, *judged.identity, judged.expected, judged.reported, judged.occurred_at, ledger.version
        )


def _judgements(ledger: ItemLedger, now: datetime, rules: LedgerRules) -> Iterator[Judged]:
    dirty = ledger.dirty
    for place, key in sorted(dirty["count"]):
        yield from _judge_count(ledger, place, key, now)
    posted = dirty["posted"]
    reported = dirty["reported"] | {key for key in ledger.reported if key[:3] in posted}
    for key in sorted(reported):
        yield from _judge_movement(ledger, key, now, rules)
    for key in sorted(dirty["report"]):
        stays = {_identity(one, key) for one in _reports_of(ledger, key)}
        yield from _cured({one for one in ledger.flagged if (one[3], one[5]) == ("not_owner", key)} - stays, now)
    for key, known in ledger.reports.items():
        if key in dirty["report"] or _disturbed(ledger, known.occurred_at):
            for report in _reports_of(ledger, key):
                if report.quantity is not None:  # unknown agrees with any figure
                    expected = _expected(ledger, report, is_exact=known.lot == LEFT_OUT)
                    yield Judged(_identity(report, key), expected, report.quantity, report.occurred_at)


def _reports_of(ledger: ItemLedger, key: str) -> list[Report]:
    """What a report says: of one place, or zero of every place that a complete snapshot leaves out."""
    report = ledger.reports.get(key)
    if report is None or report.lot != LEFT_OUT:
        return [report] if report else []
    lines = (one for one in ledger.reports.values() if one.lot != LEFT_OUT and _same_list(one, report))
    named = {(one.lot, one.disposition) for one in lines}
    places = (place for place in ledger.cells if place[0] == report.location)
    return [
        report._replace(lot=lot, disposition=disposition)
        for _, lot, disposition in places
        if not named & {(lot, disposition), ("", disposition)}
    ]


def _same_list(one: Report, other: Report) -> bool:
    return (one.occurred_at, one.source, one.location) == (other.occurred_at, other.source, other.location)


def _identity(report: Report, key: str) -> Identity:
    return (report.location, report.lot, report.disposition, "not_owner", report.source, key)


def _disturbed(ledger: ItemLedger, at: datetime) -> bool:
    return ledger.disturbed_from is not None and ledger.disturbed_from <= at


def _judge_count(ledger: ItemLedger, place: Place, key: str, now: datetime) -> Iterator[Judged]:
    cell = ledger.cells[place]
    said_before = {one for one in ledger.flagged if one[:3] == place and one[3] != "not_owner" and one[5] == key}
    count = next((count for count in cell.counts if count.key == key), None)
    if count is None:
        yield from _cured(said_before, now)
        return
    identity = (*place, "snapshot" if count.kind == CARRIED else count.kind, count.source, key)
    yield from _cured(said_before - {identity}, now)
    expected = count.quantity if cell.is_opening(count) else count.quantity - count.difference
    yield Judged(identity, expected, count.quantity, count.occurred_at)


def _judge_movement(ledger: ItemLedger, key: ReportKey, now: datetime, rules: LedgerRules) -> Iterator[Judged]:
    kind, location, reference, source = key
    identity = (location, "", "", "not_owner", source, f"{kind}:{reference}")
    reported = ledger.reported.get(key)
    if reported is None or reported.newest_at + rules.settle > now:
        yield from _cured({identity} & ledger.flagged, now)
        return
    expected = ledger.posted.get((kind, location, reference), ZERO)
    yield Judged(identity, expected, reported.quantity, reported.newest_at)


def _cured(identities: Iterable[Identity], now: datetime) -> Iterator[Judged]:
    """What was said of reports that are gone, changed, or not settled any more is taken back."""
    for identity in sorted(identities):
        yield Judged(identity, ZERO, ZERO, now)


def _expected(ledger: ItemLedger, report: Report, *, is_exact: bool) -> Decimal:
    """On hand at the place of a report when it was taken; of all lots together where it names none."""
    location, lot, disposition, at = report.location, report.lot, report.disposition, report.occurred_at
    if lot or is_exact:
        places = [(location, lot, disposition)]
    else:
        places = [place for place in ledger.cells if (place[0], place[2]) == (location, disposition)]
    return sum((ledger.cells[place].quantity_as_of(at) for place in places if place in ledger.cells), ZERO)


def _alerts(ledger: ItemLedger, for_sale: frozenset[str], late_at: Mapping[str, Decimal]) -> Iterator[Alert]:
    claimed = sum(ledger.soft_claims.values(), ZERO) + sum(ledger.hard_claims.values(), ZERO)
    standing = {("late_confirmation", location): quantity for location, quantity in late_at.items()}
    sellable = ZERO
    for place, cell in ledger.cells.items():
        if place[2] in for_sale:
            sellable += cell.quantity
        if cell.quantity < 0:
            standing["negative_on_hand", "/".join(place)] = cell.quantity
        if cell.unknowns and cell.unknown():
            standing["unknown_quantity", "/".join(place)] = ONE
    if claimed > sellable:
        standing["oversell", ""] = claimed - sellable
    for which in sorted(standing.keys() | ledger.alerts.keys()):
        quantity = standing.get(which, ZERO)
        if quantity != ledger.alerts.get(which, ZERO):
            yield _alert(ledger, *which, quantity)
            ledger.alerts[which] = quantity


def _alert(ledger: ItemLedger, kind: str, location: str, quantity: Decimal) -> Alert:
    words = {
        "oversell": f"{quantity} of {ledger.item} are sold that are not there: find stock or tell the buyers",
        "late_confirmation": f"{location} has not confirmed {quantity} of {ledger.item} in time: ask if they left",
        "unknown_quantity": f"its source does not say how much of {ledger.item} is in {location}: ask it",
        "negative_on_hand": f"{ledger.item} is at {quantity} in {location}: a receipt is missing or a shipment wrong",
    }
    message = words[kind] if quantity else f"{kind} of {ledger.item} is cured"
    by, correlation_id = (ledger.last.transaction_key, ledger.last.correlation_id) if ledger.last else ("", "")
    return Alert(kind, ledger.item, location, message, quantity, by, correlation_id, ledger.version)
