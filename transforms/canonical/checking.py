"""Checking: reported events in, canonical events and rejections out."""

from collections.abc import Iterator
from typing import Any, Final, Literal

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.master_data import MasterData
from schemas.records import Rejection, ReportedEvent, StockEvent
from transforms.canonical.check_kinds import Problem
from transforms.canonical.check_rules import STAGE, Eligible, check_event
from transforms.canonical.reported_events import rejection_of

REJECTIONS: Final = "rejections"  # the tag of the output beside the main one


class CheckAgainstMaster(beam.PTransform[PCollection[ReportedEvent], Any]):
    """Turn what sources said into canonical events; refuse or park what master data does not support.

    In:       `ReportedEvent`.
    Out:      `.events`: `StockEvent`, one for each event that passes.
    State:    none.
    Rejects:  `.rejections`: `Rejection` with every reason of stage check; what is parked names the missing key.
    """

    def __init__(self, master: MasterData, eligible: Eligible | None = None) -> None:
        super().__init__()
        self.master = master
        self.eligible = eligible

    def expand(self, events: PCollection[ReportedEvent]) -> Any:
        return events | "Check" >> beam.ParDo(_CheckFn(self.master, self.eligible)).with_outputs(
            REJECTIONS, main="events"
        )


class _CheckFn(beam.DoFn):
    def __init__(self, master: MasterData, eligible: Eligible | None) -> None:
        self.master = master
        self.eligible = eligible

    def process(self, event: ReportedEvent) -> Iterator[StockEvent | TaggedOutput[Literal["rejections"], Rejection]]:
        checked = check_event(event, self.master, self.eligible)
        if isinstance(checked, Problem):
            Metrics.counter(STAGE, checked.reason).inc()
            yield TaggedOutput(REJECTIONS, rejection_of(event, checked))
        else:
            yield checked
