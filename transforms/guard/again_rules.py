"""Again rules: a part of a snapshot that went on by its changes and comes again; which lines say what was said out.

The ledger knows only the lines that changed, so the guard answers for all. A part that comes again as it was is known
by its digest. One that was put together otherwise, in other pages say, is held against the table of each location line
by line, as long as no later snapshot has changed that table.
"""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.records import SnapshotPart
from transforms.guard.guard_state import Basis, Closed
from transforms.guard.part_lines import Line, digest_of, lines_of
from transforms.guard.table_rules import Table


class Again(NamedTuple):
    """What became of the lines of a part."""

    same: int
    other: tuple[bytes, ...]  # packed lines that say something else, or of which nobody knows


def compare(
    part: SnapshotPart, key: str, closed: Closed, basis: Mapping[str, Basis], tables: Mapping[str, Table]
) -> Again:
    """The lines of a part of the snapshot `key` against what went on of it."""
    if not closed.digests or digest_of(part) in closed.digests:
        return Again(len(part.lines), ())

    def says_the_same(line: Line) -> bool:
        known = basis.get(line.location)
        if known is None or (known.snapshot, known.occurred_at) != (key, part.occurred_at):
            return False
        table = tables[line.location]
        at = table.index.get(line.spot)
        return line.is_known and at is not None and table.quantities[at] == line.quantity

    other = tuple(line.packed for line in lines_of([part]) if not says_the_same(line))
    return Again(len(part.lines) - len(other), other)
