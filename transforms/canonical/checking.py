"""Checking: reported events in, canonical events and rejections out."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from schemas.encoding import to_json
from schemas.master_data import MasterData
from schemas.records import Rejection, ReportedEvent, StockEvent
from transforms.canonical.check_kinds import Problem
from transforms.canonical.check_rules import STAGE, Eligible, check_event, refused

REJECTIONS: Final = "rejections"  # the tag of the output beside the main one
EVENT_FORMAT = "reported_event"  # of a rejected payload: one event as JSON, since the message is not at hand here


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


def rejection_of(event: ReportedEvent, problem: Problem) -> Rejection:
    """A problem with all that a replay needs; the payload is the event itself, for `event_of`."""
    return refused(event, problem, EVENT_FORMAT, to_json(event).encode())


def event_of(payload: bytes) -> ReportedEvent:
    """The event in the payload of a rejection that `rejection_of` made."""
    fields = json.loads(payload)
    fields["quantity"] = Decimal(fields["quantity"])
    for name in ("occurred_at", "received_at", "expected_at", "expires_at"):
        fields[name] = fields[name] and datetime.fromisoformat(fields[name])
    return ReportedEvent(**fields)
