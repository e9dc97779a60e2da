"""A line that comes again in other company says the same or something else, as its location's table has it."""

import pytest

from schemas.records import SnapshotPart
from tests.builders import hour
from tests.transforms.guard.full import LIST, line, part
from transforms.guard.again_rules import compare
from transforms.guard.guard_state import Basis, Closed
from transforms.guard.part_lines import SPOT_MARK, digest_of
from transforms.guard.table_rules import Table

WENT_ON = part(5, 7)
CLOSED = Closed(hour(1), is_whole=False, digests=(digest_of(WENT_ON),))
NEWEST = {"EAST": Basis(hour(1), LIST, 1, bears=True, number=1, added_rows=0)}
LATER = {"EAST": Basis(hour(2), "wms:stock:L2", 2, bears=True, number=2, added_rows=0)}


def tables() -> dict[str, Table]:
    spots = (f"SKU-{n}{SPOT_MARK}{SPOT_MARK}sellable" for n in range(2))
    return {"EAST": Table(dict(zip(spots, (line("A", 5).quantity, line("A", 7).quantity), strict=True)))}


@pytest.mark.parametrize(
    ("story", "again", "basis", "expected"),
    [
        ("as it was", WENT_ON, NEWEST, (2, 0)),
        ("as it was, long after", WENT_ON, LATER, (2, 0)),
        ("the first page of two", part(5), NEWEST, (1, 0)),
        ("the second page of two", part(7, first=1), NEWEST, (1, 0)),
        ("one line otherwise", part(5, 8), NEWEST, (1, 1)),
        ("a line that was not there", part(5, 7, 1), NEWEST, (2, 1)),
        ("as of another time", part(5, at=1.5), NEWEST, (0, 1)),
        ("in other pages, once a later one went on", part(5), LATER, (0, 1)),
    ],
)  # fmt: skip
def test_what_comes_again(story: str, again: SnapshotPart, basis: dict[str, Basis], expected: tuple[int, int]) -> None:
    found = compare(again, LIST, CLOSED, basis, tables())
    assert (found.same, len(found.other)) == expected


def test_of_one_so_old_that_its_digests_are_forgotten_all_are_duplicates() -> None:
    assert compare(part(9), LIST, CLOSED._replace(digests=()), LATER, {}).same == 1
