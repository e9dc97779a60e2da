"""The oracle says of repeats, contradictions and second opinions what a person reading docs/ledger.md would say."""

import pytest

from schemas.records import StockEvent
from tests.builders import (
    Builder,
    adjustment,
    allocated,
    announced,
    count,
    disposition_changed,
    inbound_cancelled,
    ordered,
    receipt,
    requested,
    return_received,
    shipment,
    snapshot,
    transfer_received,
    transfer_shipped,
)
from tests.verdicts import WMS_OWNS, disputes, judged

POSTED = {("posted", ""): 1}
DUPLICATE = {**POSTED, ("duplicate", ""): 1}
CONFLICT = {**POSTED, ("dead_letter", "conflicting_duplicate"): 1}


@pytest.mark.parametrize(
    ("story", "events", "expected", "outcomes"),
    [
        ("the very message twice", [receipt(5, at=1, key="a")] * 2, 5, DUPLICATE),
        ("received twice", [receipt(5, at=1, key="a"), receipt(5, at=1, key="a", received_at=9)], 5, DUPLICATE),
        (
            "another correlation, mapping and document are no other content",
            [
                receipt(5, at=1, key="a"),
                receipt(5, at=1, key="a", correlation_id="x", mapping_version="y", document="z", message_id="again"),
            ],
            5,
            DUPLICATE,
        ),
        ("5 is 5.0", [receipt(5, at=1, key="a"), receipt("5.0", at=1, key="a", received_at=9)], 5, DUPLICATE),
        (
            "the first received stays",
            [
                receipt(5, at=1, key="a", received_at=2, message_id="z"),
                receipt(6, at=1, key="a", received_at=3, message_id="b"),
            ],
            5,
            CONFLICT,
        ),
        (
            "even if it arrives second",
            [receipt(6, at=1, key="a", received_at=3), receipt(5, at=1, key="a", received_at=2)],
            5,
            CONFLICT,
        ),
        (
            "of two received at one time the lesser message id stays",
            [receipt(6, at=1, key="a", message_id="m2"), receipt(5, at=1, key="a", message_id="m1")],
            5,
            CONFLICT,
        ),
        (
            "a contradiction may call it something else",
            [receipt(5, at=1, key="a"), adjustment(-5, at=1, key="a", received_at=9)],
            5,
            CONFLICT,
        ),
        (
            "an earlier receipt of the same content defends it",
            [
                receipt(5, at=1, key="a", received_at=9),
                receipt(6, at=1, key="a", received_at=4),
                receipt(5, at=1, key="a", received_at=2),
            ],
            5,
            {**CONFLICT, ("duplicate", ""): 1},
        ),
        (
            "of one key on a kit and on its part the first by receipt counts",
            [shipment(1, at=1, key="a", item="KIT", parts=[("BOLT", 2)]), shipment(3, at=1, key="a", received_at=9)],
            -2,
            CONFLICT,
        ),
        (
            "a kit's key is kept under the kit",
            [shipment(1, at=1, key="a", item="KIT", parts=[("BOLT", 2)])] * 2,
            -2,
            DUPLICATE,
        ),
    ],
)
def test_a_key_counts_once(
    story: str, events: list[StockEvent], expected: int, outcomes: dict[tuple[str, str], int]
) -> None:
    result = judged(events)
    assert result.positions["BOLT", "EAST", "", "sellable"] == expected
    assert result.outcomes == outcomes


def test_of_contradicting_requests_the_first_to_arrive_stays() -> None:
    late, early = requested(5, at=1, key="a", received_at=9), requested(6, at=1, key="a", received_at=2)
    result = judged([late, early], granted="a")
    assert result.claims["BOLT", "SO-1"].open == 5
    assert result.outcomes == CONFLICT


def erp(event: StockEvent) -> StockEvent:
    return event._replace(source="erp", transaction_key=f"erp {event.transaction_key}")


