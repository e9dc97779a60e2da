"""Which facts partners are told, and under which key."""

from decimal import Decimal
from typing import get_args

import pytest

from schemas.encoding import pack
from schemas.partner_spec import PostingType
from schemas.records import PartnerPosting, StockEvent
from tests.builders import adjustment, allocated, count, hour, ordered, receipt, shipment, transfer_shipped
from tests.ledgers import a_shard
from transforms.ledger.posting_rules import TYPES, postings_of
from transforms.ledger.shard_rules import Shard


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ordered(3, at=1, channel="web"), [("sales_order", "", "3"), ("order_acknowledgement", "", "3")]),
        (receipt(5, at=1), [("receipt", "EAST", "5")]),
        (adjustment(-2, at=1), [("adjustment", "EAST", "-2")]),
        (allocated(2, at=1), [("shipment_order", "EAST", "2")]),
        (transfer_shipped(4, at=1, to_location="WEST"), [("transfer_notice", "WEST", "4")]),
        (shipment(1, at=1), []),
        (count(1, at=1), []),
    ],
)
def test_an_event_is_told_as(event: StockEvent, expected: list[tuple[str, str, str]]) -> None:
    assert [(one.posting_type, one.location, str(one.quantity)) for one in postings_of(event)] == expected
    assert {one.transaction_key for one in postings_of(event)} <= {event.transaction_key}


def test_every_type_of_posting_that_partners_may_ask_for_is_made() -> None:
    assert {one for types in TYPES.values() for one in types} == set(get_args(PostingType))


def postings(shard: Shard, *events: StockEvent) -> list[tuple[str, Decimal]]:
    records = shard.fold([pack(event) for event in events], hour(10)).records
    return [(one.transaction_key, one.quantity) for one in records if isinstance(one, PartnerPosting)]


def test_the_ledger_tells_what_it_posted_once_and_only_when_asked() -> None:
    first, again, other = receipt(5, at=1, key="a"), receipt(5, at=1, key="a"), receipt(7, at=2, key="a")
    asked = a_shard()
    asked.tells_postings = True
    assert postings(asked, first, again) == [("a", Decimal(5))]
    assert postings(asked, again, other) == []
    assert postings(a_shard(), first) == []
