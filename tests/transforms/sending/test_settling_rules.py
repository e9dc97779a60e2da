"""What an answer means for each message of its call; the rest is in test_outbox_rules."""

from decimal import Decimal

import pytest

from tests.partners import START, applied, figure, terms
from transforms.sending.outbox_rules import Outbox
from transforms.sending.outbox_state import Answer


def settled(answer: Answer, **changes: object) -> Outbox:
    """An outbox after one call with two messages was answered."""
    box = Outbox("web", terms(batch_size_max=2, **changes))
    box.offer([figure("A", 1, 1), figure("B", 2, 1)], START)
    box.next_call(START)
    box.answered(answer, START + 1)
    return box


@pytest.mark.parametrize(
    ("story", "answer", "expected"),
    [
        ("all applied", Answer("done"), ("applied", "applied")),
        ("a 207 with one failure inside", Answer("done", results={"B": ("refused", "no")}), ("applied", "failed")),
        ("one is worth trying again", Answer("done", results={"B": ("retry", "busy")}), ("applied", "waiting")),
        ("accepted is not applied", Answer("done", otherwise="accepted"), ("accepted", "accepted")),
        ("results come later", Answer("done", otherwise="accepted", receipt="F"), ("accepted", "accepted")),
        ("throttled", Answer("throttled"), ("waiting", "waiting")),
        ("broken", Answer("failed"), ("waiting", "waiting")),
        ("down", Answer("down"), ("waiting", "waiting")),
        ("timed out", Answer("unknown"), ("waiting", "waiting")),
        ("refused as a whole", Answer("refused"), ("waiting", "waiting")),
    ],
)
def test_after_an_answer(story: str, answer: Answer, expected: tuple[str, str]) -> None:
    assert tuple(status for status, _ in applied(settled(answer)).values()) == expected


@pytest.mark.parametrize(("outcome", "failures"), [("done", 0), ("throttled", 0), ("down", 1), ("unknown", 1)])
def test_which_answers_count_against_the_partner(outcome: str, failures: int) -> None:
    assert settled(Answer(outcome)).failures == failures


def test_a_figure_whose_call_timed_out_is_read_back_once_it_applied() -> None:
    box = settled(Answer("unknown"))
    now = box.due_at() or 0
    box.next_call(now)
    box.answered(Answer("done"), now)
    assert box.verify_at == {"A": now + 60, "B": now + 60}


def test_a_figure_that_the_partner_has_no_longer_is_told_of_and_not_sent_for_ever() -> None:
    box = settled(Answer("done"), verify_seconds=100)
    read = box.next_call(START + 101)
    assert read is not None
    box.answered(Answer("done", figures={"A": None}), START + 101)
    assert box.entries["A"].message == "the partner has no figure of A"
    assert (box.is_settled, box.verify_at["A"]) == (True, START + 201)


def test_what_the_partner_is_known_to_have_goes_with_the_next_call() -> None:
    box = settled(Answer("done"))
    box.offer([figure("A", 5, 2)], START + 2)
    call = box.next_call(START + 2)
    assert call is not None
    assert call.known == (Decimal(1),)
