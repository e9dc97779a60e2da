"""Outcome rules: what became of the events of a group in, counts and dead letters out."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.encoding import to_json
from schemas.records import KeyTaken, OutcomeCount, Preemption, Rejection, StockEvent
from transforms.ledger.item_ledger import moved_items
from transforms.ledger.ledger_rules import Result
from transforms.rejections import Why, of_event


class Tally(NamedTuple):
    """What a group has led to so far."""

    records: list[Any]
    outcomes: Counter[tuple[str, str, str]]  # source, outcome, reason
    touched: set[str]
    compared: set[str]  # items of which others than the owner reported something: no figure changes by that

    def lose(self, loser: StockEvent, result: Result) -> None:
        """Count an event that was put out of the books as what it became."""
        self.outcomes[loser.source, result.loser_outcome, ""] -= 1
        self.outcomes[loser.source, "dead_letter", result.loser_reason] += 1
        self.touched.update(moved_items(loser))
        self.records.append(rejection_of_event(loser, result.loser_reason, result.explanation))

    def counts(self) -> list[OutcomeCount]:
        """How many events ended how; what was put out is taken off what it had been counted as."""
        found = self.outcomes.items()
        return [OutcomeCount(source, "event", ended, why, total) for (source, ended, why), total in found if total]


def taken_back(request: StockEvent, taken: KeyTaken, granted: Decimal, now: datetime) -> Preemption:
    """What a request was granted before it was known that another item had its key first."""
    return Preemption(
        transaction_key=request.transaction_key,
        item=request.item,
        order_reference=request.order_reference,
        channel=request.channel,
        preempted_quantity=granted,
        by_transaction_key=taken.transaction_key,
        by_item=taken.first_item,
        by_order_reference="",
        by_channel="",
        correlation_id=request.correlation_id,
        preempted_at=now,
    )


def rejection_of_event(event: StockEvent, reason: str, message: str) -> Rejection:
    """An event that the ledger refuses, as a dead letter whose payload is the event itself."""
    return of_event(event, Why("ledger", reason, message), "stock_event", to_json(event).encode())
