"""What is checked of books and decisions can fail."""

from decimal import Decimal

import pytest

from schemas.records import Decision
from tests.books import check_decisions, imbalances
from tests.builders import hour, ordered, receipt, requested
from tests.verdicts import judged

ASKED = [
    requested(2, at=1, key="a"),
    requested(2, at=1, key="a", received_at=5),
    requested(1, at=2, key="b", item="KIT", parts=[("BOLT", 4)]),
    ordered(7, at=3),
]


def decided(key: str, asked: int, granted: int, item: str = "BOLT", outcome: str = "") -> Decision:
    outcome = outcome or ("granted" if granted else "refused")
    quantities = (Decimal(asked), Decimal(granted))
    return Decision(key, item, "SO-1", "web", outcome, *quantities, "", f"c-{key}", hour(4))


KIT_ANSWER = decided("b", 1, 1, item="KIT")
NOT_ASKED, NONE = "was not requested", "has 0 decisions"


@pytest.mark.parametrize(
    ("story", "decisions", "faults"),
    [
        ("granted and refused", [decided("a", 2, 0), KIT_ANSWER], []),
        ("one is missing", [KIT_ANSWER], [NONE]),
        ("one was given twice", [decided("a", 2, 2), decided("a", 2, 0), KIT_ANSWER], ["has 2 decisions"]),
        ("nobody asked", [decided("a", 2, 2), KIT_ANSWER, decided("x", 2, 2)], [NOT_ASKED]),
        ("half is granted", [decided("a", 2, 1), KIT_ANSWER], ["is no answer"]),
        ("granted, but nothing", [decided("a", 2, 0, outcome="granted"), KIT_ANSWER], ["is no answer"]),
        ("another quantity is answered", [decided("a", 3, 3), KIT_ANSWER], ["is no answer"]),
        (
            "a kit is answered by part",
            [decided("a", 2, 2), decided("b", 4, 4)],
            [NOT_ASKED, NONE],
        ),
    ],
)
def test_decisions_are_checked(story: str, decisions: list[Decision], faults: list[str]) -> None:
    problems = check_decisions(ASKED, decisions)
    assert len(problems) == len(faults)
    assert all(any(fault in problem for problem in problems) for fault in faults)


def test_a_quantity_from_nowhere_is_an_imbalance() -> None:
    books = judged([receipt(5, at=1)])
    assert imbalances(books) == {}
    books.accounts["BOLT"]["supplier"] += 1
    assert imbalances(books) == {"BOLT": 1}
