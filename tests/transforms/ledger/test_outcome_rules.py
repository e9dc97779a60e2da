"""What was put out of the books is counted as what it became, and what a request has no longer is told."""

from collections import Counter
from decimal import Decimal

from schemas.records import KeyTaken, OutcomeCount, Preemption
from tests.builders import hour, receipt, requested
from transforms.ledger.ledger_rules import Result
from transforms.ledger.outcome_rules import Tally, rejection_of_event, taken_back


def test_a_loser_is_counted_as_what_it_became() -> None:
    tally, loser = Tally([], Counter(), set(), set()), receipt(5, at=1, key="k")
    tally.outcomes["wms", "posted", ""] += 3
    tally.lose(loser, Result("", "", "why", loser, "posted", "conflicting_duplicate"))
    assert tally.counts() == [
        OutcomeCount("wms", "event", "posted", "", 2),
        OutcomeCount("wms", "event", "dead_letter", "conflicting_duplicate", 1),
    ]
    assert tally.touched == {"BOLT"}
    assert tally.records == [rejection_of_event(loser, "conflicting_duplicate", "why")]


def test_counts_that_come_to_nothing_are_not_told() -> None:
    tally, loser = Tally([], Counter(), set(), set()), receipt(5, at=1, key="k")
    tally.outcomes["wms", "posted", ""] += 1
    tally.lose(loser, Result("", "", "why", loser, "posted", "conflicting_duplicate"))
    assert tally.counts() == [OutcomeCount("wms", "event", "dead_letter", "conflicting_duplicate", 1)]


def test_what_a_request_has_no_longer_names_the_item_that_had_its_key_first() -> None:
    request = requested(4, at=2, key="k")
    taken = KeyTaken("BOLT", "k", hour(1), "m", 0, "NUT")
    assert taken_back(request, taken, Decimal(3), hour(5)) == Preemption(
        *("k", "BOLT", "SO-1", "web", Decimal(3), "k", "NUT", "", "", "c-k", hour(5))
    )
