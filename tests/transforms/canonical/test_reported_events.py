"""An event comes back from the payload of its rejection as it was."""

from datetime import timedelta

from tests.transforms.canonical.reported import NOON, reported
from transforms.canonical.check_kinds import Problem
from transforms.canonical.reported_events import EVENT_FORMAT, event_of, rejection_of


def test_an_event_comes_back_without_loss() -> None:
    event = reported("adjustment", "-0.125", expires_at=NOON + timedelta(microseconds=1), sequence=7)
    rejection = rejection_of(event, Problem("unknown_item", "item_code", "what?", "item:wms-east:M-1", "parked"))
    assert rejection.format == EVENT_FORMAT
    assert event_of(rejection.payload) == event
