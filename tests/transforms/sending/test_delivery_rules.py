"""Which messages wait, and from when."""

from decimal import Decimal

from tests.partners import START, figure, terms
from transforms.sending.outbox_rules import Outbox
from transforms.sending.outbox_state import Answer, Outgoing


def fact(key: str, version: int = 1) -> Outgoing:
    return Outgoing(key, version, "receipt", "MUG", Decimal(3), "c-1", {"transaction_key": key})


def test_a_fact_is_told_once_whatever_comes_under_its_key_later() -> None:
    box = Outbox("erp", terms(coalesce_seconds=60))
    box.offer([fact("GR-1"), fact("GR-1", 2)], START)
    call = box.next_call(START)  # facts are not held back
    assert call is not None
    assert (call.idempotency_key, len(call.messages)) == ("GR-1", 1)
    box.answered(Answer("done"), START)
    box.offer([fact("GR-1", 3)], START + 1)
    assert (box.next_call(START + 1), box.is_settled) == (None, True)


def test_a_newer_figure_does_not_cut_short_the_pause_of_one_that_fails() -> None:
    box = Outbox("web", terms(pause_seconds=50))
    box.offer([figure("A", 3, 1)], START)
    box.next_call(START)
    box.answered(Answer("failed", "status 500"), START)
    pause = box.due_at()
    assert pause is not None
    assert pause > START + 20
    box.offer([figure("A", 4, 2)], START + 1)
    assert box.due_at() == pause
    box.offer([figure("A", 0, 3)], START + 2)
    assert box.due_at() == START + 2  # a zero tries at once


def test_what_waits_after_a_restart_waits_as_before() -> None:
    box = Outbox("web", terms(coalesce_seconds=5, verify_seconds=100, batch_size_max=5))
    box.offer([figure("A", 3, 1), figure("B", 0, 1)], START)
    box.next_call(START)
    box.answered(Answer("done"), START)
    again = Outbox("web", box.terms)
    again.load(box.dump())
    assert (again.due_at(), again.dump()) == (box.due_at(), box.dump())
