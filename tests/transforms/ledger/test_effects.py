"""Each kind of event does its own thing to the books, and undoing it leaves nothing behind."""

from datetime import datetime
from typing import Any, get_args

import pytest

from schemas.records import KINDS, Kind, StockEvent
from tests.builders import (
    adjustment,
    allocated,
    an_event,
    announced,
    cancelled,
    count,
    disposition_changed,
    expired,
    hour,
    inbound_cancelled,
    ordered,
    receipt,
    released,
    requested,
    return_received,
    shipment,
    snapshot,
    transfer_received,
    transfer_shipped,
    unknown,
)
from tests.ledgers import books_after
from transforms.ledger import effects
from transforms.ledger.item_ledger import Books, ItemLedger, Report, check_conservation

ONE_OF_EACH: dict[str, StockEvent] = {
    event.kind: event
    for event in (
        receipt(9, at=1, order_reference="PO-1"),
        shipment(2, at=2, order_reference="SO-1", channel="web"),
        adjustment(-1, at=3),
        count(5, at=4),
        snapshot(6, at=5),
        transfer_shipped(3, at=6),
        transfer_received(3, at=7),
        disposition_changed(1, at=8, to_disposition="damaged"),
        return_received(1, at=9),
        announced(20, at=10, expected_at=99),
        inbound_cancelled(5, at=11),
        ordered(4, at=12, channel="web", expected_at=70),
        allocated(4, at=13),
        released(1, at=14),
        cancelled(1, at=15),
        expired(1, at=16),
        unknown(0, at=17),
    )
}
POSTED = sorted(KINDS - {"reservation_requested"})


def test_there_is_an_effect_for_each_kind_that_is_posted() -> None:
    assert sorted(effects.EFFECTS) == POSTED == sorted(ONE_OF_EACH)
    assert set(get_args(Kind)) == KINDS


def facts(books: Books) -> Any:
    """What the books hold, without what only notes that something happened."""
    ledger = books["BOLT"]
    ledger.settled_at = None
    claims = {
        key: (one.recorded, one.cancelled, one.released, one.allocated, one.shipped, one.names, one.schedule)
        for key, one in ledger.claims.items()
    }
    inbound = {key: (one.announced, one.cancelled, one.received, one.notices) for key, one in ledger.inbound.items()}
    cells = {
        place: (cell.quantity, cell.moves, [(one.key, one.difference) for one in cell.counts], cell.unknowns)
        for place, cell in ledger.cells.items()
    }
    posted = {key: quantity for key, quantity in ledger.posted.items() if quantity}
    return cells, {name: n for name, n in ledger.accounts.items() if n}, claims, inbound, posted


@pytest.mark.parametrize("kind", POSTED)
def test_taking_an_event_out_undoes_it(kind: str) -> None:
    others = [event._replace(transaction_key=f"other {event.kind}") for event in ONE_OF_EACH.values()]
    plain, books = books_after(others), books_after(others)
    for sign in (1, -1):
        effects.post(books, ONE_OF_EACH[kind], sign, shared=True)
        check_conservation(books)
        assert (facts(books) == facts(plain)) is (sign < 0)


@pytest.mark.parametrize("kind", POSTED)
def test_what_another_source_reports_is_noted_and_can_be_taken_back(kind: str) -> None:
    books: Books = {}
    effects.compare(books, ONE_OF_EACH[kind], 1)
    ledger = books["BOLT"]
    assert bool(ledger.reports) is (kind in {"count", "snapshot", "unknown_count"})
    assert bool(ledger.reported) is not bool(ledger.reports)
    assert (ledger.cells, ledger.accounts, ledger.claims, ledger.inbound) == ({}, {}, {}, {})
    effects.compare(books, ONE_OF_EACH[kind], -1)
    assert (ledger.reports, ledger.reported) == ({}, {})


def test_a_report_of_a_count_says_all_that_a_comparison_needs() -> None:
    books: Books = {}
    effects.compare(books, count(5, at=4, key="c", source="erp", lot="L1"), 1)
    assert books["BOLT"].reports == {"c": Report(hour(4), 5, "erp", "EAST", "L1", "sellable")}  # type: ignore[arg-type]
    assert books["BOLT"].dirty == {"report": {"c"}}


def test_a_report_that_declines_to_say_has_no_quantity() -> None:
    books: Books = {}
    effects.compare(books, unknown(0, at=4, key="u", source="erp"), 1)
    assert books["BOLT"].reports == {"u": Report(hour(4), None, "erp", "EAST", "", "sellable")}


