"""Whatever changed in the books of an item is said once, and what is not true any more is taken back."""

from decimal import Decimal
from typing import Any

import pytest

from schemas.records import Alert, ClaimRow, Discrepancy, InboundRow, PositionRow, StockEvent
from tests.builders import (
    allocated,
    announced,
    count,
    hour,
    ordered,
    receipt,
    requested,
    shipment,
    snapshot,
    transfer_shipped,
)
from tests.ledgers import HERE, a_shard, books_after, enter, fold, rules
from tests.published import Published
from tests.verdicts import WMS_OWNS
from transforms.ledger.changed_rows import changed_rows, settle_claims
from transforms.ledger.item_ledger import Books

SELLABLE = frozenset({"sellable"})
ERP: dict[str, Any] = {"source": "erp"}


def rows_of(books: Books, kind: type, now: float = 24) -> list[Any]:
    return [row for row in changed_rows(books["BOLT"], hour(now), rules(), SELLABLE) if isinstance(row, kind)]


def test_a_position_says_who_changed_it_and_when_it_was_counted() -> None:
    books = books_after([count(9, at=1), shipment(2, at=2)])
    assert rows_of(books, PositionRow) == [
        PositionRow("BOLT", "EAST", "", "sellable", Decimal(7), hour(1), "shipment@2", 2)
    ]


def test_a_claim_says_how_far_it_has_come() -> None:
    events = [ordered(9, at=1, channel="web", expected_at=70), allocated(4, at=2), allocated(3, at=2, key="w")]
    events[2] = events[2]._replace(location="WEST")
    books = books_after([*events, shipment(1, at=3, order_reference="SO-1")])
    (row,) = rows_of(books, ClaimRow)
    assert row == ClaimRow(
        item="BOLT",
        order_reference="SO-1",
        channel="web",
        status="allocated",
        open_quantity=Decimal(8),
        allocated_quantity=Decimal(6),
        shipped_quantity=Decimal(1),
        cancelled_quantity=Decimal(0),
        expires_at=None,
        scheduled_at=hour(70),
        allocated_by_location='{"EAST": "3", "WEST": "3"}',
        planned_by_location="{}",
        version=4,
    )


def test_inbound_says_where_and_when() -> None:
    books = books_after([announced(9, at=1, expected_at=50), receipt(2, at=2, order_reference="PO-1")])
    assert rows_of(books, InboundRow) == [InboundRow("BOLT", "EAST", "PO-1", Decimal(7), hour(50), 2)]


def test_nothing_is_said_twice() -> None:
    books = books_after([count(9, at=1), ordered(20, at=2), announced(9, at=1), shipment(10, at=3)])
    first = list(changed_rows(books["BOLT"], hour(24), rules(), SELLABLE))
    assert {type(row) for row in first} == {PositionRow, ClaimRow, InboundRow, Alert}
    assert list(changed_rows(books["BOLT"], hour(24), rules(), SELLABLE)) == []


def disputed(*groups: list[StockEvent], now: float = 24, tolerance: int = 0) -> list[dict[str, tuple[int, int]]]:
    """What stands after each group of events, where wms owns EAST: expected and reported by cause and reference."""
    shard = a_shard(owners=WMS_OWNS, limits={"count_tolerance": tolerance})
    seen, found = Published(), []
    for group in groups:
        seen.take_records(record for kind in fold(shard, *group, now=now).rows.values() for record in kind.values())
        standing = seen.discrepancies(Decimal(tolerance)).items()
        found.append({f"{key[4]} {key[6]}": (int(pair[0]), int(pair[1])) for key, pair in standing})
    return found


