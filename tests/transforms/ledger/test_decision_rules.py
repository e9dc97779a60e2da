"""Each request has one answer, and a journal that is read again brings it, whatever the policy says by then."""

from decimal import Decimal

from schemas.encoding import pack
from tests.builders import hour, receipt, requested
from tests.ledgers import MASTER, SHARED, a_shard, contents, fold
from transforms.ledger.decision_rules import Decided, Decider, decision_on
from transforms.ledger.live_shards import Live, restore
from transforms.ledger.shard_rules import Shard

CLASSES = {"web": {**SHARED["web"]}, "b2b": {**SHARED["b2b"], "priority_class": "gold"}}
THERE = receipt(5, at=1)
HELD = requested(5, at=2, key="held", order_reference="A")
VIP = requested(4, at=3, key="vip", order_reference="VIP", channel="b2b")


def with_classes() -> Shard:
    return a_shard(CLASSES, priority_classes=["gold"])


def test_what_was_decided_stays_even_if_no_policy_would_decide_it_now() -> None:
    first = with_classes()
    fold(first, THERE, HELD, now=2.5)
    live = Live(first)
    packed = [pack(VIP)]
    journal = [live.entry(hour(4), packed, first.fold(packed, hour(4)).records)]
    before = with_classes()
    fold(before, THERE, HELD, now=2.5)
    again = restore(lambda _: Shard(MASTER, a_shard().policy, before.books), None, journal).shard
    assert {key: contents(one.claims) for key, one in again.books.items()} == {
        key: contents(one.claims) for key, one in first.books.items()
    }
    assert first.books["BOLT"].claims["A"].preempted


def test_given_answers_are_not_worked_out_again() -> None:
    decider = Decider(MASTER, a_shard().policy)
    decider.begin(Decided({("BOLT", "held"): Decimal(3)}, {}))
    assert decider.decide({}, HELD) == 3
    decider.begin(Decided({}, {}))
    assert decider.decide({}, HELD) == 0


def test_an_answer_says_what_was_asked_and_why_not_all_was_granted() -> None:
    said = [
        (one.outcome, one.granted_quantity, one.reason) for one in (decision_on(HELD, Decimal(n)) for n in (5, 2, 0))
    ]
    little = "not_enough_available"
    assert said == [("granted", 5, ""), ("partly_granted", 2, little), ("refused", 0, little)]
