"""The oracle says of claims, inbound and oversell what a person reading docs/ledger.md would say."""

from decimal import Decimal

import pytest

from schemas.records import StockEvent
from tests.books import Claim, ClaimHead, Inbound
from tests.builders import (
    allocated,
    announced,
    cancelled,
    count,
    expired,
    hour,
    inbound_cancelled,
    ordered,
    receipt,
    released,
    requested,
    shipment,
)
from tests.verdicts import WMS_OWNS, judged

SO_1 = {"order_reference": "SO-1"}
PO_1 = {"order_reference": "PO-1"}


@pytest.mark.parametrize(
    ("story", "events", "claim"),  # open, allocated and open, shipped, cancelled
    [
        ("an order", [ordered(5, at=1)], (5, 0, 0, 0)),
        ("two lines of one order", [ordered(5, at=1, key="1"), ordered(2, at=1, key="2")], (7, 0, 0, 0)),
        ("partly cancelled", [ordered(5, at=1), cancelled(2, at=2)], (3, 0, 0, 2)),
        ("cancelled before it was recorded", [cancelled(5, at=2), ordered(5, at=1, received_at=9)], (0, 0, 0, 5)),
        ("cancelled twice over", [ordered(5, at=1), cancelled(9, at=2)], (0, 0, 0, 9)),
        ("shipped before it was recorded", [shipment(5, at=2, **SO_1), ordered(5, at=1, received_at=9)], (0, 0, 5, 0)),
        ("shipped but never ordered", [shipment(5, at=2, **SO_1)], (0, 0, 5, 0)),
        ("shipped twice over", [ordered(5, at=1), shipment(8, at=2, **SO_1)], (0, 0, 8, 0)),
        ("another order's shipment", [ordered(5, at=1), shipment(5, at=2, order_reference="SO-2")], (5, 0, 0, 0)),
        ("allocated", [ordered(5, at=1), allocated(3, at=2)], (5, 3, 0, 0)),
        ("allocated, then shipped", [ordered(5, at=1), allocated(3, at=2), shipment(2, at=3, **SO_1)], (3, 1, 2, 0)),
        (
            "shipped from elsewhere than allocated",
            [ordered(5, at=1), allocated(3, at=2), shipment(2, at=3, location="WEST", **SO_1)],
            (3, 3, 2, 0),
        ),
        ("allocated more than ordered", [ordered(5, at=1), allocated(9, at=2)], (5, 5, 0, 0)),
        (
            "cut to what is open over all places",
            [ordered(5, at=1), allocated(4, at=2), allocated(4, at=2, key="w", location="WEST"), cancelled(2, at=3)],
            (3, 3, 0, 2),
        ),
        ("allocated without demand", [allocated(3, at=2)], (0, 0, 0, 0)),
        ("a request that was refused", [requested(5, at=1, key="r")], (0, 0, 0, 0)),
        ("a request that was granted", [requested(5, at=1, key="g")], (5, 0, 0, 0)),
        ("a hold, partly released", [requested(5, at=1, key="g"), released(2, at=2)], (3, 0, 0, 0)),
        ("released by its expiry", [requested(5, at=1, key="g"), expired(5, at=2)], (0, 0, 0, 0)),
        ("released more than held", [requested(5, at=1, key="g"), released(9, at=2), ordered(1, at=3)], (1, 0, 0, 0)),
        ("a hold over its time", [requested(5, at=1, key="g", expires_at=24)], (0, 0, 0, 0)),
        ("a hold in its time", [requested(5, at=1, key="g", expires_at=24.1)], (5, 0, 0, 0)),
        (
            "the latest end counts",
            [requested(5, at=1, key="g", expires_at=2), requested(1, at=1, key="h", expires_at=25)],
            (6, 0, 0, 0),
        ),
        (
            "but not of a request that was refused",
            [requested(5, at=1, key="g", expires_at=2), requested(1, at=1, key="r", expires_at=25)],
            (0, 0, 0, 0),
        ),
        ("the order replaces the hold", [requested(5, at=1, key="g"), ordered(5, at=2)], (5, 0, 0, 0)),
        ("and may be smaller", [requested(5, at=1, key="g"), ordered(3, at=2)], (5, 0, 0, 0)),
        (
            "until the hold is released",
            [requested(5, at=1, key="g"), ordered(3, at=2), released(5, at=3)],
            (3, 0, 0, 0),
        ),
        (
            "an order outlives its hold",
            [requested(5, at=1, key="g", expires_at=2), ordered(4, at=3)],
            (4, 0, 0, 0),
        ),
        ("an order of a kit", [ordered(2, at=1, item="KIT", parts=[("NUT", 9), ("BOLT", 4)])], (4, 0, 0, 0)),
        ("a request of a kit", [requested(2, at=1, key="g", item="KIT", parts=[("BOLT", 4)])], (4, 0, 0, 0)),
        (
            "a kit shipped part by part",
            [ordered(2, at=1, item="KIT", parts=[("BOLT", 4)]), shipment(3, at=2, **SO_1)],
            (1, 0, 3, 0),
        ),
        (
            "an allocation that another source reports as well",
            [ordered(5, at=1), allocated(3, at=2), allocated(3, at=2, key="e", source="erp")],
            (5, 3, 0, 0),
        ),
        (
            "a shipment that another source reports as well",
            [ordered(5, at=1), shipment(2, at=2, **SO_1), shipment(2, at=2, key="e", source="erp", **SO_1)],
            (3, 0, 2, 0),
        ),
    ],
)
def test_a_claim_is(story: str, events: list[StockEvent], claim: tuple[int, int, int, int]) -> None:
    assert judged(events, WMS_OWNS, granted="gh").claims["BOLT", "SO-1"] == Claim(*map(Decimal, claim))