@pytest.mark.parametrize(
    ("story", "groups", "standing"),
    [
        ("a count that is right", [[receipt(9, at=1), count(9, at=2)]], [{}]),
        ("a count that is not", [[receipt(9, at=1), count(7, at=2)]], [{"count count@2": (9, 7)}]),
        ("the opening balance", [[count(7, at=2)]], [{}]),
        (
            "a movement comes late and explains it",
            [[receipt(9, at=1), count(7, at=2)], [shipment(2, at=1.5)]],
            [{"count count@2": (9, 7)}, {}],
        ),
        (
            "a movement comes late and spoils it",
            [[receipt(9, at=1), count(9, at=2)], [shipment(2, at=1.5)]],
            [{}, {"count count@2": (7, 9)}],
        ),
        (
            "a movement before the opening balance makes it a count like others",
            [[count(7, at=2)], [receipt(9, at=1)]],
            [{}, {"count count@2": (9, 7)}],
        ),
        (
            "a count comes between and takes over its difference",
            [[receipt(9, at=1), count(7, at=5)], [count(7, at=3)]],
            [{"count count@5": (9, 7)}, {"count count@3": (9, 7)}],
        ),
        (
            "the count itself is replaced",
            [[receipt(9, at=1), count(7, at=2, key="k", received_at=9)], [count(9, at=2, key="k", received_at=8)]],
            [{"count k": (9, 7)}, {}],
        ),
        (
            "by one of another place",
            [
                [receipt(9, at=1), count(7, at=2, key="k", received_at=9)],
                [count(9, at=2, key="k", received_at=8, location="WEST")],
            ],
            [{"count k": (9, 7)}, {}],
        ),
        (
            "by a snapshot",
            [[receipt(9, at=1), count(7, at=2, key="k", received_at=9)], [snapshot(8, at=2, key="k", received_at=8)]],
            [{"count k": (9, 7)}, {"snapshot k": (9, 8)}],
        ),
    ],
)
def test_what_counts_differ_by(
    story: str, groups: list[list[StockEvent]], standing: list[dict[str, tuple[int, int]]]
) -> None:
    assert disputed(*groups) == standing


def shipped(quantity: int, at: float = 1, key: str = "", **fields: Any) -> StockEvent:
    return shipment(quantity, at, key or f"{fields.get('source', 'wms')}@{at}", order_reference="SO-1", **fields)


@pytest.mark.parametrize(
    ("story", "groups", "standing"),
    [
        ("they agree", [[shipped(3), shipped(3, **ERP)]], [{}]),
        ("they do not", [[shipped(3), shipped(2, **ERP)]], [{"not_owner shipment:SO-1": (3, 2)}]),
        ("the owner says nothing", [[shipped(2, **ERP)]], [{"not_owner shipment:SO-1": (0, 2)}]),
        ("only the owner speaks", [[shipped(3)]], [{}]),
        (
            "the owner speaks later",
            [[shipped(2, **ERP)], [shipped(2)]],
            [{"not_owner shipment:SO-1": (0, 2)}, {}],
        ),
        (
            "in two parts",
            [[shipped(3), shipped(1, **ERP)], [shipped(2, at=2, **ERP)]],
            [{"not_owner shipment:SO-1": (3, 1)}, {}],
        ),
        (
            "what they report turns out to be about another order",
            [
                [shipped(2, key="k", received_at=9, **ERP)],
                [shipped(2, key="k", received_at=8, **ERP)._replace(order_reference="SO-2"), shipped(2)],
            ],
            [{"not_owner shipment:SO-1": (0, 2)}, {"not_owner shipment:SO-2": (0, 2)}],
        ),
        ("not yet settled", [[shipped(2, at=23.5, **ERP)]], [{}]),
        (
            "unsettled again",
            [[shipped(2, **ERP)], [shipped(1, at=23.5, **ERP)]],
            [{"not_owner shipment:SO-1": (0, 2)}, {}],
        ),
        (
            "their count",
            [[receipt(9, at=1), count(7, at=2, key="c", **ERP)]],
            [{"not_owner c": (9, 7)}],
        ),
        (
            "their count, and a movement that comes late",
            [[receipt(9, at=1), count(7, at=2, key="c", **ERP)], [shipment(2, at=1.5)]],
            [{"not_owner c": (9, 7)}, {}],
        ),
        (
            "their count, and a movement of after it",
            [[receipt(9, at=1), count(7, at=2, key="c", **ERP)], [shipment(2, at=2.5)]],
            [{"not_owner c": (9, 7)}, {"not_owner c": (9, 7)}],
        ),
        (
            "their count of another place after all",
            [
                [count(7, at=2, key="c", received_at=9, **ERP)],
                [count(7, at=2, key="c", received_at=8, disposition="damaged", **ERP)],
                [receipt(7, at=1, disposition="damaged")],
            ],
            [{"not_owner c": (0, 7)}, {"not_owner c": (0, 7)}, {}],
        ),
        (
            "their count of all lots together",
            [[receipt(4, at=1, lot="L1"), receipt(5, at=1, lot="L2", key="b"), count(9, at=2, key="c", **ERP)]],
            [{}],
        ),
        (
            "their count of one lot",
            [[receipt(4, at=1, lot="L1"), receipt(5, at=1, key="b"), count(5, at=2, key="c", lot="L1", **ERP)]],
            [{"not_owner c": (4, 5)}],
        ),
    ],
)
def test_what_others_say_differently(
    story: str, groups: list[list[StockEvent]], standing: list[dict[str, tuple[int, int]]]
) -> None:
    assert disputed(*groups) == standing


