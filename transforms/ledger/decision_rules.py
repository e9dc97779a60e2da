"""Decision rules: a reservation request in, the one answer to it out, and the holds that give way to it.

A request is decided as of its receipt, by what the books say then. What was decided once stays: a journal that is read
again brings the answers with it, even if the policy is another by now.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import Decision, Preemption, StockEvent
from transforms.ledger.bill_rules import billed, billed_at
from transforms.ledger.changed_rows import settle_claims
from transforms.ledger.hold_rules import Hold, give_way, hold_on, holds_below, make_way
from transforms.ledger.item_ledger import Books, moved_items
from transforms.ledger.offer_rows import stock_in
from transforms.ledger.position_rules import ZERO
from transforms.offers.offer_rules import granted, kit_places, rules_at

RequestKey = tuple[str, str]  # item and transaction key


class Decided(NamedTuple):
    """What was decided when a group of events was folded for the first time."""

    granted: Mapping[RequestKey, Decimal]
    preempted: Mapping[RequestKey, tuple[str, ...]]  # the orders whose holds gave way to that request


NOT_YET = Decided({}, {})


class Decider:
    """Answers requests by one policy; notes which holds had to give way."""

    def __init__(self, master: MasterData, policy: Policy) -> None:
        self.master = master
        self.policy = policy
        self.begin(NOT_YET)

    def begin(self, given: Decided) -> None:
        """Begin a group of events, with what was decided when it was folded for the first time."""
        self.given = given
        self.preemptions: list[Preemption] = []
        self.touched: set[str] = set()  # the items whose holds gave way

    def decide(self, books: Books, event: StockEvent) -> Decimal:
        """What a request is granted, as the books stand when it was received; a decision once given stays."""
        at = event.received_at
        for item in moved_items(event) & books.keys():
            settle_claims(books[item], at)
        key = (event.item, event.transaction_key)
        given = self.given.granted.get(key)
        if given is not None:
            for reference in self.given.preempted.get(key, ()):
                hold = hold_on(books, moved_items(event), reference, at)
                if hold is not None:
                    give_way(books, hold, at)
                    self._note(books, [hold], event)
            return given
        quantity = self._granted(books, event)
        policy = self.policy.at(at)
        if quantity or not policy.priority_classes or event.channel not in policy.channels:
            return quantity
        return self._in_the_place_of_others(books, event)

    def place(self, books: Books, event: StockEvent, quantity: Decimal) -> None:
        """Settle from where a kit that has just been granted is to ship, so that its components stay together there."""
        if not quantity or event.item not in self.master.boms:
            return
        policy, ledger = self.policy.at(event.received_at), books[event.item]
        channel = policy.channels.get(event.channel)
        event = billed(ledger, event, self.master.boms)
        if not event.components or channel is None or len(channel.locations) == 1:
            return
        key = (event.item, event.transaction_key)
        items = sorted(moved_items(event) - {event.item})
        grants = {item: books[item].claims[event.order_reference].grants[key] for item in items}
        rules = rules_at(self.policy, self.master.lots, event.received_at)
        # the stock as of the decision: what has just been granted is not carried into the open claims yet
        master = self.master.at(event.received_at)
        places = kit_places(event, quantity, partial(stock_in, books), master, rules, billed_at(ledger, event))
        for item, grant in grants.items():
            books[item].claims[event.order_reference].grants[key] = grant._replace(places=tuple(places.items()))

    def _granted(self, books: Books, event: StockEvent) -> Decimal:
        rules = rules_at(self.policy, self.master.lots, event.received_at)
        at = billed_at(books[event.item], event) if event.item in books else event.occurred_at
        return granted(event, partial(stock_in, books), self.master.at(event.received_at), rules, at)

    def _in_the_place_of_others(self, books: Books, event: StockEvent) -> Decimal:
        rank_of = self.policy.at(event.received_at).rank_of
        rank = rank_of[event.channel]
        holds = holds_below(books, moved_items(event), rank, rank_of, event.received_at)
        others = (hold for hold in holds if hold.order_reference != event.order_reference)
        out = make_way(books, others, event.received_at, lambda: self._granted(books, event) >= event.quantity)
        self._note(books, out, event)
        return event.quantity if out else ZERO

    def _note(self, books: Books, holds: Iterable[Hold], event: StockEvent) -> None:
        for hold in holds:
            whole = {key: grant.granted for grants in hold.grants.values() for key, grant in grants.items()}
            self.preemptions += [_preemption(hold, key, quantity, event) for key, quantity in sorted(whole.items())]
            for item in hold.grants.keys() - self.touched:
                books[item].version += 1
            self.touched |= hold.grants.keys()


def _preemption(hold: Hold, key: RequestKey, quantity: Decimal, event: StockEvent) -> Preemption:
    item, transaction_key = key
    return Preemption(
        transaction_key=transaction_key,
        item=item,
        order_reference=hold.order_reference,
        channel=hold.channel,
        preempted_quantity=quantity,
        by_transaction_key=event.transaction_key,
        by_item=event.item,
        by_order_reference=event.order_reference,
        by_channel=event.channel,
        correlation_id=event.correlation_id,
        preempted_at=event.received_at,
    )


def decision_on(event: StockEvent, quantity: Decimal) -> Decision:
    """The answer to a request as a record."""
    is_whole = quantity == event.quantity
    return Decision(
        transaction_key=event.transaction_key,
        item=event.item,
        order_reference=event.order_reference,
        channel=event.channel,
        outcome="granted" if is_whole else "partly_granted" if quantity else "refused",
        requested_quantity=event.quantity,
        granted_quantity=quantity,
        reason="" if is_whole else "not_enough_available",
        correlation_id=event.correlation_id,
        decided_at=event.received_at,
    )