def test_a_shipment_without_an_order_claims_nothing() -> None:
    assert judged([shipment(5, at=1)]).claims == {}


def test_the_earliest_event_that_names_a_channel_names_that_of_the_claim() -> None:
    events = [ordered(1, at=3, key="c", channel="web"), ordered(1, at=1, key="b", channel="")]
    events += [ordered(1, at=2, key="z", channel="b2b"), ordered(1, at=2, key="y", channel="retail")]
    assert judged(events).claim_heads == {("BOLT", "SO-1"): ClaimHead("retail", None)}


def _inbound(quantity: int, expected_at: float | None, location: str) -> Inbound:
    return Inbound(Decimal(quantity), None if expected_at is None else hour(expected_at), location)


@pytest.mark.parametrize(
    ("story", "events", "expected"),
    [
        ("announced", [announced(9, at=1, expected_at=30)], _inbound(9, 30, "EAST")),
        ("partly received", [announced(9, at=1), receipt(4, at=2, **PO_1)], _inbound(5, None, "EAST")),
        ("received before announced", [receipt(9, at=1, **PO_1), announced(9, at=2)], _inbound(0, None, "EAST")),
        ("received twice over", [announced(9, at=1), receipt(19, at=2, **PO_1)], _inbound(0, None, "EAST")),
        (
            "received elsewhere",
            [announced(9, at=1), receipt(4, at=2, location="WEST", **PO_1)],
            _inbound(5, None, "EAST"),
        ),
        ("cancelled", [announced(9, at=1), inbound_cancelled(9, at=2)], _inbound(0, None, "EAST")),
        ("a receipt without reference", [announced(9, at=1), receipt(4, at=2)], _inbound(9, None, "EAST")),
        (
            "the newest announcement says when and where",
            [announced(4, at=2, location="WEST", expected_at=40), announced(5, at=1, expected_at=30, received_at=9)],
            _inbound(9, 40, "WEST"),
        ),
        (
            "of two at one time the later received",
            [announced(4, at=2, key="z", expected_at=40), announced(5, at=2, key="a", expected_at=30, received_at=9)],
            _inbound(9, 30, "EAST"),
        ),
    ],
)
def test_inbound_is(story: str, events: list[StockEvent], expected: Inbound) -> None:
    result = judged(events)
    assert result.inbound == {("BOLT", "PO-1"): expected}


def test_inbound_is_never_stock() -> None:
    assert judged([announced(9, at=1), ordered(2, at=2)]).shortage == {"BOLT": 2}
    assert judged([announced(9, at=1)]).positions == {}


@pytest.mark.parametrize(
    ("story", "events", "shortage"),
    [
        ("enough", [receipt(9, at=1), ordered(9, at=2)], 0),
        ("too little", [receipt(9, at=1), ordered(5, at=2), ordered(6, at=3, order_reference="SO-2")], 2),
        (
            "stock of all places counts",
            [receipt(4, at=1), receipt(5, at=1, key="w", location="WEST"), ordered(9, at=2)],
            0,
        ),
        ("stock on hold does not", [receipt(9, at=1, disposition="quality_hold"), ordered(2, at=2)], 2),
        ("what was shipped is claimed no more", [count(9, at=1), ordered(9, at=2), shipment(9, at=3, **SO_1)], 0),
        ("a position below zero is missing too", [shipment(3, at=1), ordered(2, at=2)], 5),
        ("cured by a late receipt", [ordered(2, at=2), receipt(2, at=1, received_at=9)], 0),
    ],
)
def test_the_shortage_is(story: str, events: list[StockEvent], shortage: int) -> None:
    assert judged(events).shortage == {"BOLT": shortage}


SET = {"item": "SET", "parts": [("BOLT", 8), ("NUT", 12)]}


@pytest.mark.parametrize(
    ("story", "events", "least", "most"),
    [
        ("an order of a kit that nobody requested is kept nowhere", [ordered(4, at=1, **SET)], 0, 0),
        ("a granted kit is kept together", [requested(4, at=1, key="g", **SET)], 8, 8),
        ("a refused one is not", [requested(4, at=1, key="r", **SET)], 0, 0),
        ("a component on its own is not", [requested(8, at=1, key="g")], 0, 0),
        ("an order behind it is one with it", [requested(4, at=1, key="g", **SET), ordered(4, at=2, **SET)], 8, 8),
        (
            "as far as it is not allocated",
            [requested(4, at=1, key="g", **SET), allocated(2, at=2, item="SET", parts=[("BOLT", 4), ("NUT", 6)])],
            4,
            4,
        ),
        ("less where some has shipped", [requested(4, at=1, key="g", **SET), shipment(1, at=2, **SO_1)], 0, 7),
    ],
)
def test_what_is_kept_in_one_place(story: str, events: list[StockEvent], least: int, most: int) -> None:
    assert judged(events, granted="g").planned["BOLT", "SO-1"] == (least, most)
