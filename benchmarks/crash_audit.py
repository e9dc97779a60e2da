"""Crash audit: what was sent and the views that a job left in, every difference from the oracle out.

The views are read as any reader would: the newest row of each key, every decision. Where the oracle's books agree with
them, nothing was lost and nothing counted twice.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.proof_audit import Deliveries, audit
from schemas.master_data import MasterData
from schemas.records import Alert, ClaimRow, Decision, Discrepancy, InboundRow, PositionRow
from tests.published import Published
from transforms.publication.view_database import open_to_read
from transforms.publication.view_tables import VIEWS

COMPARED = ("positions", "claims", "inbound", "oversell", "discrepancies", "decisions")
_READ: dict[type[Any], Any] = {Decimal: Decimal, datetime: datetime.fromisoformat}


def rows_of(database: Path) -> Iterator[Any]:
    """Every row of the views that the oracle speaks of, as the record that it was."""
    connection = open_to_read(database)
    try:
        for kind in (PositionRow, ClaimRow, InboundRow, Alert, Discrepancy, Decision):
            view = next(one for one in VIEWS if one.record is kind)
            for row in connection.execute(f"SELECT * FROM {view.name}"):
                yield kind(**{c.name: _value(row[c.name], c.type) for c in view.columns})
    finally:
        connection.close()


def _value(stored: Any, kind: type[Any]) -> Any:
    read = _READ.get(kind)
    return stored if read is None or stored is None else read(stored)


def differences(deliveries: Deliveries, database: Path, master: MasterData) -> tuple[dict[str, int], list[str]]:
    """How much was compared, and what differs, the first of each kind first."""
    seen = Published()
    seen.take_records(rows_of(database))
    found = audit(deliveries, seen, {}, master)
    compared = {
        "events": found.delivered,
        "positions": found.positions,
        "claims": found.claims,
        "inbound": found.supplies,
        "requests": found.requests,
        "decisions": len(seen.decisions),
    }
    differ = [f"{what}: {one}" for what in COMPARED for one in found.differences[what]]
    if len(seen.decisions) != found.requests:
        differ.append(f"decisions: {len(seen.decisions)} on {found.requests} requests")
    return compared, differ
