"""Parked: short spellings of what waits, and of what came of it."""

from datetime import timedelta
from typing import Any

from schemas.master_data import MasterData
from schemas.records import Rejection, ReportedEvent
from tests.agreement import POLICY
from tests.schemas.small_company import company, more
from tests.transforms.canonical.reported import NOON, reported
from transforms.canonical.check_kinds import Problem
from transforms.canonical.check_rules import check_event
from transforms.canonical.parking_rules import Check, Limits, Moved, check_by
from transforms.canonical.reported_events import rejection_of
from transforms.governed_rules import governed

MASTER = company()
WITH_NORTH = company(**more("locations", location="NORTH"))
LIMITS = Limits(timedelta(hours=72))


def rules(master: MasterData) -> tuple[str, Check]:
    return master.version, check_by(governed(master, POLICY))


def refused(event: ReportedEvent | None = None, master: MasterData = MASTER, **fields: Any) -> Rejection:
    """What the check says of an event: a shipment from a place that nobody knows, unless told otherwise."""
    event = event or reported(**{"location_code": "NORTH", **fields})
    problem = check_event(event, master)
    assert isinstance(problem, Problem)
    return rejection_of(event, problem)


def counts(moved: Moved) -> dict[tuple[str, str], int]:
    return {(one.outcome, one.reason): one.total for one in moved.counts}


def at(hours: float) -> Any:
    return NOON + timedelta(hours=hours)
