from datetime import timedelta

from tests.builders import hour, ordered, receipt, requested
from tests.ledgers import books_after, rules
from transforms.ledger.agenda_rules import FIGURES, Agenda

BY = rules(granted="hold")


def test_a_hold_wakes_its_item_when_it_ends_and_once() -> None:
    books = books_after([receipt(5, at=1), requested(2, at=2, key="hold", expires_at=4)], BY)
    agenda = Agenda()
    agenda.plan(books["BOLT"], {"claim": ["SO-1"]}, BY)
    assert agenda.next_at() == hour(4)
    assert agenda.wake(books, BY, hour(3.9)) == set()
    assert agenda.wake(books, BY, hour(4)) == {"BOLT"}
    assert agenda.next_at() is None
    assert agenda.wake(books, BY, hour(5)) == set()


def test_what_was_put_off_wakes_nobody_at_its_old_time() -> None:
    books = books_after([ordered(2, at=2)], BY)
    agenda, ledger = Agenda(), books["BOLT"]
    for at in (4, 9):
        ledger.figures_until = hour(at)
        agenda.plan(ledger, FIGURES, BY)
    assert agenda.wake(books, BY, hour(8)) == set()
    version = ledger.version
    assert agenda.wake(books, BY, hour(9)) == {"BOLT"}
    assert ledger.version == version + 1


def test_what_is_over_already_is_not_planned() -> None:
    books = books_after([ordered(2, at=2)], BY)
    agenda = Agenda()
    books["BOLT"].figures_until = hour(4)
    agenda.plan(books["BOLT"], FIGURES, BY, hour(4))
    assert agenda.next_at() is None
    agenda.plan(books["BOLT"], FIGURES, BY, hour(4) - timedelta(seconds=1))
    assert agenda.next_at() == hour(4)
