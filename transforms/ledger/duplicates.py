"""Duplicates: canonical events in, each fact once out."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.transforms.userstate import BagStateSpec

from schemas.encoding import pack, unpack, unpack_many
from schemas.master_data import MasterData
from schemas.records import Rejection, StockEvent
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.ledger.duplicate_rules import Seen, tell_apart, within_window
from transforms.ledger.grouping import Group, GroupByShard
from transforms.ledger.outcome_rules import rejection_of_event

REPEATED = "repeated"
REJECTIONS = "rejections"

ENTRIES_MAX = 64  # groups in the bag before they are put together and what is too old is dropped


class DropDuplicates(beam.PTransform[Any, Any]):
    """Let each business fact pass once, for flows that do not need the whole ledger.

    In:       `StockEvent`, in any order, with duplicates.
    Out:      `.new`: `StockEvent`, the first of each key; `.repeated`: those that said the same again.
    State:    a mark of each event for the time of `window`, by shard.
    Rejects:  `.rejections`: `Rejection` with reason `conflicting_duplicate`.
    """

    def __init__(self, master: MasterData, window: timedelta = timedelta(days=30)) -> None:
        super().__init__()
        self.master = master
        self.window = window

    def expand(self, events: Any) -> Any:
        hinted = beam.ParDo(_DropFn(self.window)).with_output_types(
            StockEvent, repeated=StockEvent, rejections=Rejection
        )
        return (
            events
            | "GroupByShard" >> GroupByShard(self.master)
            | "Drop" >> hinted.with_outputs(REPEATED, REJECTIONS, main="new")
        )


class _DropFn(beam.DoFn):
    SEEN = BagStateSpec("seen", BytesCoder())

    def __init__(self, window: timedelta) -> None:
        self.window = window

    def process(self, element: Group, state: Any = beam.DoFn.StateParam(SEEN)) -> Iterator[Any]:
        _, packed = element
        entries = list(state.read())
        seen = [one for entry in entries for one in unpack_many(Seen, entry)]
        told = tell_apart((StockEvent.from_row(unpack(one)) for one in unpack(packed)), seen)
        if len(entries) >= ENTRIES_MAX:
            state.clear()
            state.add(pack(within_window(seen + told.remembered, self.window)))
        elif told.remembered:
            state.add(pack(told.remembered))
        yield from told.new
        for event in told.repeated:
            yield beam.pvalue.TaggedOutput(REPEATED, event)
        for event in told.contradicting:
            message = f"key {event.transaction_key} was used before with other content"
            yield beam.pvalue.TaggedOutput(REJECTIONS, rejection_of_event(event, "conflicting_duplicate", message))
