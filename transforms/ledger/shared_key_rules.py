"""Shared key rules: one key used for a kit and for its part, until the registry of keys takes one of them out again.

Both report on the part's books under that key. Taking one out must leave what the other says.
"""

from collections.abc import Iterator

from schemas.records import COUNT_KINDS, StockEvent
from transforms.ledger.item_ledger import Books, as_event


def counts_beside(books: Books, key: str) -> Iterator[StockEvent]:
    """The compared counts of other items that stand in the books under a key."""
    for ledger in books.values():
        if key in ledger.compared:
            event = as_event(ledger.entries[key])
            if event.kind in COUNT_KINDS:
                yield event
