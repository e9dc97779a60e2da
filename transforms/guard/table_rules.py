"""Table rules: what the last snapshot of a location said, kept small; the next one against it, and what changed, out.

A table is kept as entries that are only ever added: one whole, then one for each snapshot with what it changed, until
those hold more rows than the table itself. No entry holds more than `CHUNK_ROWS` rows.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice

from schemas.encoding import pack, unpack
from transforms.guard.part_lines import Line

ZERO = Decimal(0)
CHUNK_ROWS = 50_000
FAST = 1  # how hard entries are compressed: their texts repeat so much that little is gained by more

Rows = Mapping[str, Decimal | None]  # spot -> quantity; None: no longer there


class Table:
    """The rows of one snapshot at one location."""

    __slots__ = ("index", "quantities")

    def __init__(self, rows: Rows | None = None) -> None:
        self.index: dict[str, int] = {}
        self.quantities: list[Decimal | None] = []
        self.change(rows or {})

    def change(self, rows: Rows) -> None:
        """Take over what a later snapshot says otherwise."""
        for spot, quantity in rows.items():
            at = self.index.setdefault(spot, len(self.quantities))
            if at == len(self.quantities):
                self.quantities.append(quantity)
            else:
                self.quantities[at] = quantity

    def rows(self) -> dict[str, Decimal]:
        """Every row."""
        return {spot: there for spot, at in self.index.items() if (there := self.quantities[at]) is not None}


class Compared:
    """One snapshot at one location beside the table of the one before, line by line."""

    def __init__(self, table: Table | None) -> None:
        self.table = table or Table()
        self.seen = bytearray(len(self.table.quantities))
        self.changed: dict[str, Decimal] = {}  # spots of other quantity than before, new ones too
        self.lines: list[bytes] = []  # of those
        self.same = 0  # rows that say what was said before
        self.is_plain = True  # each spot is named once, by a plain line

    def take(self, line: Line) -> None:
        """One line; of several that name one spot the quantities are added up."""
        at = self.table.index.get(line.spot)
        before = None if at is None else self.table.quantities[at]
        named = line.spot in self.changed or (at is not None and bool(self.seen[at]))
        if at is not None:
            self.seen[at] = 1
        if not line.is_known:  # what was last said of it stays, and it is neither gone nor moved
            self.is_plain = False
            self.lines.append(line.packed)
            return
        if named:
            self.is_plain = False
            self.same -= line.spot not in self.changed
            self.changed[line.spot] = self.changed.get(line.spot, before or ZERO) + line.quantity
        elif before == line.quantity:
            self.same += 1
            return
        else:
            self.changed[line.spot] = line.quantity
        self.is_plain &= line.is_plain
        self.lines.append(line.packed)

    def gone(self) -> list[str]:
        """Spots that are no longer named."""
        seen, quantities = self.seen, self.table.quantities
        return [spot for spot, at in self.table.index.items() if not seen[at] and quantities[at] is not None]

    def differences(self) -> Iterator[tuple[Decimal, Decimal]]:
        """Before and now, of every spot that is not as it was."""
        for spot, quantity in self.changed.items():
            yield self._before(spot), quantity
        for spot in self.gone():
            yield self._before(spot), ZERO

    def _before(self, spot: str) -> Decimal:
        at = self.table.index.get(spot)
        return (None if at is None else self.table.quantities[at]) or ZERO

    def lay_before(self) -> tuple[int, Decimal]:
        """How many positions had stock, and how much of it."""
        there = [quantity for quantity in self.table.quantities if quantity]
        return len(there), sum(there, ZERO)

    def rows(self) -> dict[str, Decimal | None]:
        """What it says otherwise than the table."""
        return {**self.changed, **dict.fromkeys(self.gone())}


def entries_of(location: str, number: int, rows: Rows) -> Iterator[bytes]:
    """Rows as entries to be kept; `number` orders those of a location."""
    items = iter(rows.items())
    while chunk := list(islice(items, CHUNK_ROWS)):
        spots, quantities = zip(*chunk, strict=True)
        yield zlib.compress(pack((location, number, "\n".join(spots), quantities)), FAST)


def tables_of(entries: Iterable[bytes]) -> dict[str, Table]:
    """The tables by location, of entries in any order."""
    tables: dict[str, Table] = {}
    read = [unpack(zlib.decompress(entry)) for entry in entries]
    for location, _, spots, quantities in sorted(read, key=lambda one: one[:2]):
        rows = dict(zip(spots.split("\n"), quantities, strict=True))
        tables.setdefault(location, Table()).change(rows)
    return tables
