"""An event enters the books once, under its key; what else comes under that key is told apart and accounted for."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.records import KINDS, StockEvent
from tests.builders import (
    adjustment,
    announced,
    count,
    disposition_changed,
    hour,
    inbound_cancelled,
    ordered,
    receipt,
    requested,
    return_received,
    shipment,
)
from tests.ledgers import HERE, books_after, cell, enter, on_hand, rules
from tests.verdicts import WMS_OWNS, Owners
from transforms.ledger.item_ledger import check_conservation
from transforms.ledger.ledger_rules import CONTENT, as_event, content, facts_of, moved_items, record

DAY = 24
OWNED = rules(WMS_OWNS)


@pytest.mark.parametrize(
    ("story", "events", "outcomes", "stock"),
    [
        ("a fact", [receipt(5, at=1)], ["posted"], 5),
        ("the very message again", [receipt(5, at=1)] * 3, ["posted", "duplicate", "duplicate"], 5),
        (
            "another message with the same fact",
            [receipt(5, at=1, key="k"), receipt(5, at=1, key="k", message_id="again", received_at=9)],
            ["posted", "duplicate"],
            5,
        ),
        (
            "how it came is not content",
            [receipt(5, at=1, key="k"), receipt(5, at=1, key="k", document="D-2", mapping_version="wms/test@2")],
            ["posted", "duplicate"],
            5,
        ),
        (
            "received later with other content",
            [receipt(5, at=1, key="k", received_at=2), receipt(6, at=1, key="k", received_at=3)],
            ["posted", "dead_letter conflicting_duplicate"],
            5,
        ),
        (
            "received earlier with other content",
            [receipt(5, at=1, key="k", received_at=3), receipt(6, at=1, key="k", received_at=2)],
            ["posted", "posted, the first is conflicting_duplicate"],
            6,
        ),
        (
            "received together: by message",
            [receipt(5, at=1, key="k", message_id="b"), receipt(6, at=1, key="k", message_id="a")],
            ["posted", "posted, the first is conflicting_duplicate"],
            6,
        ),
        ("two keys are two facts", [receipt(5, at=1, key="a"), receipt(5, at=1, key="b")], ["posted"] * 2, 10),
        (
            "one key on two items is two facts",
            [receipt(5, at=1, key="k", item="NUT"), receipt(5, at=1, key="k")],
            ["posted"] * 2,
            5,
        ),
        ("too old", [receipt(5, at=31 * DAY), receipt(4, at=DAY - 1)], ["posted", "dead_letter older_than_horizon"], 5),
        ("just young enough", [receipt(5, at=31 * DAY), receipt(4, at=DAY)], ["posted"] * 2, 9),
        (
            "old but known",
            [receipt(4, at=0), receipt(5, at=31 * DAY), receipt(4, at=0)],
            ["posted", "posted", "duplicate"],
            9,
        ),
    ],
)
def test_what_becomes_of_events(story: str, events: list[StockEvent], outcomes: list[str], stock: int) -> None:
    books: dict[str, Any] = {}
    found = []
    for result in enter(books, *events):
        first = f", the first is {result.loser_reason}" if result.loser else ""
        found.append(f"{result.outcome} {result.reason}".strip() + first)
    assert found == outcomes
    assert on_hand(books) == {"": stock}
    check_conservation(books)


def test_three_contents_under_one_key_leave_the_earliest_whatever_the_order() -> None:
    events = [receipt(n, at=1, key="k", received_at=10 - n) for n in (1, 2, 3)]
    for order in permutations(events):
        books = books_after(order)
        assert on_hand(books) == {"": 3}
        assert as_event(books["BOLT"].entries["k"]) == events[2]


def test_what_a_conflict_replaces_leaves_everywhere() -> None:
    first = shipment(5, at=1, key="k", received_at=9, order_reference="SO-1", channel="web", lot="L1")
    second = receipt(5, at=2, key="k", received_at=8, location="WEST", order_reference="PO-1")
    books = books_after([first, second])
    ledger = books["BOLT"]
    assert on_hand(books) == {"WEST": 5}
    assert (ledger.claims["SO-1"].shipped, ledger.claims["SO-1"].channel) == ({}, "")
    assert ledger.inbound["PO-1"].received == 5
    assert ledger.accounts == {"customer": 0, "supplier": -5}
    assert ledger.version == 3


def test_the_explanation_names_the_values_that_differ() -> None:
    first = receipt(5, at=1, key="k")
    later = receipt(6, at=1, key="k", received_at=9, lot="L2", message_id="later")
    (_, result) = enter({}, first, later)
    assert result.explanation == (
        "key k was already used by message message of k with other content: quantity 6 (kept: 5), lot L2 (kept: )"
    )
    (result,) = enter(books_after([receipt(1, at=40 * DAY)]), receipt(5, at=1))
    assert result.explanation == ("occurred 2026-03-02 01:00:00+00:00, expected 2026-03-12 00:00:00+00:00 or later")


def test_of_a_conflict_that_wins_the_first_is_told_about() -> None:
    first, second = receipt(5, at=1, key="k", received_at=9), receipt(6, at=1, key="k", received_at=8)
    (_, result) = enter({}, first, second)
    assert (result.loser, result.loser_outcome) == (first, "posted")
    assert "quantity 5 (kept: 6)" in result.explanation


@pytest.mark.parametrize(
    ("story", "events", "granted"),
    [
        ("the first to arrive stays", [(2, 9), (3, 8)], 2),
        ("whichever was received earlier", [(3, 8), (2, 9)], 3),
    ],
)
def test_a_decision_once_given_stays(story: str, events: list[tuple[int, float]], granted: int) -> None:
    requests = [requested(n, at=1, key="k", received_at=at) for n, at in events]
    books: dict[str, Any] = {}
    results = enter(books, *requests, by=rules(granted="k"))
    assert [result.reason for result in results] == ["", "conflicting_duplicate"]
    assert [result.granted for result in results] == [granted, None]
    assert books["BOLT"].claims["SO-1"].granted == granted


def test_a_request_that_comes_again_is_not_decided_again() -> None:
    books: dict[str, Any] = {}
    results = enter(books, *[requested(2, at=1, key="k")] * 2, by=rules(granted="k"))
    assert [(result.outcome, result.granted) for result in results] == [("posted", 2), ("duplicate", None)]
    assert books["BOLT"].claims["SO-1"].granted == 2


def test_an_earlier_receipt_of_a_count_moves_it_before_another_of_its_time() -> None:
    a = count(7, at=5, key="a", received_at=9)
    events = [a, count(6, at=5, key="b", received_at=8), a._replace(received_at=hour(7), message_id="again")]
    for order in permutations(events):
        books = books_after(order)
        assert on_hand(books) == {"": 6}
        assert [one.key for one in cell(books).counts] == ["a", "b"]


def test_an_earlier_receipt_of_an_announcement_leaves_the_other_the_newest() -> None:
    a = announced(7, at=5, key="a", received_at=9, expected_at=50)
    events = [a, announced(6, at=5, key="b", received_at=8, expected_at=60), a._replace(received_at=hour(7))]
    for order in permutations(events):
        assert books_after(order)["BOLT"].inbound["PO-1"].expected() == ("EAST", hour(60))


def test_a_conflict_is_judged_by_the_earliest_receipt_of_each_content() -> None:
    five, six = receipt(5, at=1, key="k", received_at=9), receipt(6, at=1, key="k", received_at=8)
    events = [five, six, five._replace(received_at=hour(7), message_id="again")]
    for order in permutations(events):
        assert on_hand(books_after(order)) == {"": 5}


THEIRS = {"source": "erp"}


@pytest.mark.parametrize(
    ("story", "event", "owners", "outcome"),
    [
        ("the owner", shipment(2, at=1), WMS_OWNS, "posted"),
        ("somebody else", shipment(2, at=1, **THEIRS), WMS_OWNS, "compared"),
        ("where nobody owns", shipment(2, at=1, location="WEST", **THEIRS), WMS_OWNS, "posted"),
        ("their count", count(2, at=1, **THEIRS), WMS_OWNS, "compared"),
        ("their announcement", announced(2, at=1, **THEIRS), WMS_OWNS, "compared"),
        ("their cancellation of it", inbound_cancelled(2, at=1, **THEIRS), WMS_OWNS, "compared"),
        ("their disposition", disposition_changed(2, at=1, to_disposition="x", **THEIRS), WMS_OWNS, "compared"),
        ("their return", return_received(2, at=1, **THEIRS), WMS_OWNS, "compared"),
        ("an order has no place, so nobody owns it there", ordered(2, at=1, **THEIRS), WMS_OWNS, "posted"),
        (
            "one of two owners",
            return_received(2, at=1, **THEIRS),
            {("EAST", "dispositions"): frozenset({"wms", "erp"})},
            "posted",
        ),
    ],
)
def test_who_may_post(story: str, event: StockEvent, owners: Owners, outcome: str) -> None:
    assert [result.outcome for result in enter({}, event, by=rules(owners))] == [outcome]


def test_each_kind_is_a_fact_of_one_column_of_the_ownership_table() -> None:
    columns: dict[str, set[str]] = {}
    for kind in KINDS:
        columns.setdefault(facts_of(kind), set()).add(kind)
    assert columns == {
        "on_hand": {
            *("receipt", "shipment", "adjustment", "count", "snapshot", "unknown_count"),
            *("transfer_shipped", "transfer_received"),
        },
        "dispositions": {"disposition_changed", "return_received"},
        "inbound": {"inbound_announced", "inbound_cancelled"},
        "claims": {
            *("order_recorded", "reservation_requested", "reservation_allocated"),
            *("reservation_released", "reservation_cancelled", "reservation_expired"),
        },
    }


@pytest.mark.parametrize(
    ("story", "other", "stock", "compared"),
    [
        ("a duplicate", {}, {}, {"k"}),
        ("a conflict at another place that they may post", {"location": "WEST", "received_at": 0}, {"WEST": 5}, set()),
        ("a conflict that is compared too", {"quantity": Decimal(7), "received_at": 0}, {}, {"k"}),
    ],
)
def test_what_was_compared_follows_the_same_rules(
    story: str, other: dict[str, Any], stock: dict[str, int], compared: set[str]
) -> None:
    first = receipt(5, at=1, key="k", **THEIRS)
    received = {"received_at": hour(other["received_at"])} if "received_at" in other else {}
    books = books_after([first, first._replace(**(other | received))], OWNED)
    assert on_hand(books) == stock
    assert books["BOLT"].compared == compared
    reported = [one.quantity for one in books["BOLT"].reported.values()]
    assert reported == ([other.get("quantity", 5)] if compared else [])


SETS = [("BOLT", 4), ("NUT", 6)]


def test_the_key_of_an_event_on_a_kit_is_kept_once_under_the_kit() -> None:
    books = books_after([shipment(2, at=1, key="k", item="SET", parts=SETS)])
    assert {item: set(ledger.entries) for item, ledger in books.items()} == {"SET": {"k"}, "BOLT": set(), "NUT": set()}
    assert {item: ledger.version for item, ledger in books.items()} == {"SET": 1, "BOLT": 1, "NUT": 1}
    assert (on_hand(books), on_hand(books, "NUT")) == ({"": -4}, {"": -6})


def test_a_kit_and_its_component_may_use_one_key() -> None:
    books = books_after([shipment(2, at=1, key="k", item="SET", parts=SETS), shipment(1, at=1, key="k")])
    assert on_hand(books) == {"": -5}


def test_an_event_moves_its_item_and_its_components() -> None:
    assert moved_items(shipment(2, at=1, item="SET", parts=SETS)) == {"SET", "BOLT", "NUT"}
    assert moved_items(adjustment(2, at=1)) == {"BOLT"}


def test_content_is_every_business_field_and_nothing_of_how_it_came() -> None:
    how = {"source", "message_id", "correlation_id", "received_at", "mapping_version", "event_index"}
    how |= {"document_type", "document", "document_line", "original_quantity", "original_unit", "schema_version"}
    identity = {"transaction_key", "item", "components"}
    assert set(CONTENT) == set(StockEvent._fields) - how - identity
    assert content(receipt(5, at=1)) == content(receipt(5, at=1, received_at=9, **THEIRS))


def test_an_entry_gives_the_event_back() -> None:
    event = requested(2, at=1, item="SET", parts=SETS, expires_at=9)
    assert as_event(pack(event)) == event


def test_what_is_refused_leaves_the_books_as_they_were() -> None:
    books = books_after([receipt(5, at=40 * DAY, key="k")])
    before = (dict(books["BOLT"].entries), books["BOLT"].version, cell(books, HERE).quantity)
    for event in (receipt(1, at=0), receipt(6, at=40 * DAY, key="k", received_at=41 * DAY)):
        assert record(books, event, pack(event), rules()).outcome == "dead_letter"
    assert (dict(books["BOLT"].entries), books["BOLT"].version, cell(books, HERE).quantity) == before
