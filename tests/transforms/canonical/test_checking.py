from datetime import timedelta
from decimal import Decimal

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from schemas.policy_spec import Policy
from schemas.records import Rejection, ReportedEvent, StockEvent
from tests.schemas.small_company import company
from tests.transforms.canonical.reported import NOON, ordered, reported
from transforms.canonical.check_kinds import Problem
from transforms.canonical.checking import REJECTIONS, CheckAgainstMaster
from transforms.canonical.reported_events import event_of, rejection_of

POLICY = Policy.model_validate(
    {
        "version": "1",
        "owner": "ops",
        "definitions": {"sellable": {"means": "x", "dispositions": ["sellable"]}},
        "channels": {"web": {"definition": "sellable", "locations": ["EAST"], "items": {"except": ["MUG"]}}},
    }
)
SHIPPED = StockEvent(
    transaction_key="K1",
    kind="shipment",
    item="MUG",
    quantity=Decimal(12),
    occurred_at=NOON,
    source="wms-east",
    message_id="wms-east/x.jsonl#7",
    correlation_id="c-1",
    received_at=NOON,
    mapping_version="wms-east/ship@1",
    original_quantity=Decimal(2),
    original_unit="CA",
    location="EAST",
    disposition="sellable",
    order_reference="SO-1",
)


def test_good_events_go_on_and_the_others_leave_with_their_reason() -> None:
    lost = reported(location_code="WH-9", event_index=1)
    unwanted = ordered("reservation_requested")
    with beam.Pipeline() as pipeline:
        checked = (
            pipeline
            | beam.Create([reported(unit_code="CA"), lost, unwanted])
            | CheckAgainstMaster(company(), POLICY.eligible)
        )
        refused = checked[REJECTIONS] | "Shuffle" >> beam.Reshuffle()
        assert_that(checked.events | beam.Reshuffle(), equal_to([SHIPPED]), label="Events")
        reasons = refused | beam.Map(lambda one: (one.reason, one.outcome, one.missing_key, event_of(one.payload)))
        expected = [
            ("unknown_location", "parked", "location:wms-east:WH-9", lost),
            ("channel_ineligible", "dead_letter", "", unwanted),
        ]
        assert_that(reasons, equal_to(expected), label="Rejections")
    counters = pipeline.result.metrics().query()["counters"]
    found = {one.key.metric.name: one.committed for one in counters if one.key.metric.namespace == "check"}
    assert found == {"unknown_location": 1, "channel_ineligible": 1}


def test_a_rejection_holds_all_that_a_replay_needs() -> None:
    event = reported(location_code="WH-9", event_index=3)
    rejection = rejection_of(event, Problem("unknown_location", "location_code", "where?", "location:x", "parked"))
    assert rejection._replace(payload=b"") == Rejection(
        outcome="parked",
        stage="check",
        reason="unknown_location",
        message="where?",
        source="wms-east",
        message_id="wms-east/x.jsonl#7",
        event_index=3,
        correlation_id="c-1",
        received_at=NOON,
        mapping_version="wms-east/ship@1",
        transaction_key="K1",
        missing_key="location:x",
        format="reported_event",
        payload=b"",
    )


@pytest.mark.parametrize(
    "event",
    [
        reported(quantity="0.100"),
        reported(lot="Ü 1", sequence=2**60, expected_at=NOON + timedelta(microseconds=1), expires_at=NOON),
    ],
)
def test_a_rejected_event_comes_back_from_its_payload(event: ReportedEvent) -> None:
    back = event_of(rejection_of(event, Problem("missing_lot", "lot", "which?")).payload)
    assert back == event
    assert str(back.quantity) == str(event.quantity)
