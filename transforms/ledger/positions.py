"""Positions: canonical events in, on hand of each place out, as it changes."""

from datetime import datetime
from typing import Any

import apache_beam as beam

from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import PositionRow
from transforms.ledger.keeping import KeepLedger


class TrackPositions(beam.PTransform[Any, Any]):
    """Fold events into positions, and leave out the rest of what the ledger says.

    In:       `StockEvent`, valid, kits exploded, in any order, with duplicates.
    Out:      `PositionRow`, one for every change.
    State:    that of `KeepLedger`, which it hosts.
    Rejects:  nothing of its own; use `KeepLedger` to see what it refuses.
    """

    def __init__(self, master: MasterData, policy: Policy, as_of: datetime | None = None) -> None:
        super().__init__()
        self.master = master
        self.policy = policy
        self.as_of = as_of

    def expand(self, events: Any) -> Any:
        kept = events | "KeepLedger" >> KeepLedger(self.master, self.policy, self.as_of)
        return kept.records | "Positions" >> beam.Filter(_is_position).with_output_types(PositionRow)


def _is_position(record: Any) -> bool:
    return isinstance(record, PositionRow)
