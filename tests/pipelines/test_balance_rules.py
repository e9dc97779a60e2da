"""Nothing is lost, or the run says how much."""

import pytest

from pipelines.balance_rules import SourceBalance, balances, total, verdict
from schemas.records import OutcomeCount
from tests.transforms.publication.rows import ended


def message(outcome: str, number: int, source: str = "shop", reason: str = "") -> OutcomeCount:
    return ended(number, outcome, reason, "message", source)


def event(outcome: str, number: int, source: str = "shop", reason: str = "") -> OutcomeCount:
    return ended(number, outcome, reason, "event", source)


WHOLE_DAY = [
    message("in", 10),
    message("mapped", 6),
    message("dead_letter", 1, reason="malformed_json"),
    message("dead_letter", 1, reason="unknown_source"),
    message("compared", 2, reason="heartbeats carry no stock"),
    message("events", 9),
    event("posted", 4),
    event("compared", 1),
    event("duplicate", 2),
    event("parked", 1, reason="unknown_item"),
    event("dead_letter", 1, reason="missing_field"),
]


def test_a_day_in_which_everything_ended_once_is_balanced() -> None:
    events = {"posted": 4, "compared": 1, "duplicate": 2, "parked": 1, "dead_letter": 1}
    assert balances(WHOLE_DAY) == [SourceBalance("shop", 10, 6, {"compared": 2, "dead_letter": 2}, 9, events)]
    assert verdict(balances(WHOLE_DAY)) == (
        "balanced: 10 messages in = 6 that made events + 2 ended whole as compared + 2 ended whole as dead letter; "
        "9 events made = 9 ended; 0 missing"
    )


@pytest.mark.parametrize(
    ("story", "more", "line"),
    [
        ("a message is lost", [message("in", 1)], "NOT BALANCED: shop: 1 messages missing"),
        ("an event is lost", [message("events", 2)], "NOT BALANCED: shop: 2 events missing"),
        ("an event ends twice", [event("posted", 1)], "NOT BALANCED: shop: 1 events too many"),
        (
            "what two sources get wrong does not cancel out",
            [message("in", 1), message("mapped", 1, "erp-db"), event("posted", 3, "erp-db")],
            "NOT BALANCED: erp-db: 1 messages too many, 3 events too many; shop: 1 messages missing",
        ),
        (
            "a message and its events",
            [message("in", 1200), message("events", 3)],
            "NOT BALANCED: shop: 1,200 messages missing, 3 events missing",
        ),
    ],
)
def test_what_is_lost_or_doubled_is_said_with_its_source(story: str, more: list[OutcomeCount], line: str) -> None:
    assert verdict(balances([*WHOLE_DAY, *more])) == line


def test_sources_are_added_up() -> None:
    both = balances(
        [*WHOLE_DAY, message("in", 5, "erp-db"), message("mapped", 5, "erp-db"), event("posted", 1, "erp-db")]
    )
    assert [part.source for part in both] == ["erp-db", "shop"]
    assert total(both) == SourceBalance(
        "all",
        15,
        11,
        {"compared": 2, "dead_letter": 2},
        9,
        {"posted": 5, "compared": 1, "duplicate": 2, "parked": 1, "dead_letter": 1},
    )


def test_a_run_without_messages_is_balanced() -> None:
    assert verdict(balances([])) == "balanced: 0 messages in = 0 that made events; 0 events made = 0 ended; 0 missing"


@pytest.mark.parametrize("stranger", [message("posted_twice", 1), event("in", 1), ended(1, "posted", level="line")])
def test_a_count_that_no_stage_emits_is_an_error_not_ignored(stranger: OutcomeCount) -> None:
    with pytest.raises(ValueError, match="no stage counts"):
        balances([stranger])
