"""Guard state: what is kept of one source, in three pieces that are written apart, as bytes and back.

The head is small and written every time. The parts of what is pending and the tables of what went on are entries that
are added to, so that a part of a large snapshot costs only itself until the last of them is there.
"""

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from schemas.encoding import pack, unpack
from schemas.records import SnapshotPart
from transforms.guard.part_lines import part_id
from transforms.guard.table_rules import FAST, Table, entries_of
from transforms.guard.whole_rules import Rules

Sizes = dict[str, tuple[int, int]]  # part -> lines, refused lines


class Pending(NamedTuple):
    """A snapshot that is held, or waits for its other parts, without its lines."""

    occurred_at: datetime
    since: datetime  # when the first of it came
    is_held: bool  # a person was asked; before that it only waits for the rest
    sizes: Sizes = {}  # noqa: RUF012 - never changed in place
    parked_lines: int = 0  # those of parts that came twice, twice
    parts_announced: int = 0
    lines_announced: int = 0

    def with_part(self, part: SnapshotPart) -> "Pending":
        """With one part more."""
        return self._replace(
            sizes={**self.sizes, part_id(part): (len(part.lines), part.refused)},
            parked_lines=self.parked_lines + len(part.lines),
            parts_announced=max(self.parts_announced, part.parts_announced or 0),
            lines_announced=max(self.lines_announced, part.lines_announced or 0),
        )

    def ends_at(self, rules: Rules) -> datetime:
        """When it has waited long enough: for its rest, or for a person."""
        return self.since + (rules.held if self.is_held else rules.wait)

    def surely_lacks(self) -> bool:
        """Whether something is still to come, even if no line of it is there twice."""
        there = sum(lines + refused for lines, refused in self.sizes.values())
        return len(self.sizes) < self.parts_announced or there < self.lines_announced


class Basis(NamedTuple):
    """The last snapshot of a location that went on; its rows are the table of the location."""

    occurred_at: datetime
    snapshot: str
    chain: int  # snapshots that were told by their changes since the last that was told whole
    bears: bool  # whether the next may be told by its changes
    number: int  # of the entries of its table
    added_rows: int  # in them beyond the first


class Closed(NamedTuple):
    """A snapshot that went on, whose lines may come again."""

    occurred_at: datetime
    is_whole: bool  # the ledger knows every line of it
    digests: tuple[bytes, ...]  # of the parts of one of which it does not


class Head(NamedTuple):
    """What is always read."""

    pending: dict[str, Pending]  # by snapshot; all of it is parked
    basis: dict[str, Basis]  # by location
    closed: dict[str, Closed]


class State(NamedTuple):
    """All that is kept of one source."""

    head: Head
    parts: dict[str, list[SnapshotPart]]  # of what is pending
    tables: dict[str, Table]


EMPTY = Head({}, {}, {})
NOTHING = State(EMPTY, {}, {})


def dump_head(head: Head) -> bytes:
    """The head as bytes."""
    return pack([list(head.pending.items()), list(head.basis.items()), list(head.closed.items())])


def load_head(data: bytes | None) -> Head:
    """The reverse of `dump_head`; nothing of nothing."""
    if not data:
        return EMPTY
    pending, basis, closed = unpack(data)
    return Head(
        {key: Pending(*one) for key, one in pending},
        {location: Basis(*one) for location, one in basis},
        {key: Closed(*one) for key, one in closed},
    )


def dump_tables(tables: Mapping[str, Table]) -> list[bytes]:
    """All tables as the only entries of them."""
    return [entry for location, table in tables.items() for entry in entries_of(location, 0, table.rows())]


def dump_part(part: SnapshotPart) -> bytes:
    """A part of what is pending; its lines repeat their texts."""
    return zlib.compress(pack(part), FAST)


def load_parts(entries: Iterable[bytes]) -> dict[str, list[SnapshotPart]]:
    """Parts by snapshot, in an order that does not depend on that of the entries."""
    parts = [SnapshotPart(*unpack(zlib.decompress(entry))) for entry in entries]
    found: dict[str, list[SnapshotPart]] = {}
    for part in sorted(parts, key=lambda one: (one.received_at, one.message_id, one.part)):
        found.setdefault(part.transaction_key, []).append(part)
    return found


def waiting(head: Head, part: SnapshotPart, rules: Rules) -> Head | None:
    """The head once a part has been put to those that wait with it; None where there is something to judge."""
    key = part.transaction_key
    if key not in head.pending:
        return None
    known = head.pending[key]
    pending = known.with_part(part)
    passed_by = any(basis.occurred_at > part.occurred_at for basis in head.basis.values())
    is_judged = known.is_held or passed_by or (part.source, key) in rules.approvals
    if is_judged or not pending.surely_lacks():
        return None
    return head._replace(pending={**head.pending, key: pending})


def due_at(head: Head, rules: Rules) -> datetime | None:
    """When the clock alone has something to decide."""
    return min((one.ends_at(rules) for one in head.pending.values()), default=None)
