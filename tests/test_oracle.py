"""The oracle says of positions what a person reading docs/ledger.md would say, and of any day what must be true."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from schemas.records import StockEvent
from tests.books import Books, imbalances
from tests.builders import (
    adjustment,
    count,
    disposition_changed,
    hour,
    receipt,
    return_received,
    shipment,
    snapshot,
    transfer_received,
    transfer_shipped,
)
from tests.days import Day, make_day, perturb
from tests.oracle import oracle
from tests.verdicts import disputes, judged, on_hand


@pytest.mark.parametrize(
    ("story", "events", "expected"),
    [
        ("nothing happened", [], {}),
        ("goods come and go", [receipt(9, at=1), shipment(4, at=2)], {"": 5}),
        ("more left than was known", [shipment(2, at=1)], {"": -2}),
        ("an adjustment has a sign", [adjustment(5, at=1), adjustment(-7, at=2)], {"": -2}),
        ("places differ", [receipt(5, at=1), receipt(3, at=1, key="b", location="WEST")], {"": 5, "WEST": 3}),
        ("lots differ", [receipt(5, at=1), receipt(3, at=1, key="b", lot="L1")], {"": 5, "L1": 3}),
        ("a transfer leaves its source", [receipt(9, at=1), transfer_shipped(4, at=2, to_location="WEST")], {"": 5}),
        ("and reaches its target", [transfer_received(4, at=2, location="WEST")], {"WEST": 4}),
        ("a hold", [receipt(9, at=1), disposition_changed(2, at=2, to_disposition="hold")], {"": 7, "hold": 2}),
        ("a return is not for sale", [return_received(1, at=1)], {"returns_hold": 1}),
        (
            "a kit moves its components and has no stock",
            [shipment(2, at=1, item="KIT", parts=[("BOLT", 4), ("NUT", 6)])],
            {"": -4, "NUT": -6},
        ),
    ],
)
def test_movements_move(story: str, events: list[StockEvent], expected: dict[str, int]) -> None:
    assert on_hand(judged(events)) == expected


@pytest.mark.parametrize(
    ("story", "events", "expected", "differences"),
    [
        ("the first count opens the position", [count(7, at=5)], 7, {}),
        ("what follows a count adds to it", [count(7, at=5), shipment(2, at=6)], 5, {}),
        ("a count that is right", [receipt(7, at=4), count(7, at=5)], 7, {}),
        ("a count that differs", [receipt(9, at=4), count(7, at=5)], 7, {"count count@5": (9, 7)}),
        ("it includes what happened at its time", [receipt(9, at=5), count(7, at=5)], 7, {"count count@5": (9, 7)}),
        (
            "a movement from before the count explains it",
            [receipt(9, at=1), count(7, at=5), shipment(2, at=4, received_at=20)],
            7,
            {},
        ),
        (
            "a movement between two counts explains the second",
            [count(7, at=5), count(10, at=8), receipt(3, at=6, received_at=20)],
            10,
            {},
        ),
        (
            "an older count arrives after the newer",
            [receipt(5, at=1), count(4, at=8), shipment(1, at=7), count(3, at=6, received_at=20)],
            4,
            {"count count@6": (5, 3), "count count@8": (2, 4)},
        ),
        (
            "the same source says the movement came after its count",
            [count(7, at=5, sequence=3), shipment(2, at=5, sequence=4)],
            5,
            {},
        ),
        (
            "or before it",
            [count(7, at=5, sequence=3), shipment(2, at=5, sequence=3)],
            7,
            {"count count@5": (-2, 7)},
        ),
        (
            "another source's numbers say nothing",
            [count(7, at=5, sequence=3), shipment(2, at=5, sequence=4, source="desk")],
            7,
            {"count count@5": (-2, 7)},
        ),
        (
            "nor do numbers of other times",
            [count(7, at=5, sequence=3), shipment(2, at=4, sequence=4)],
            7,
            {"count count@5": (-2, 7)},
        ),
        (
            "of two counts at one time the higher number is later, and one without is first",
            [count(7, at=5, sequence=2), count(6, at=5, key="b", sequence=1), count(5, at=5, key="c")],
            7,
            {"count b": (5, 6), "count count@5": (6, 7)},
        ),
        (
            "then the later received, whatever its key",
            [count(7, at=5, key="a", received_at=9), count(6, at=5, key="b", received_at=8)],
            7,
            {"count a": (6, 7)},
        ),
        (
            "then the greater key",
            [count(7, at=5, key="b"), count(6, at=5, key="a")],
            7,
            {"count b": (6, 7)},
        ),
        (
            "a count that was received once more, but earlier, takes the earlier place",
            [
                count(7, at=5, key="a", received_at=9),
                count(6, at=5, key="b", received_at=8),
                count(7, at=5, key="a", received_at=7, message_id="again"),
            ],
            6,
            {"count b": (7, 6)},
        ),
        (
            "a movement belongs to the first count that includes it, and to no other",
            [count(9, at=5, key="desk", source="desk"), count(7, at=5, sequence=3), shipment(2, at=5, sequence=4)],
            7,
            {"count desk": (-2, 9), "count count@5": (9, 7)},
        ),
        ("a snapshot is a count of many", [receipt(9, at=4), snapshot(0, at=5)], 0, {"snapshot snapshot@5": (9, 0)}),
        (
            "a kit's parts are counted as parts",
            [shipment(1, at=4, item="KIT", parts=[("BOLT", 2)]), count(7, at=5)],
            7,
            {"count count@5": (-2, 7)},
        ),
        (
            "a count of one lot leaves the others",
            [receipt(9, at=4), count(7, at=5, lot="L1")],
            9,
            {},
        ),
    ],
)
def test_counts_set_the_base(
    story: str, events: list[StockEvent], expected: int, differences: dict[str, tuple[int, int]]
) -> None:
    result = judged(events)
    assert result.positions["BOLT", "EAST", "", "sellable"] == expected
    assert disputes(result) == differences


def test_a_difference_within_the_tolerance_is_posted_but_no_discrepancy() -> None:
    result = judged([receipt(9, at=4), count(7, at=5), count(4, at=6)], tolerance=2)
    assert disputes(result) == {"count count@6": (7, 4)}
    assert result.accounts["BOLT"]["count_difference"] == 5


def test_every_quantity_has_its_counter_account() -> None:
    events = [receipt(20, at=1), shipment(3, at=2), adjustment(-1, at=3), transfer_shipped(5, at=4)]
    events += [transfer_received(4, at=5, location="WEST"), return_received(2, at=6), count(10, at=7)]
    events += [disposition_changed(2, at=8, to_disposition="hold")]
    result = judged(events)
    assert result.accounts == {"BOLT": {"supplier": -20, "customer": 1, "in_transit": 1, "count_difference": 2}}
    assert on_hand(result) == {"": 8, "hold": 2, "WEST": 4, "returns_hold": 2}
    assert imbalances(result) == {}


@pytest.mark.parametrize(
    ("story", "events", "expected"),
    [
        ("the same key before and after", [receipt(5, at=1, key="k"), receipt(3, at=2, key="k")], 8),
        ("both before", [receipt(5, at=1, key="k"), receipt(3, at=1.5, key="k", received_at=9)], 5),
        ("at the very moment", [receipt(5, at=1.9, key="k"), receipt(3, at=2, key="k")], 8),
        ("late, of before", [receipt(3, at=2, key="k"), receipt(5, at=1, key="k", received_at=9)], 8),
        ("delivered again after", [receipt(3, at=2, key="k"), receipt(3, at=2, key="k", received_at=9)], 3),
        ("the last epoch counts", [receipt(5, at=2, key="k"), receipt(3, at=4, key="k"), receipt(1, at=5, key="k")], 8),
        ("of another source", [receipt(5, at=1, key="k", source="erp"), receipt(3, at=3, key="k", source="erp")], 5),
    ],
)
def test_a_restored_source_uses_old_keys_for_new_facts(story: str, events: list[StockEvent], expected: int) -> None:
    epochs = [("wms", hour(4), "again"), ("wms", hour(2), "restored")]
    settle, tolerance = timedelta(hours=1), Decimal(0)
    books = oracle(
        events, now=hour(24), owner_of=lambda *_: frozenset(), settle=settle, tolerance=tolerance, epochs=epochs
    )
    assert sum(books.positions.values()) == expected


def books_of(day: Day, events: list[StockEvent]) -> Books:
    """With every third or so of the requests granted."""
    granted = {
        event.transaction_key: Fraction(1) for event in events if event.transaction_key.endswith(("1", "4", "7"))
    }
    settle, tolerance = timedelta(hours=1), Decimal(0)
    return oracle(events, now=day.now, owner_of=day.owner_of, settle=settle, tolerance=tolerance, granted=granted)


def test_on_any_day_the_accounts_sum_to_zero_and_every_delivery_has_one_outcome() -> None:
    for seed in range(200):
        day = make_day(seed)
        result = books_of(day, day.events)
        assert imbalances(result) == {}, f"day {seed}"
        assert sum(result.outcomes.values()) == len(day.events), f"day {seed}"


def test_the_order_of_arrival_means_nothing() -> None:
    for seed in range(50):
        day = make_day(seed)
        arrived = [event for bundle in perturb(day, seed) for event in bundle]
        first, second = books_of(day, day.events), books_of(day, arrived)
        for part in set(Books._fields) - {"outcomes", "contested"}:  # what came again is one more duplicate or conflict
            assert getattr(first, part) == getattr(second, part), f"{part} of day {seed}"
