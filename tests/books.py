"""Books: all that a day's events come to, and what must be true of them whatever the events were.

The vocabulary that the oracle and the tests of the ledger share; the figures in it come from elsewhere.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from schemas.records import Decision, StockEvent

Position = tuple[str, str, str, str]  # item, location, lot, disposition
Pair = tuple[str, str]  # item and transaction key, item and order_reference, or outcome and reason
ZERO = Decimal(0)


class Claim(NamedTuple):
    """What one order reference wants of one item."""

    open: Decimal
    allocated_open: Decimal
    shipped: Decimal
    cancelled: Decimal


class ClaimHead(NamedTuple):
    """Who claims, and until when a hold lasts."""

    channel: str
    expires_at: datetime | None


class Inbound(NamedTuple):
    """Supply announced and not yet received."""

    open: Decimal
    expected_at: datetime | None
    location: str


class Dispute(NamedTuple):
    """The key of a discrepancy."""

    item: str
    location: str
    lot: str
    disposition: str
    cause: str
    source: str
    reference: str


class Unknown(NamedTuple):
    """Since when the owner of a position declines to say how much there is, and who said so first."""

    since: datetime
    source: str


class Books(NamedTuple):
    """All that the events come to. A key that is absent means zero, and a zero may be present."""

    positions: dict[Position, Decimal]
    accounts: dict[str, dict[str, Decimal]]  # item -> account -> quantity
    claims: dict[Pair, Claim]  # item, order_reference
    claim_heads: dict[Pair, ClaimHead]
    inbound: dict[Pair, Inbound]  # item, order_reference; those that were ever announced
    discrepancies: dict[Dispute, tuple[Decimal, Decimal]]  # expected, reported
    shortage: dict[str, Decimal]
    outcomes: dict[Pair, int]  # outcome, reason -> events delivered
    unknown: dict[Position, Unknown]
    late: dict[Pair, Decimal]  # item, location: what was allocated there and should have been confirmed as shipped
    planned: dict[Pair, tuple[Decimal, Decimal]]  # item, order_reference: least and most that is kept in one place
    contested: frozenset[Pair]  # (item, key) where only duplicates + conflicts together are certain


def imbalances(books: Books) -> dict[str, Decimal]:
    """The items whose positions and accounts do not sum to zero, with the sum. There are none."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for (item, *_), quantity in books.positions.items():
        sums[item] += quantity
    for item, accounts in books.accounts.items():
        sums[item] += sum(accounts.values())
    return {item: total for item, total in sums.items() if total}


def check_decisions(events: Iterable[StockEvent], decisions: Iterable[Decision]) -> list[str]:
    """What no order of arrival can excuse: a request without exactly one answer, an answer without its request, and
    a quantity that is not what the outcome says. A kit is answered as the kit, never component by component. A request
    whose key another item uses too may go without: it depends on arrival whether that is known before it is decided."""
    events = list(events)
    items_of: dict[str, set[str]] = defaultdict(set)
    for event in events:
        items_of[event.transaction_key].add(event.item)
    asked: dict[Pair, list[StockEvent]] = defaultdict(list)
    for event in events:
        if event.kind == "reservation_requested":
            asked[event.item, event.transaction_key].append(event)
    answers: dict[Pair, list[Decision]] = defaultdict(list)
    for decision in decisions:
        answers[decision.item, decision.transaction_key].append(decision)
    problems = [f"{key} was not requested but decided" for key in answers.keys() - asked.keys()]
    for key, requests in asked.items():
        if len(answers[key]) != 1 and (answers[key] or len(items_of[key[1]]) == 1):
            problems.append(f"{key} has {len(answers[key])} decisions, expected one")
        problems.extend(f"{key}: {answer} is no answer to it" for answer in answers[key] if not _fits(answer, requests))
    return sorted(problems)


def _fits(answer: Decision, requests: list[StockEvent]) -> bool:
    whole = {"granted": answer.requested_quantity, "refused": ZERO}
    part = answer.outcome == "partly_granted" and ZERO < answer.granted_quantity < answer.requested_quantity
    said = (answer.order_reference, answer.channel, answer.requested_quantity)
    return (part or answer.granted_quantity == whole.get(answer.outcome)) and any(
        said == (request.order_reference, request.channel, request.quantity) for request in requests
    )
