"""State is plain values that come back as they were; of another layout it is refused."""

from decimal import Decimal

import pytest

from schemas.encoding import pack, unpack
from tests.partners import START, figure
from transforms.sending.outbox_state import Answer, Entry, Outgoing, dump_entries, load_entries, packed, unpacked


def test_an_entry_comes_back_as_it_was() -> None:
    entry = Entry(figure("A", 0, 7), START)
    entry.newer, entry.known, entry.receipt, entry.message = figure("A", 3, 8), Decimal("1.50"), "feed", "status 500"
    (again,) = load_entries(unpack(pack(dump_entries([entry]))))
    assert [getattr(again, name) for name in Entry.__slots__] == [getattr(entry, name) for name in Entry.__slots__]


def test_an_answer_and_a_message_come_back_as_they_were() -> None:
    answer = Answer("done", "words", 1.5, {"A": ("retry", "busy")}, "accepted", "feed", {"A": Decimal(3), "B": None})
    assert Answer.from_row(unpack(pack(answer))) == answer
    assert Outgoing.from_row(unpack(pack(figure("A", 3, 1)))) == figure("A", 3, 1)


def test_only_a_figure_of_zero_is_urgent() -> None:
    fact = figure("A", 0, 1)._replace(kind="adjustment")
    assert [figure("A", 0, 1).is_urgent, figure("A", 1, 1).is_urgent, fact.is_urgent] == [True, False, False]


def test_state_of_another_layout_is_refused() -> None:
    assert unpacked(packed([1, 2])) == [1, 2]
    with pytest.raises(ValueError, match="layout 99, expected 1"):
        unpacked(pack([99, 1]))
