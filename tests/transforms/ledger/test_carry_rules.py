"""A snapshot that tells only what changed is a count of everything else too, entered once it matters."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise, permutations
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.records import SnapshotClosed, StockEvent
from tests.builders import count, hour, receipt, shipment, snapshot, unknown
from tests.ledgers import HERE, a_shard
from tests.verdicts import WMS_OWNS
from transforms.ledger.carry_rules import in_order, matters, needed, row_before, told
from transforms.ledger.entry_rules import packed_entry
from transforms.ledger.position_rules import Cell, Count, Move
from transforms.ledger.shard_rules import Shard


def notice(at: float, same_as: float | None = None, source: str = "wms", **fields: Any) -> SnapshotClosed:
    base = None if same_as is None else hour(same_as)
    made = SnapshotClosed(f"L{at}", source, "EAST", hour(at), hour(at), "m", "c", base)
    return made._replace(**fields)


def kept(*notices: SnapshotClosed) -> dict[tuple[Any, str], SnapshotClosed]:
    return {(one.occurred_at, one.source): one for one in notices}


def counted(quantity: int, at: float, kind: str = "snapshot") -> Count:
    return Count(
        occurred_at=hour(at),
        quantity=Decimal(quantity),
        source="wms",
        sequence=None,
        received_at=hour(at),
        key=f"{kind}{at}",
        kind=kind,
    )


def folded(*arrived: StockEvent | SnapshotClosed) -> Shard:
    shard = a_shard(owners=WMS_OWNS)
    for one in arrived:
        shard.fold([packed_entry(one) if isinstance(one, SnapshotClosed) else pack(one)], hour(24))
        shard.check_conservation()
    return shard


def on_hand(shard: Shard) -> tuple[int, int]:
    """On hand, and how many counts it rests on."""
    cell = shard.books["BOLT"].cells[HERE]
    return int(cell.quantity), len(cell.counts)


SPOT = ("BOLT", *HERE[1:])
FIRST = (snapshot(10, at=1), notice(1))


def test_nothing_is_entered_while_nothing_lies_between() -> None:
    for order in permutations([*FIRST, notice(2, 1), notice(3, 2)]):
        assert on_hand(folded(*order)) == (10, 1)


def test_a_late_movement_before_it_is_in_what_was_counted() -> None:
    for order in permutations([*FIRST, notice(2, 1), shipment(3, at=1.5)]):
        assert on_hand(folded(*order)) == (10, 2)


def test_what_moved_after_it_moves_what_is_on_hand() -> None:
    assert on_hand(folded(*FIRST, notice(2, 1), shipment(3, at=2.5))) == (7, 1)


def test_another_count_in_between_does_not_stay() -> None:
    for order in permutations([*FIRST, notice(2, 1), count(4, at=1.5)]):
        assert on_hand(folded(*order)) == (10, 3)


def test_what_is_gone_is_zero() -> None:
    for order in permutations([*FIRST, notice(2, 1, gone=(("BOLT", "", "sellable"),)), receipt(2, at=3)]):
        assert on_hand(folded(*order)) == (2, 2)


def test_the_row_is_looked_for_along_the_chain() -> None:
    notices = kept(notice(1), notice(2, 1), notice(3, 2))
    cell = Cell()
    cell.counts = [counted(7, 0.5), counted(10, 1), counted(3, 1.5)]
    found = row_before(cell, SPOT, told(notices, notices[hour(3), "wms"]))
    assert found is not None
    assert (found.occurred_at, found.quantity) == (hour(1), Decimal(10))
    assert [one.closed.occurred_at for one in in_order(notices, hour(2))] == [hour(2), hour(3)]


def test_without_its_base_nothing_is_known_yet() -> None:
    of = told({}, notice(3, 2))
    cell = Cell()
    cell.moves = [Move(hour(2.5), Decimal(1), "wms", None)]
    assert (of.is_rooted, row_before(cell, SPOT, of)) == (False, None)


def test_a_place_that_was_not_known_when_the_chain_began_was_not_named() -> None:
    notices = kept(notice(1), notice(3, 1))
    cell = Cell()
    cell.moves = [Move(hour(2), Decimal(1), "wms", None)]
    of = told(notices, notices[hour(3), "wms"])
    row = row_before(cell, SPOT, of)
    assert row is not None
    assert (row.quantity, matters(cell, row, hour(3)), matters(cell, row, hour(1.5))) == (Decimal(0), True, False)
    cell.moves = [Move(hour(0.5), Decimal(1), "wms", None), *cell.moves]
    assert row_before(cell, SPOT, of) is None


def unknown_since(shard: Shard) -> Any:
    word = shard.books["BOLT"].cells[HERE].unknown()
    return word and word.occurred_at


@pytest.mark.parametrize(
    ("story", "arrived", "quantity", "since"),
    [
        (
            "a word at the time of the first, which leaves the place out, ends with the next, which does so too",
            [receipt(4, at=0.5), unknown(0, at=1), notice(1), notice(2, 1)],
            0,
            None,
        ),
        (
            "so it does where the place became gone at that time",
            [*FIRST, notice(2, 1, gone=(("BOLT", "", "sellable"),)), unknown(0, at=2), notice(3, 2)],
            0,
            None,
        ),
        (
            "a word at the time of the next is taken for its line, since the place was left out before",
            [notice(1), receipt(3, at=1.5), unknown(0, at=2), notice(2, 1)],
            3,
            hour(2),
        ),
        (
            "a word at the time of the next stands beside the figure that it says again",
            [*FIRST, shipment(4, at=1.5), unknown(0, at=2, received_at=3), notice(2, 1)],
            10,
            hour(2),
        ),
        (
            "a place of which nothing but a word is known was not named before",
            [notice(1), unknown(0, at=1.5), notice(2, 1)],
            0,
            None,
        ),
    ],
)
def test_a_word_that_nobody_knows_ends_as_if_every_row_had_been_told(
    story: str, arrived: list[Any], quantity: int, since: Any
) -> None:
    for order in permutations(arrived):
        shard = folded(*order)
        assert (on_hand(shard)[0], unknown_since(shard)) == (quantity, since), order


def test_before_the_row_is_folded_away_it_is_said_again() -> None:
    weeks = [24 * 7.0 * week for week in range(1, 7)]
    chain = [notice(at, before) for before, at in pairwise(weeks)]
    shard = folded(snapshot(10, at=weeks[0]), notice(weeks[0]), *chain, shipment(1, at=weeks[-1] + 1))
    shard.forget()
    cell = shard.books["BOLT"].cells[HERE]
    assert [(one.occurred_at, one.quantity) for one in cell.counts] == [(hour(weeks[1]), Decimal(10))]
    assert cell.quantity == 9
    shard.fold([pack(shipment(2, at=weeks[4] + 1))], hour(24))
    assert cell.quantity == 9


def test_what_was_said_again_stays_when_another_lot_becomes_known() -> None:
    """All snapshots are applied to the item anew then, and the row that it rests on is folded away."""
    weeks = [24 * 7.0 * week for week in range(1, 7)]
    chain = [notice(at, before) for before, at in pairwise(weeks)]
    lines = [snapshot(10, at=weeks[0], item="MILK", lot="OLD"), notice(weeks[0]), *chain]
    shard = folded(*lines, receipt(2, at=weeks[3], key="between", item="MILK", lot="OLD"))
    fold_in = shipment(1, at=weeks[-1] + 1, item="MILK", lot="OLD")
    shard.fold([pack(fold_in)], hour(24))
    shard.forget()
    cell = shard.books["MILK"].cells["EAST", "OLD", "sellable"]
    assert (cell.has_opening, int(cell.quantity)) == (True, 9)
    shard.fold([pack(receipt(3, at=weeks[-1], key="other", item="MILK", lot="NEW"))], hour(24))
    assert int(cell.quantity) == 9


def test_what_something_newer_rests_on_is_kept() -> None:
    notices = kept(notice(1), notice(2, 1), notice(3, 2), notice(1.5), notice(1, source="other"))
    assert {(one.occurred_at, one.source) for one in needed(notices, hour(3)).values()} == {
        (hour(1), "wms"),
        (hour(2), "wms"),
        (hour(3), "wms"),
        (hour(1), "other"),
    }
    orphan = kept(notice(1), notice(3, 2))
    assert needed(orphan, hour(3) + timedelta(days=1)) == orphan
