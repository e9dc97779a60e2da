from decimal import Decimal
from itertools import permutations

import pytest

from schemas.records import Alert, PositionRow, StockEvent
from tests.builders import count, hour, receipt, shipment, snapshot, unknown
from tests.ledgers import a_shard, books_after, cell, fold
from tests.verdicts import WMS_OWNS
from transforms.ledger.unknown_rules import Unknown, note, standing, without_old


@pytest.mark.parametrize(
    ("story", "events", "on_hand", "since"),
    [
        ("a figure is a figure", [count(10, at=8)], 10, None),
        ("null is neither zero nor ten", [count(10, at=8), unknown(0, at=12)], 10, 12),
        ("said again it puts nothing off", [count(10, at=8), unknown(0, at=12), unknown(0, at=13)], 10, 12),
        ("movements end nothing", [count(10, at=8), unknown(0, at=12), shipment(2, at=13)], 8, 12),
        ("the next figure ends it", [unknown(0, at=12), count(7, at=14)], 7, None),
        ("a figure from before does not", [unknown(0, at=12), count(7, at=11)], 7, 12),
        ("unknown, known, unknown", [unknown(0, at=9), count(7, at=11), unknown(0, at=12)], 7, 12),
        ("at one time the receipt decides", [count(7, at=12), unknown(0, at=12, received_at=12.5)], 7, 12),
        ("and the other way about", [count(7, at=12, received_at=12.5), unknown(0, at=12)], 7, None),
        ("or the source's own sequence", [count(7, at=12, sequence=2), unknown(0, at=12, sequence=1)], 7, None),
        ("nobody ever knew", [unknown(0, at=12)], 0, 12),
        ("a list may say it too", [snapshot(10, at=8), unknown(0, at=9), snapshot(6, at=10)], 6, None),
    ],
)
def test_whether_it_is_known_how_much_there_is(
    story: str, events: list[StockEvent], on_hand: int, since: float | None
) -> None:
    """In any order of arrival."""
    for order in permutations(events):
        found = cell(books_after(order))
        one = found.unknown()
        assert (found.quantity, one and one.occurred_at) == (on_hand, since and hour(since)), story


def test_an_owner_that_took_its_word_back_is_not_asked_again() -> None:
    """The same key with another content: the one that was received first stays."""
    late, first = unknown(0, at=12, key="k"), count(7, at=12, key="k", received_at=12)
    assert cell(books_after([late, first])).unknown() is None
    assert cell(books_after([first, late])).unknown() is None


def test_somebody_else_who_does_not_know_says_nothing_about_the_position() -> None:
    seen = fold(a_shard(owners=WMS_OWNS), count(10, at=8), unknown(0, at=9, source="erp"))
    row = seen.rows[PositionRow]["BOLT", "EAST", "", "sellable"]
    assert (row.on_hand_quantity, row.unknown_since) == (10, None)
    assert seen.outcomes == {("posted", ""): 1, ("compared", ""): 1}
    assert seen.discrepancies() == {}


def test_a_person_is_told_once_and_told_when_it_is_over() -> None:
    shard = a_shard()

    def told(*events: StockEvent, now: float) -> list[Decimal]:
        rows = [one for one in fold(shard, *events, now=now).rows[Alert].values() if one.kind == "unknown_quantity"]
        return [one.quantity for one in rows]

    assert told(count(10, at=8), unknown(0, at=9), now=10) == [1]
    assert told(unknown(0, at=10), receipt(1, at=10), now=11) == []
    assert told(count(3, at=12), now=13) == [0]


def test_of_old_words_only_the_one_that_still_stands_is_kept() -> None:
    words: list[Unknown] = []
    for at in (3, 1, 2, 9):
        note(words, unknown(0, at=at), 1)
    one, _two, three, nine = words
    assert [word.occurred_at for word in words] == [hour(1), hour(2), hour(3), hour(9)]
    assert without_old(words, None, hour(5)) == [one, nine]
    assert without_old(words, (hour(2.5), -1, hour(2.5), ""), hour(5)) == [three, nine]
    assert without_old(words, (hour(4), -1, hour(4), ""), hour(5)) == [nine]
    assert standing(words, (hour(9.5), -1, hour(9.5), "")) is None


def test_what_is_not_known_is_not_forgotten_with_its_history() -> None:
    shard = a_shard()
    fold(shard, count(10, at=1), unknown(0, at=2), now=3)
    fold(shard, receipt(1, at=24 * 40), now=24 * 40)
    shard.forget()
    found = cell(shard.books)
    assert found.counts == []
    assert found.unknown() is not None
