"""A kit and its part that are counted under one key: taking one out leaves what the other says, and breaks nothing."""

from decimal import Decimal

from schemas.encoding import pack
from schemas.records import StockEvent
from tests.builders import an_event
from transforms.ledger import effects
from transforms.ledger.item_ledger import Books, books_of
from transforms.ledger.shared_key_rules import counts_beside

OWN = an_event("count", 8, 10, "K", item="BOLT")
OF_KIT = an_event("count", 3, 10, "K", item="SET", parts=(("BOLT", 6),))


def compared(*events: StockEvent) -> Books:
    books: Books = {}
    for event in events:
        ledger = books_of(books, event.item)
        ledger.entries["K"] = pack(event)
        ledger.compared.add("K")
        effects.compare(books, event, 1)
    return books


def taken_out(books: Books, event: StockEvent) -> dict[str, Decimal | None]:
    ledger = books[event.item]
    del ledger.entries["K"]
    ledger.compared.remove("K")
    effects.compare(books, event, -1)
    return {key: report.quantity for key, report in books["BOLT"].reports.items()}


def test_the_part_says_again_what_the_kit_had_overwritten() -> None:
    assert taken_out(compared(OWN, OF_KIT), OF_KIT) == {"K": 8}


def test_the_kit_says_again_what_its_part_had_overwritten() -> None:
    assert taken_out(compared(OF_KIT, OWN), OWN) == {"K": 6}


def test_nothing_is_left_when_both_are_out() -> None:
    books = compared(OWN, OF_KIT)
    taken_out(books, OWN)
    assert taken_out(books, OF_KIT) == {}
    assert list(counts_beside(books, "K")) == []