def test_reports_of_one_document_add_up_and_the_newest_is_known() -> None:
    books: Books = {}
    for at in (3, 5, 4):
        effects.compare(books, shipment(2, at=at, source="erp", order_reference="SO-1"), 1)
    effects.compare(books, shipment(2, at=5, source="erp", order_reference="SO-1"), -1)
    (key, reported), *others = books["BOLT"].reported.items()
    assert key == ("shipment", "EAST", "SO-1", "erp")
    assert (reported.quantity, reported.newest_at, others) == (4, hour(4), [])


def test_a_report_without_a_document_stands_for_itself() -> None:
    books: Books = {}
    effects.compare(books, adjustment(2, at=1, key="a1", source="erp"), 1)
    assert list(books["BOLT"].reported) == [("adjustment", "EAST", "a1", "erp")]


@pytest.mark.parametrize(
    ("story", "event", "shared", "posted"),
    [
        ("others may tell", shipment(2, at=1, order_reference="SO-1"), True, {("shipment", "EAST", "SO-1"): 2}),
        ("there are no others", shipment(2, at=1, order_reference="SO-1"), False, {}),
        ("nobody could match it", shipment(2, at=1), True, {}),
    ],
)
def test_what_owners_posted_is_kept_where_others_may_report_it(
    story: str, event: StockEvent, shared: bool, posted: dict[Any, int]
) -> None:
    books: Books = {}
    effects.post(books, event, 1, shared=shared)
    assert books["BOLT"].posted == posted


@pytest.mark.parametrize(
    ("kind", "quantities"),
    [
        ("shipment", {"BOLT": -4, "NUT": -6}),
        ("receipt", {"BOLT": 4, "NUT": 6}),
        ("transfer_shipped", {"BOLT": -4, "NUT": -6}),
    ],
)
def test_a_kit_moves_its_components(kind: Kind, quantities: dict[str, int]) -> None:
    event = an_event(kind, 2, 1, item="SET", parts=[("BOLT", 4), ("NUT", 6)], location="EAST", disposition="sellable")
    books: Books = {}
    effects.post(books, event, 1, shared=False)
    assert {item: sum(cell.quantity for cell in ledger.cells.values()) for item, ledger in books.items()} == quantities


def test_the_parts_of_an_event_are_its_components_or_itself() -> None:
    books: Books = {}
    kit = shipment(2, at=1, item="SET", parts=[("BOLT", 4), ("NUT", 6)])
    assert [(ledger.item, quantity) for ledger, quantity in effects.parts(books, kit)] == [("BOLT", 4), ("NUT", 6)]
    assert [(ledger.item, quantity) for ledger, quantity in effects.parts(books, shipment(2, at=1))] == [("BOLT", 2)]
    assert all(isinstance(ledger, ItemLedger) for ledger in books.values())


@pytest.mark.parametrize(
    ("story", "granted", "sums", "expiring"),
    [
        ("granted", 3, {"BOLT": (6, False), "NUT": (9, False)}, [(hour(9), "SO-1")]),
        ("refused, it neither prolongs nor ends a hold", 0, {"BOLT": (0, True), "NUT": (0, True)}, []),
    ],
)
def test_a_decision_on_a_kit_enters_the_claims_of_its_components(
    story: str, granted: int, sums: dict[str, tuple[int, bool]], expiring: list[tuple[datetime, str]]
) -> None:
    event = requested(3, at=1, item="SET", parts=[("BOLT", 6), ("NUT", 9)], expires_at=9, expected_at=40)
    books: Books = {}
    effects.decide(books, event, event.quantity * granted / 3)
    assert {item: (one.claims["SO-1"].granted, one.claims["SO-1"].refused) for item, one in books.items()} == sums
    claim = books["BOLT"].claims["SO-1"]
    assert (claim.channel, claim.expires_at, claim.scheduled_at) == ("web", hour(9) if granted else None, hour(40))
    assert books["BOLT"].expiring == expiring


def test_nothing_is_left_unsaid_of_what_changed() -> None:
    """Every effect marks what a view must be told of."""
    marks = {}
    for kind, event in ONE_OF_EACH.items():
        books: Books = {}
        effects.post(books, event, 1, shared=False)
        marks[kind] = set(books["BOLT"].dirty)
    claims, inbound = {"claim"}, {"inbound"}
    assert marks == {
        "receipt": {"cell", "inbound"},
        "shipment": {"cell", "claim"},
        "adjustment": {"cell"},
        "count": {"cell", "count"},
        "snapshot": {"cell", "count"},
        "unknown_count": {"cell"},
        "transfer_shipped": {"cell"},
        "transfer_received": {"cell"},
        "disposition_changed": {"cell"},
        "return_received": {"cell"},
        "inbound_announced": inbound,
        "inbound_cancelled": inbound,
        "order_recorded": claims,
        "reservation_allocated": {"claim", "release"},
        "reservation_released": claims,
        "reservation_cancelled": claims,
        "reservation_expired": claims,
    }
