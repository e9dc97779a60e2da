"""Acknowledging: EDI is answered, whatever else comes is not."""

from datetime import UTC, datetime

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from schemas.records import Envelope
from tests.transforms.arrival import edi, edifact
from transforms.arrival.acknowledging import AcknowledgeInterchanges

AT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)


def test_each_interchange_is_answered_in_its_own_standard() -> None:
    payloads = {
        "x12": edi.interchange(edi.transaction_set("945", edi.SHIPMENT)),
        "edifact": edifact.interchange(edifact.message("IFTMIN", ["BGM+1"])),
        "json": b"{}",
    }
    messages = [Envelope("3pl", form, AT, form, "c-1", {}, payload) for form, payload in payloads.items()]
    broken = Envelope("3pl", "x12", AT, "broken", "c-2", {}, b"hello")
    with beam.Pipeline() as pipeline:
        answers = pipeline | beam.Create([*messages, broken]) | AcknowledgeInterchanges({})
        said = answers | beam.Map(
            lambda one: (one.message_id, one.receiver, one.control_number, one.accepted, one.rejected, one.payload[:3])
        )
        assert_that(
            said, equal_to([("x12", "NORTH", "000000981", 1, 0, b"ISA"), ("edifact", "NORTH", "981", 0, 1, b"UNB")])
        )