@pytest.mark.parametrize(
    ("story", "events", "expected", "differences"),
    [
        ("the owner is posted", [receipt(5, at=1)], 5, {}),
        (
            "another is compared, and agrees",
            [shipment(2, at=1, order_reference="SO-1"), erp(shipment(2, at=3, order_reference="SO-1"))],
            -2,
            {},
        ),
        (
            "another is compared in sum, and does not",
            [
                shipment(2, at=1, order_reference="SO-1"),
                shipment(3, at=2, order_reference="SO-1"),
                erp(shipment(2, at=3, order_reference="SO-1")),
                erp(shipment(4, at=4, order_reference="SO-1")),
            ],
            -5,
            {"not_owner shipment:SO-1": (5, 6)},
        ),
        (
            "another place is no excuse",
            [
                receipt(0, at=1),
                shipment(2, at=1, location="WEST", order_reference="SO-1"),
                erp(shipment(2, at=3, order_reference="SO-1")),
            ],
            0,
            {"not_owner shipment:SO-1": (0, 2)},
        ),
        (
            "nor is another order",
            [shipment(2, at=1, order_reference="SO-1"), erp(shipment(2, at=3, order_reference="SO-2"))],
            -2,
            {"not_owner shipment:SO-2": (0, 2)},
        ),
        (
            "nor is another kind",
            [shipment(2, at=1, order_reference="SO-2"), erp(return_received(2, at=3, order_reference="SO-2"))],
            -2,
            {"not_owner return_received:SO-2": (0, 2)},
        ),
        (
            "judged once settled",
            [receipt(0, at=1), erp(shipment(2, at=23, order_reference="SO-1"))],
            0,
            {"not_owner shipment:SO-1": (0, 2)},
        ),
        ("and not before", [receipt(0, at=1), erp(shipment(2, at=23.5, order_reference="SO-1"))], 0, {}),
        (
            "the newest report decides when",
            [
                receipt(0, at=1),
                erp(shipment(2, at=2, order_reference="SO-1")),
                erp(shipment(2, at=23.5, order_reference="SO-1")),
            ],
            0,
            {},
        ),
        (
            "without a document it stands alone",
            [shipment(2, at=1), erp(shipment(2, at=1))],
            -2,
            {"not_owner shipment:erp shipment@1": (0, 2)},
        ),
        (
            "allocations are compared too",
            [receipt(0, at=1), allocated(5, at=2), erp(allocated(4, at=2))],
            0,
            {"not_owner reservation_allocated:SO-1": (5, 4)},
        ),
        (
            "a count is compared with its own time",
            [receipt(9, at=1), shipment(2, at=3), erp(count(9, at=2)), erp(count(9, at=4))],
            7,
            {"not_owner erp count@4": (7, 9)},
        ),
        (
            "including the owner's counts until then, and what happened at that very time",
            [
                receipt(9, at=1),
                count(5, at=3),
                shipment(2, at=4),
                count(9, at=5),
                erp(snapshot(8, at=4)),
                erp(count(9, at=5)),
            ],
            9,
            {"count count@3": (9, 5), "count count@5": (3, 9), "not_owner erp snapshot@4": (3, 8)},
        ),
        (
            "a late movement of the owner's changes that",
            [receipt(9, at=1), erp(count(7, at=4)), shipment(2, at=3, received_at=20)],
            7,
            {},
        ),
        (
            "without a lot all lots are meant",
            [
                receipt(9, at=1),
                receipt(3, at=1, key="b", lot="L1"),
                receipt(4, at=1, key="c", lot="L2"),
                erp(count(16, at=2)),
                erp(count(2, at=2, key="l", lot="L1")),
            ],
            9,
            {"not_owner erp l": (3, 2)},
        ),
        ("a place without owners is everybody's", [receipt(0, at=1), erp(receipt(5, at=1, location="WEST"))], 0, {}),
    ],
)
def test_who_does_not_own_a_fact_is_compared(
    story: str, events: list[StockEvent], expected: int, differences: dict[str, tuple[int, int]]
) -> None:
    result = judged(events, WMS_OWNS)
    assert result.positions["BOLT", "EAST", "", "sellable"] == expected
    assert disputes(result) == differences


@pytest.mark.parametrize(
    ("build", "owner"),
    [
        (receipt, "wms"),
        (shipment, "wms"),
        (adjustment, "wms"),
        (count, "wms"),
        (snapshot, "wms"),
        (transfer_shipped, "wms"),
        (transfer_received, "wms"),
        (disposition_changed, "desk"),
        (return_received, "desk"),
        (announced, "erp"),
        (inbound_cancelled, "erp"),
        (allocated, "shop"),
    ],
)
def test_each_fact_has_its_owner(build: Builder, owner: str) -> None:
    facts = {"on_hand": "wms", "dispositions": "desk", "inbound": "erp", "claims": "shop"}
    owners = {("EAST", fact): frozenset({source}) for fact, source in facts.items()}
    sources = facts.values()
    posted = [name for name in sources if ("posted", "") in judged([build(1, at=1, source=name)], owners).outcomes]
    assert posted == [owner]


def test_what_is_compared_is_counted_as_compared() -> None:
    other = erp(receipt(2, at=1))
    result = judged([receipt(2, at=1), other, other, ordered(1, at=1)], WMS_OWNS)
    assert result.outcomes == {("posted", ""): 2, ("compared", ""): 1, ("duplicate", ""): 1}
