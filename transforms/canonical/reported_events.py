"""Reported events: one event of a message in, a rejection that carries the event itself out, and back.

Where a message is not at hand, or must not be mapped again, its one event is the payload: as JSON, without loss.
"""

import json
from datetime import datetime
from decimal import Decimal

from schemas.encoding import to_json
from schemas.records import Rejection, ReportedEvent
from transforms.canonical.check_kinds import Problem
from transforms.canonical.check_rules import refused

EVENT_FORMAT = "reported_event"  # of a rejection's payload

_TIMES = ("occurred_at", "received_at", "expected_at", "expires_at")


def rejection_of(event: ReportedEvent, problem: Problem) -> Rejection:
    """A problem with all that a replay needs; the payload is the event itself, for `event_of`."""
    return refused(event, problem, EVENT_FORMAT, to_json(event).encode())


def event_of(payload: bytes) -> ReportedEvent:
    """The event in the payload of a rejection that `rejection_of` made."""
    fields = json.loads(payload)
    fields["quantity"] = Decimal(fields["quantity"])
    for name in _TIMES:
        fields[name] = fields[name] and datetime.fromisoformat(fields[name])
    return ReportedEvent(**fields)
