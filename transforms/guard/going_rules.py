"""Going rules: a snapshot that nothing speaks against in; the lines of it that the ledger needs, and its notices, out.

Where the snapshot before it went on from here too, the ledger needs only what changed. The notice says of the rest that
it is as it was then, which is a count like any other; `transforms/ledger/carry_rules.py` answers for it. A snapshot is
told whole, with every line, where that would not be the same:

- it is the first of its source and location, or not later than the last, or that one was told by lines that are not
  plain: a place named twice or without a quantity, a kit, a row with a sequence;
- the source does not own the location, so each row is compared with the books as of its time;
- lines of it were refused, or a person let it through;
- it tells of a time so long ago that the ledger may refuse some of its lines, or the last one does;
- `CHAIN_MAX` snapshots were told by their changes since the last whole one, or `GONE_MAX` positions are gone.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.records import SnapshotClosed
from transforms.guard.guard_state import Basis
from transforms.guard.part_lines import spot_of
from transforms.guard.table_rules import Rows, Table
from transforms.guard.whole_rules import Rules, Whole

UNCHANGED = "unchanged"  # the reason of rows that say what the snapshot before said
CHAIN_MAX = 100
GONE_MAX = 50_000
TIMELY_SHARE = 2  # one that is received later than the history, divided by this, after its time is told whole


class Going(NamedTuple):
    """What goes on of one snapshot."""

    lines: list[bytes]
    closed: list[SnapshotClosed]
    unchanged: int
    is_whole: bool
    bears: frozenset[str]  # locations where the next may be told by its changes


def let_go(whole: Whole, basis: Mapping[str, Basis], rules: Rules, *, approved: bool) -> Going:
    """What goes on of a snapshot that is there, with its notices unless a line was refused and nobody approved."""
    closes = approved or not whole.refused
    is_plain = whole.is_plain() and not approved and _is_timely(whole, rules.history)
    first = whole.first
    owned = [location for location in whole.locations if rules.posts(first.source, location, first.occurred_at)]
    bears = frozenset(one for one in owned if is_plain and not _has_time_of(whole, basis.get(one)))
    carried: dict[str, datetime] = {}
    if closes and bears == whole.compared.keys():
        can = all(_may_rest_on(whole, one, basis.get(one), rules.history) for one in bears)
        carried = {one: basis[one].occurred_at for one in bears} if can else {}
    closed = [_notice(whole, one, carried.get(one)) for one in whole.locations] if closes else []
    if not carried:
        return Going(list(whole.lines()), closed, 0, is_whole=True, bears=bears)
    lines = [line for compared in whole.compared.values() for line in compared.lines]
    unchanged = sum(compared.same for compared in whole.compared.values())
    return Going(lines, closed, unchanged, is_whole=False, bears=bears)


def _is_timely(whole: Whole, history: timedelta) -> bool:
    return max(part.received_at for part in whole.parts) - whole.first.occurred_at <= history / TIMELY_SHARE


def _has_time_of(whole: Whole, basis: Basis | None) -> bool:
    return basis is not None and basis.occurred_at == whole.first.occurred_at


def _may_rest_on(whole: Whole, location: str, basis: Basis | None, history: timedelta) -> bool:
    if basis is None or not basis.bears or basis.chain >= CHAIN_MAX:
        return False
    age = whole.first.occurred_at - basis.occurred_at
    return timedelta(0) < age < history and len(whole.compared[location].gone()) <= GONE_MAX


def _notice(whole: Whole, location: str, same_as: datetime | None) -> SnapshotClosed:
    first = whole.first
    return SnapshotClosed(
        transaction_key=f"{whole.key}@{location}",
        source=first.source,
        location=location,
        occurred_at=first.occurred_at,
        received_at=min(part.received_at for part in whole.parts),
        message_id=first.message_id,
        correlation_id=first.correlation_id,
        same_as=same_as,
        gone=tuple(map(spot_of, whole.compared[location].gone())) if same_as else (),
    )


def next_basis(
    whole: Whole, location: str, going: Going, known: Basis | None, tables: dict[str, Table]
) -> tuple[Basis, Rows]:
    """What the next snapshot of a location is compared with, and the rows by which its table changed."""
    at = whole.first.occurred_at
    if known is not None and known.occurred_at > at:
        return known, {}
    rows = whole.compared[location].rows()
    tables.setdefault(location, Table()).change(rows)
    chain = known.chain + 1 if known is not None and not going.is_whole else 0
    number, added = (known.number + 1, known.added_rows + len(rows)) if known else (0, 0)
    return Basis(at, whole.key, chain, location in going.bears, number, added), rows
