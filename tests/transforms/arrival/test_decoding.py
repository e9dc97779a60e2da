"""Decoding: the transform gives each document its message and each refusal its reason."""

from datetime import UTC, datetime
from decimal import Decimal

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from schemas.records import Envelope
from transforms.arrival.decoding import DecodeMessages

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def message(source: str, named: str, payload: bytes) -> Envelope:
    return Envelope(source, named, NOON, f"{source}/1", "c-1", {}, payload)


def test_each_document_goes_on_with_its_message_and_the_others_leave_with_their_reason() -> None:
    weighed = message("wms", "json", b'{"kg": 0.1, "id": 596884015596884015596884015, "lot": null}')
    listed = message("erp", "csv", b"item;qty\n00417;5\n")
    broken = message("shop", "json", b'{"qty": 1, "qty": 2}')
    strange = message("shop", "pdf", b"")
    with beam.Pipeline() as pipeline:
        decoded = (
            pipeline | beam.Create([weighed, listed, broken, strange]) | DecodeMessages({"erp": {"delimiter": ";"}})
        )
        expected = [
            (weighed, 0, {"kg": Decimal("0.1"), "id": 596884015596884015596884015, "lot": None}),
            (listed, 0, {"rows": [{"#line": 2, "item": "00417", "qty": "5"}]}),
        ]
        assert_that(decoded.documents | "Shuffle" >> beam.Reshuffle(), equal_to(expected), label="Documents")
        reasons = decoded.rejections | beam.Map(lambda one: (one.message_id, one.reason, one.payload))
        assert_that(
            reasons,
            equal_to([("shop/1", "duplicate_json_key", broken.payload), ("shop/1", "unknown_format", b"")]),
            label="Rejections",
        )