def test_a_difference_within_the_tolerance_is_none() -> None:
    assert disputed([receipt(9, at=1), count(7, at=2)], tolerance=2) == [{}]
    assert disputed([receipt(9, at=1), count(6, at=2)], tolerance=2) == [{"count count@2": (9, 6)}]


def test_what_is_taken_back_is_said_once() -> None:
    shard = a_shard()
    fold(shard, receipt(9, at=1), count(7, at=2))
    (cure,) = fold(shard, shipment(2, at=1.5)).rows[Discrepancy].values()
    assert (cure.expected_quantity, cure.reported_quantity, cure.version) == (7, 7, 3)
    assert fold(shard, receipt(1, at=3)).rows[Discrepancy] == {}


def alerts(shard: Any, *events: StockEvent) -> list[tuple[str, str, int]]:
    rows = fold(shard, *events).rows[Alert].values()
    return [(row.kind, row.location, int(row.quantity)) for row in rows]


def test_an_oversell_is_told_when_it_changes_and_when_it_is_cured() -> None:
    shard = a_shard()
    assert alerts(shard, receipt(5, at=1), ordered(4, at=2)) == []
    assert alerts(shard, ordered(4, at=3, order_reference="SO-2")) == [("oversell", "", 3)]
    assert alerts(shard, receipt(1, at=4, disposition="damaged")) == []
    assert alerts(shard, shipment(4, at=5, order_reference="SO-1")) == []
    assert alerts(shard, receipt(1, at=6)) == [("oversell", "", 2)]
    assert alerts(shard, receipt(2, at=7)) == [("oversell", "", 0)]


def test_a_position_below_zero_is_told_with_its_place() -> None:
    shard = a_shard()
    assert alerts(shard, shipment(2, at=1, lot="L1", disposition="damaged")) == [
        ("negative_on_hand", "EAST/L1/damaged", -2)
    ]
    assert alerts(shard, receipt(5, at=2, lot="L1", disposition="damaged")) == [
        ("negative_on_hand", "EAST/L1/damaged", 0)
    ]


def test_an_alert_says_what_to_do_and_who_raised_it() -> None:
    (row,) = fold(a_shard(), ordered(4, at=2)).rows[Alert].values()
    assert row == Alert(
        "oversell",
        "BOLT",
        "",
        "4 of BOLT are sold that are not there: find stock or tell the buyers",
        Decimal(4),
        "order_recorded@2",
        "c-order_recorded@2",
        1,
    )


def settled(books: Books, now: float) -> dict[str, int]:
    settle_claims(books["BOLT"], hour(now))
    return {name: int(quantity) for name, quantity in books["BOLT"].soft_claims.items() if quantity}


def test_open_claims_are_right_at_any_time_even_when_time_goes_back() -> None:
    books = books_after(
        [
            requested(2, at=1, key="a", expires_at=9),
            requested(3, at=1, key="b", expires_at=12, order_reference="SO-2", channel="b2b"),
        ],
        rules(granted="a b"),
    )
    asked = [(hours, settled(books, hours)) for hours in (8, 9, 20, 11, 1, 12)]
    assert asked == [
        (8, {"web": 2, "b2b": 3}),
        (9, {"b2b": 3}),
        (20, {}),
        (11, {"b2b": 3}),
        (1, {"web": 2, "b2b": 3}),
        (12, {}),
    ]


def test_open_claims_follow_channel_and_place() -> None:
    books = books_after([ordered(5, at=2), allocated(2, at=3)])
    assert settled(books, 24) == {"": 3}
    enter(books, ordered(0, at=1, key="names it", channel="web"), shipment(1, at=4, order_reference="SO-1"))
    assert settled(books, 24) == {"web": 3}
    assert books["BOLT"].hard_claims == {"EAST": 1}


def test_reports_of_transfers_are_compared_too() -> None:
    theirs = transfer_shipped(4, at=1, key="t", order_reference="TR-1", **ERP)
    assert disputed([theirs]) == [{"not_owner transfer_shipped:TR-1": (0, 4)}]
    assert disputed([theirs, transfer_shipped(4, at=1, order_reference="TR-1")]) == [{}]


def test_positions_of_a_place_that_was_left_are_said_too() -> None:
    shard = a_shard()
    fold(shard, receipt(5, at=1, key="k", received_at=9))
    seen = fold(shard, receipt(5, at=1, key="k", received_at=8, location="WEST"))
    quantities = {key[1:]: row.on_hand_quantity for key, row in seen.rows[PositionRow].items()}
    assert quantities == {HERE: 0, ("WEST", "", "sellable"): 5}
