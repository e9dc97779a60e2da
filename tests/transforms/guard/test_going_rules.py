"""Of a snapshot that goes on only what changed reaches the ledger, where the ledger can answer for the rest."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from schemas.records import SnapshotPart
from tests.builders import hour
from tests.transforms.guard.full import part, rules
from transforms.guard.going_rules import CHAIN_MAX, Going, let_go, next_basis
from transforms.guard.guard_state import Basis
from transforms.guard.table_rules import Table
from transforms.guard.whole_rules import Rules, Whole

ROWS = {f"SKU-{n}\x1f\x1fsellable": Decimal(5) for n in range(3)}
BASIS = Basis(hour(1), "L0", 3, True, 4, 0)


def gone_on(*parts: SnapshotPart, by: Rules | None = None, approved: bool = False, **basis: Any) -> Going:
    """After a snapshot that said 5 of SKU-0, 1 and 2."""
    whole = Whole("L1", list(parts), {"EAST": Table(ROWS)})
    return let_go(whole, {"EAST": BASIS._replace(**basis)}, by or rules(), approved=approved)


def test_only_changes_go_on_and_the_notice_answers_for_the_rest() -> None:
    going = gone_on(part(5, 6, at=2))
    (closed,) = going.closed
    assert (len(going.lines), going.unchanged, going.is_whole) == (1, 1, False)
    assert (closed.same_as, closed.gone) == (hour(1), (("SKU-2", "", "sellable"),))


NOT_PLAIN = part(5, 6, at=2)._replace(lines=part(5, 6, at=2).lines * 2)


@pytest.mark.parametrize(
    ("story", "going"),
    [
        ("of the same time as the last", gone_on(part(5, 6), occurred_at=hour(1))),
        ("older than the last", gone_on(part(5, 6), occurred_at=hour(9))),
        ("the last was not plain", gone_on(part(5, 6, at=2), bears=False)),
        ("many were told by changes", gone_on(part(5, 6, at=2), chain=CHAIN_MAX)),
        ("the last is long ago", gone_on(part(5, 6, at=2), occurred_at=hour(2) - timedelta(days=30))),
        ("only compared", gone_on(part(5, 6, at=2), by=rules(owner="other"))),
        ("let through by a person", gone_on(part(5, 6, at=2), approved=True)),
        ("received long after its time", gone_on(part(5, 6, at=2, received_at=hour(24 * 16)))),
        ("a line of it is there twice", gone_on(NOT_PLAIN)),
    ],
)
def test_a_snapshot_is_told_whole_where_changes_would_not_be_the_same(story: str, going: Going) -> None:
    assert (going.is_whole, going.unchanged, [one.same_as for one in going.closed]) == (True, 0, [None])
    assert len(going.lines) in {2, 4}


def test_a_refused_line_closes_nothing() -> None:
    going = gone_on(part(5, 6, at=2, refused=1))
    assert (len(going.lines), going.closed) == (2, [])


def test_the_next_one_is_compared_with_the_newest() -> None:
    tables: Mapping[str, Table] = {"EAST": Table(ROWS)}
    whole = Whole("L1", [part(5, 6, at=2)], tables)
    going = let_go(whole, {"EAST": BASIS}, rules(), approved=False)
    basis, rows = next_basis(whole, "EAST", going, BASIS, dict(tables))
    assert basis == Basis(hour(2), "L1", 4, True, 5, 2)
    assert list(rows.values()) == [Decimal(6), None]
    late, nothing = next_basis(whole, "EAST", going, BASIS._replace(occurred_at=hour(9)), dict(tables))
    assert (late.occurred_at, nothing) == (hour(9), {})
