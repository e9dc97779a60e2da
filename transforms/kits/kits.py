"""Kits: canonical events in, the same events with the components of their kits out."""

from typing import Any

import apache_beam as beam

from schemas.master_data import MasterData
from schemas.records import StockEvent
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.kits.kit_rules import exploded


class ExplodeKits(beam.PTransform[Any, Any]):
    """Name the components that an event on a kit really moves.

    In:       `StockEvent`.
    Out:      `StockEvent`, one for one; `components` filled where the item is a kit when the event occurred.
    State:    none.
    Rejects:  nothing; cycles and depth were refused when the bills of materials were loaded.
    """

    def __init__(self, master: MasterData) -> None:
        super().__init__()
        self.master = master

    def expand(self, events: Any) -> Any:
        return events | "Explode" >> beam.Map(exploded, boms=self.master.boms).with_output_types(StockEvent)
