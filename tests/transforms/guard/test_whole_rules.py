"""What speaks against a complete snapshot."""

from decimal import Decimal

import pytest

from schemas.encoding import pack
from schemas.records import SnapshotPart
from tests.transforms.guard.full import line, part, rules
from transforms.guard.table_rules import Table
from transforms.guard.whole_rules import Whole

BEFORE = {"EAST": Table({f"SKU-{n}\x1f\x1fsellable": Decimal(10) for n in range(4)})}


@pytest.mark.parametrize(
    ("story", "parts", "lacks"),
    [
        ("one message", [part(1, 2)], ""),
        ("both pages", [part(1, part="1", parts_announced=2), part(2, first=1, part="2", parts_announced=2)], ""),
        ("one page", [part(1, part="1", parts_announced=2)], "1 of 2 parts are there"),
        ("a page twice", [part(1, part="1", parts_announced=2)] * 2, "1 of 2 parts are there"),
        ("all lines", [part(1, 2, lines_announced=2)], ""),
        ("cut off", [part(1, 2, lines_announced=3)], "2 of 3 lines are there"),
        ("a refused line was there", [part(1, 2, lines_announced=3, refused=1)], ""),
    ],
)
def test_what_is_still_to_come(story: str, parts: list[SnapshotPart], lacks: str) -> None:
    assert Whole("key", parts).lacks() == lacks


@pytest.mark.parametrize(
    ("story", "parts", "contradicts"),
    [
        ("nothing announced", [part(1, 2)], ""),
        ("the total agrees", [part(1, 2, total_announced=Decimal(3))], ""),
        ("it does not", [part(1, 2, total_announced=Decimal(4))], "its lines add up to 3, the control total is 4"),
        ("more lines", [part(1, 2, lines_announced=1)], "2 lines are there, announced were 1"),
        ("two times", [part(1), part(1, at=2)], "its parts are of several times"),
    ],
)
def test_what_contradicts_itself(story: str, parts: list[SnapshotPart], contradicts: str) -> None:
    assert Whole("key", parts).contradicts() == contradicts


@pytest.mark.parametrize(
    ("story", "quantities", "objection"),
    [
        ("as before", (10, 10, 10, 10), ""),
        ("half is gone", (10, 10), ""),
        ("more is gone", (10,), "3 of 4 positions at EAST would be empty, expected at most 50%"),
        ("the same, said as zero", (10, 0, 0, 0), "3 of 4 positions at EAST would be empty, expected at most 50%"),
        ("all of it", (), "4 of 4 positions at EAST would be empty, expected at most 50%"),
        ("moved by half", (20, 20, 10, 10), ""),
        ("moved by more", (20, 20, 11, 10), "21 of 40 at EAST would be moved, expected at most 50%"),
    ],
)
def test_what_moves_too_much(story: str, quantities: tuple[int, ...], objection: str) -> None:
    assert Whole("key", [part(*quantities)], BEFORE).moves("EAST", rules()) == objection


def test_the_first_snapshot_may_say_anything_but_nothing() -> None:
    assert Whole("key", [part(7)]).moves("EAST", rules()) == ""
    nothing = "nothing lies at EAST by it, and no snapshot went on before"
    assert Whole("key", [part(0, 0)]).moves("EAST", rules()) == nothing


def test_what_is_only_compared_moves_nothing() -> None:
    assert Whole("key", [part()], BEFORE).moves("EAST", rules(owner="other")) == ""


def unsaid(*items: str) -> SnapshotPart:
    lines = [line(item, 0)._replace(kind="unknown_count") for item in items]
    return part(10, 10)._replace(lines=tuple(pack(one) for one in (*lines, line("SKU-3", 10))))


def test_what_is_named_without_a_figure_is_neither_gone_nor_moved() -> None:
    assert Whole("key", [unsaid("SKU-0", "SKU-1", "SKU-2")], BEFORE).moves("EAST", rules()) == ""
    assert Whole("key", [unsaid("SKU-0")], BEFORE).moves("EAST", rules(zero="0.4")) != "", "two are not named at all"
    assert not Whole("key", [unsaid("SKU-0")], BEFORE).is_plain(), "so it is told whole, and the next one too"


def test_a_first_snapshot_that_knows_nothing_is_held_too() -> None:
    whole = Whole("key", [part()._replace(lines=(pack(line("SKU-0", 0)._replace(kind="unknown_count")),))])
    assert whole.moves("EAST", rules()) == "nothing lies at EAST by it, and no snapshot went on before"
