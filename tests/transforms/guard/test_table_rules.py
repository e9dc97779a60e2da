"""A table is what the last snapshot said; the next one beside it shows what changed."""

from decimal import Decimal

import pytest

from tests.transforms.guard.full import part
from transforms.guard import table_rules
from transforms.guard.part_lines import lines_of
from transforms.guard.table_rules import Compared, Table, entries_of, tables_of

FIVE, SIX = Decimal(5), Decimal(6)


def spot(item: str) -> str:
    return f"{item}\x1f\x1fsellable"


def compared(*quantities: int) -> Compared:
    """A snapshot of SKU-0 and so on beside one that said 5 of SKU-0, 1, 2."""
    found = Compared(Table({spot(f"SKU-{n}"): FIVE for n in range(3)}))
    for one in lines_of([part(*quantities)]):
        found.take(one)
    return found


def test_only_what_changed_is_kept_of_a_snapshot() -> None:
    found = compared(5, 6, 5, 1)
    assert (found.same, found.changed) == (2, {spot("SKU-1"): SIX, spot("SKU-3"): Decimal(1)})
    assert len(found.lines) == 2
    assert list(found.differences()) == [(FIVE, SIX), (Decimal(0), Decimal(1))]


def test_what_is_no_longer_named_is_gone() -> None:
    found = compared(5, 5)
    assert (found.gone(), list(found.differences())) == ([spot("SKU-2")], [(FIVE, Decimal(0))])
    assert found.lay_before() == (3, Decimal(15))
    table = found.table
    table.change(found.rows())
    assert table.rows() == {spot("SKU-0"): FIVE, spot("SKU-1"): FIVE}


def test_a_place_named_twice_is_added_up_and_not_plain() -> None:
    found = Compared(Table({spot("SKU-0"): FIVE}))
    for one in lines_of([part(5), part(1, key="other")]):
        found.take(one)
    assert (found.is_plain, found.same, found.changed) == (False, 0, {spot("SKU-0"): SIX})


def test_a_table_is_the_sum_of_its_entries_in_whatever_order_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rules, "CHUNK_ROWS", 2)
    entries = list(entries_of("EAST", 0, {"a": FIVE, "b": FIVE, "c": FIVE}))
    entries += entries_of("EAST", 1, {"b": None, "a": SIX})
    assert len(entries) == 3
    assert {at: one.rows() for at, one in tables_of(reversed(entries)).items()} == {"EAST": {"a": SIX, "c": FIVE}}
