"""What is kept of a source survives as bytes; a part that only waits touches nothing but the head and itself."""

from datetime import timedelta
from decimal import Decimal

from schemas.records import SnapshotPart
from tests.builders import hour
from tests.transforms.guard.full import LIST, part, rules
from transforms.guard.guard_state import (
    EMPTY,
    Basis,
    Closed,
    Head,
    Pending,
    due_at,
    dump_head,
    dump_part,
    dump_tables,
    load_head,
    load_parts,
    waiting,
)
from transforms.guard.table_rules import Table, tables_of

PENDING = Pending(hour(1), hour(2), is_held=False)
BASIS = Basis(hour(1), "L0", 3, True, 4, 17)


def page(number: int, lines: int = 2) -> SnapshotPart:
    return part(*[5] * lines, part=str(number), parts_announced=3, lines_announced=6)


def test_all_of_it_survives_as_bytes() -> None:
    head = Head({LIST: PENDING.with_part(page(1))}, {"EAST": BASIS}, {"L0": Closed(hour(1), True, (b"x",))})
    assert load_head(dump_head(head)) == head
    assert load_head(None) == EMPTY
    assert load_parts([dump_part(page(2)), dump_part(page(1))]) == {LIST: [page(1), page(2)]}
    tables = {"EAST": Table({"a": Decimal(1)})}
    assert tables_of(dump_tables(tables))["EAST"].rows() == {"a": Decimal(1)}


def test_a_part_that_others_must_follow_waits_without_being_looked_at() -> None:
    head = Head({LIST: PENDING.with_part(page(1))}, {}, {})
    waits = waiting(head, page(2), rules())
    assert waits is not None
    assert (waits.pending[LIST].parked_lines, waits.pending[LIST].sizes) == (4, {"1": (2, 0), "2": (2, 0)})
    assert waiting(waits, page(3), rules()) is None


def test_what_is_new_held_approved_or_passed_by_is_judged() -> None:
    there = {LIST: PENDING.with_part(page(1))}
    assert waiting(EMPTY, page(2), rules()) is None
    assert waiting(Head({LIST: there[LIST]._replace(is_held=True)}, {}, {}), page(2), rules()) is None
    assert waiting(Head(there, {}, {}), page(2), rules(LIST)) is None
    assert waiting(Head(there, {"EAST": BASIS._replace(occurred_at=hour(9))}, {}), page(2), rules()) is None


def test_what_waits_for_its_rest_and_what_waits_for_a_person_have_times_of_their_own() -> None:
    assert due_at(EMPTY, rules()) is None
    assert due_at(Head({"a": PENDING}, {}, {}), rules()) == hour(2) + timedelta(hours=2)
    assert due_at(Head({"a": PENDING._replace(is_held=True)}, {}, {}), rules()) == hour(2) + timedelta(hours=72)
