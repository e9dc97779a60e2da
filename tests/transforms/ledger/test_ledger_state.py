"""Books that went into state come out as they were: nothing that a later event could need is missing."""

import pytest

from schemas.encoding import pack
from tests.agreement import clock, shard_of
from tests.days import Day, make_day, perturb
from tests.full_lists import noticed, packed
from tests.ledgers import contents
from transforms.ledger.item_ledger import ItemLedger
from transforms.ledger.ledger_state import LAYOUT, StateError, dump_books, load_books
from transforms.ledger.shard_rules import Shard

EMPTY_BETWEEN_FOLDS = {"dirty": {}, "unsettled": set(), "disturbed_from": None}


def fold_all(day: Day) -> Shard:
    shard = shard_of(day)
    shard.fold([pack(event) for event in day.events], day.now)
    return shard


def test_books_come_back_as_they_were() -> None:
    filled: set[str] = set()
    for seed in range(60):
        day = make_day(seed, events=60)
        bundles = noticed(perturb(day, seed), seed)
        shard = shard_of(day)
        for now, bundle in zip(clock(day, len(bundles), seed), bundles, strict=True):
            shard.fold([packed(one) for one in bundle], now)
        before, after = contents(shard.books), contents(load_books(dump_books(shard.books)))
        assert after == before, f"day {seed}"
        filled |= {name for ledger in before.values() for name, value in ledger.items() if value}
        shard.forget()
        assert contents(load_books(dump_books(shard.books))) == contents(shard.books), f"day {seed}"
    assert set(ItemLedger.__slots__) - filled == set(EMPTY_BETWEEN_FOLDS), "slots that no day ever filled"


def test_nothing_waits_for_publication_after_a_fold() -> None:
    for ledger in fold_all(make_day(1)).books.values():
        assert {name: getattr(ledger, name) for name in EMPTY_BETWEEN_FOLDS} == EMPTY_BETWEEN_FOLDS


def test_empty_books_are_books() -> None:
    assert load_books(dump_books({})) == {}
    assert contents(load_books(dump_books({"BOLT": ItemLedger("BOLT")}))) == contents({"BOLT": ItemLedger("BOLT")})


def test_what_is_read_back_goes_on_like_the_original() -> None:
    """Lists, sets and records again, not the tuples that msgpack gives."""
    day = make_day(3)
    books = fold_all(day).books
    for original, copy in zip(books.values(), load_books(dump_books(books)).values(), strict=True):
        for name in ItemLedger.__slots__:
            assert type(getattr(copy, name)) is type(getattr(original, name)), name


def test_a_layout_of_another_version_is_refused() -> None:
    with pytest.raises(StateError, match=rf"state has layout 1, expected {LAYOUT}: hand it over with the version"):
        load_books(pack([1, []]))
