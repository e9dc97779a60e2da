"""The books of an item: every quantity has a counter-account, and whoever moved it last is known."""

from decimal import Decimal

import pytest

from schemas.records import StockEvent
from tests.builders import (
    adjustment,
    count,
    disposition_changed,
    hour,
    receipt,
    return_received,
    shipment,
    transfer_received,
    transfer_shipped,
)
from tests.ledgers import HERE, books_after
from transforms.ledger.item_ledger import ConservationError, ItemLedger, balances, check_conservation
from transforms.ledger.position_rules import Move
from transforms.offers.update_rules import LastEvent, StockState


@pytest.mark.parametrize(
    ("story", "events", "expected"),
    [
        ("goods arrive", [receipt(9, at=1)], {"EAST//sellable": 9, "supplier": -9}),
        ("goods leave", [shipment(2, at=1)], {"EAST//sellable": -2, "customer": 2}),
        ("something is found", [adjustment(3, at=1)], {"EAST//sellable": 3, "count_difference": -3}),
        ("something is lost", [adjustment(-3, at=1)], {"EAST//sellable": -3, "count_difference": 3}),
        ("a count differs", [receipt(9, at=1), count(7, at=2)], {"EAST//sellable": 7, "supplier": -9, "counts": 2}),
        (
            "on the way",
            [receipt(9, at=1), transfer_shipped(4, at=2)],
            {"EAST//sellable": 5, "in_transit": 4, "supplier": -9},
        ),
        (
            "arrived",
            [transfer_shipped(4, at=2), transfer_received(4, at=3, location="WEST")],
            {"EAST//sellable": -4, "WEST//sellable": 4},
        ),
        (
            "put on hold",
            [disposition_changed(2, at=1, to_disposition="quarantine")],
            {"EAST//sellable": -2, "EAST//quarantine": 2},
        ),
        ("brought back", [return_received(1, at=1)], {"EAST//returns_hold": 1, "customer": -1}),
    ],
)
def test_each_movement_has_its_counter_account(story: str, events: list[StockEvent], expected: dict[str, int]) -> None:
    books = books_after(events)
    found = {name.removeprefix("count_difference:"): quantity for name, quantity in balances(books["BOLT"])}
    assert {name: quantity for name, quantity in found.items() if quantity} == expected
    check_conservation(books)


def test_a_quantity_from_nowhere_is_a_fault_and_says_where() -> None:
    books = books_after([receipt(9, at=1)])
    books["BOLT"].cell(HERE).add_move(Move(hour(2), Decimal(1), "wms", None))
    with pytest.raises(ConservationError, match=r"accounts of BOLT do not sum to zero.*supplier"):
        check_conservation(books)


def test_what_is_asked_for_first_comes_into_being() -> None:
    ledger = ItemLedger("BOLT")
    assert ledger.cell(HERE) is ledger.cell(HERE)
    assert ledger.claim("SO-1") is ledger.claim("SO-1")
    assert ledger.expected("PO-1") is ledger.expected("PO-1")
    assert (set(ledger.cells), set(ledger.claims), set(ledger.inbound)) == ({HERE}, {"SO-1"}, {"PO-1"})


def test_the_newest_received_event_is_what_figures_are_traced_to() -> None:
    ledger = ItemLedger("BOLT")
    assert ledger.state() == StockState(0, None)
    ledger.note_received(receipt(1, at=1, key="late", received_at=9), posted=True)
    ledger.note_received(receipt(1, at=3, key="early", received_at=4), posted=True)
    ledger.note_received(receipt(1, at=5, key="theirs", received_at=10), posted=False)
    assert ledger.last == LastEvent(hour(9), "late", "wms", "message of late", "c-late")
    assert ledger.newest_at == hour(5)


def test_the_earliest_disturbance_counts() -> None:
    ledger = ItemLedger("BOLT")
    for at in (5, 3, 4):
        ledger.disturb(hour(at))
    assert ledger.disturbed_from == hour(3)


def test_transfers_between_accounts_add_up() -> None:
    ledger = ItemLedger("BOLT")
    ledger.transfer("supplier", Decimal(-3))
    ledger.transfer("supplier", Decimal(1))
    assert ledger.accounts == {"supplier": -2}
