"""Complete snapshots in the books: what they leave out is zero as of their time, whenever it becomes known."""

from itertools import permutations
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.records import AvailabilityRow, SnapshotClosed, StockEvent
from tests.builders import count, hour, receipt, shipment, snapshot
from tests.ledgers import a_shard
from tests.published import Published
from tests.verdicts import WMS_OWNS
from transforms.ledger.entry_rules import as_entry, packed_entry
from transforms.ledger.ledger_state import dump_books, load_books, load_snapshots
from transforms.ledger.snapshot_rules import Snapshots


def full(at: float, source: str = "wms", key: str = "list", **fields: Any) -> SnapshotClosed:
    """A complete snapshot of EAST."""
    made = {"location": "EAST", "message_id": f"m-{key}", "correlation_id": f"c-{key}"} | fields
    return SnapshotClosed(key, source, occurred_at=hour(at), received_at=hour(at), **made)


def folded(*arrived: StockEvent | SnapshotClosed) -> Published:
    """Everything one after another, by an owner of what is on hand."""
    shard, seen = a_shard(owners=WMS_OWNS), Published()
    for one in arrived:
        seen.take(shard.fold([packed_entry(one)], hour(24)))
        shard.check_conservation()
    assert not seen.went_back
    return seen


def found(seen: Published) -> dict[str, int]:
    names = {key: " ".join(part for part in key if part not in {"EAST", "", "sellable"}) for key in seen.positions()}
    return {names[key]: int(quantity) for key, quantity in seen.positions().items()}


def disputes(seen: Published) -> dict[str, tuple[int, int]]:
    return {" ".join((key[0], *key[4:])): (int(a), int(b)) for key, (a, b) in seen.discrepancies().items()}


NUT = {"item": "NUT"}
OLD, NEW = {"item": "MILK", "lot": "OLD"}, {"item": "MILK", "lot": "NEW"}


@pytest.mark.parametrize(
    ("story", "arrived", "positions"),
    [
        ("what is named stays", [receipt(10, at=1), snapshot(8, at=2), full(2)], {"BOLT": 8}),
        ("left out is zero", [receipt(9, at=1), receipt(5, at=1, **NUT), snapshot(8, at=2), full(2)], {"BOLT": 8}),
        ("goods that came later stay", [receipt(10, at=1), receipt(4, at=3), full(2)], {"BOLT": 4}),
        ("a place known only later", [full(2), receipt(3, at=1.5), snapshot(8, at=2, **NUT)], {"NUT": 8}),
        ("an older snapshot does not win", [receipt(1, at=1), count(7, at=3), full(2)], {"BOLT": 7}),
        ("a count of the same time wins", [count(7, at=2), full(2), receipt(1, at=1)], {"BOLT": 7}),
        ("another lot of it", [receipt(5, at=1, **OLD), snapshot(2, at=2, **NEW), full(2)], {"MILK NEW": 2}),
        ("another disposition", [receipt(5, at=1, disposition="damaged"), snapshot(2, at=2), full(2)], {"BOLT": 2}),
        ("another place is not its business", [receipt(5, at=1, location="WEST"), full(2)], {"BOLT WEST": 5}),
        ("shipped since", [receipt(9, at=1), full(2), shipment(1, at=3)], {"BOLT": -1}),
    ],
)  # fmt: skip
def test_what_a_complete_snapshot_of_the_owner_leaves_out_is_zero(
    story: str, arrived: list[StockEvent | SnapshotClosed], positions: dict[str, int]
) -> None:
    for order in permutations(arrived):
        assert found(folded(*order, order[0])) == positions


def test_the_difference_is_reported_and_goes_away_with_a_late_line() -> None:
    left_out = folded(receipt(5, at=1), full(2))
    assert disputes(left_out) == {"BOLT snapshot wms list": (5, 0)}
    assert not disputes(folded(receipt(5, at=1), full(2), snapshot(5, at=2, key="late")))


def test_two_snapshots_of_one_time_are_one() -> None:
    one, two = full(2, key="a"), full(2, key="b")
    for order in permutations([receipt(5, at=1), one, two]):
        assert disputes(folded(*order)) == {"BOLT snapshot wms a": (5, 0)}


def test_what_another_leaves_out_is_only_reported() -> None:
    for order in permutations(
        [receipt(5, at=1), receipt(2, at=1, **NUT), snapshot(5, at=2, source="erp"), full(2, "erp")]
    ):
        seen = folded(*order)
        assert found(seen) == {"BOLT": 5, "NUT": 2}
        assert disputes(seen) == {"NUT not_owner erp list": (2, 0)}


def test_a_line_without_a_lot_names_every_lot_for_a_source_that_compares() -> None:
    milk = [receipt(3, at=1, item="MILK", lot=lot, key=lot) for lot in ("OLD", "NEW")]
    seen = folded(*milk, snapshot(6, at=2, item="MILK", source="erp"), full(2, "erp"))
    assert not disputes(seen)


def test_a_figure_is_traced_back_to_the_snapshot_that_took_it_away() -> None:
    seen = folded(receipt(5, at=1), full(2))
    assert seen.available()["BOLT", "web"] == 0
    assert seen.rows[AvailabilityRow]["BOLT", "web"].changed_by == "list"


def test_snapshots_travel_among_events_and_survive_in_state() -> None:
    assert as_entry(packed_entry(full(2))) == full(2)
    assert as_entry(pack(receipt(1, at=1))) == receipt(1, at=1)
    shard = a_shard(owners=WMS_OWNS)
    shard.fold([packed_entry(full(2)), pack(receipt(5, at=3))], hour(24))
    state = dump_books(shard.books, shard.snapshots.all())
    again = a_shard(owners=WMS_OWNS)
    again.books, again.snapshots = load_books(state), Snapshots(load_snapshots(state))
    seen = Published().take(again.fold([pack(receipt(7, at=1, **NUT))], hour(24)))
    assert not seen.positions()


def test_what_is_older_than_the_history_is_forgotten() -> None:
    kept = Snapshots([full(2, key="old"), full(24 * 32, key="new"), full(2, key="there", location="WEST")])
    kept.forget(a_shard().policy.history)
    assert [one.transaction_key for one in kept.all()] == ["new", "there"]
