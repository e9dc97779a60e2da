import json
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from schemas.records import Envelope, Ignored, ReportedEvent
from transforms.arrival.decoding import DecodeMessages
from transforms.canonical.mapping import IGNORED, REJECTIONS, MapDocuments
from transforms.canonical.mapping_rules import SourceMapping, load_mappings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MAPPING = """\
source: wms
owner: warehouse team
version: 1
format: json
messages:
  - name: receipt
    when: "message.type == 'RECEIPT'"
    each: message.lines
    events:
      - kind: receipt
        transaction_key: [message.number, line.no]
        item: line.sku
        quantity: line.qty
        location: {value: EAST}
        occurred_at: message.at
  - name: heartbeat
    when: "message.type == 'HEARTBEAT'"
    ignore: "heartbeats carry no stock"
"""
RECEIPT = {"type": "RECEIPT", "number": "R-1", "at": "2026-03-02T11:00:00Z"}


@pytest.fixture
def mappings(tmp_path: Path) -> dict[str, SourceMapping]:
    (tmp_path / "wms").mkdir()
    (tmp_path / "wms" / "mapping.yaml").write_text(MAPPING)
    return load_mappings(tmp_path)


def envelope(source: str, document: Any, message_id: str = "m1") -> Envelope:
    return Envelope(source, "json", NOON, message_id, "c-1", {}, json.dumps(document).encode())


def test_documents_become_events_and_the_rest_leaves_on_the_side(mappings: dict[str, SourceMapping]) -> None:
    lines = [{"no": 1, "sku": "MUG", "qty": "1.50"}, {"no": 2, "sku": "TEA", "qty": None}]
    arrived = [
        envelope("wms", {**RECEIPT, "lines": lines}),
        envelope("wms", {"type": "HEARTBEAT"}, "m2"),
        envelope("till", {"type": "SALE"}, "m3"),
    ]
    received = ReportedEvent(
        transaction_key="wms:receipt:R-1:1",
        kind="receipt",
        item_code="MUG",
        quantity=Decimal("1.5"),
        unit_code="",
        occurred_at=datetime(2026, 3, 2, 11, tzinfo=UTC),
        source="wms",
        message_id="m1",
        correlation_id="c-1",
        received_at=NOON,
        mapping_version="wms/receipt@1",
        location_code="EAST",
    )
    with beam.Pipeline() as pipeline:
        decoded = pipeline | beam.Create(arrived) | DecodeMessages({})
        mapped = decoded.documents | MapDocuments(mappings)
        assert_that(mapped.events | "Shuffle" >> beam.Reshuffle(), equal_to([received]), label="Events")
        told = mapped[REJECTIONS] | beam.Map(lambda one: (one.message_id, one.event_index, one.reason, one.payload))
        expected = [
            ("m1", 1, "missing_quantity", arrived[0].payload),
            ("m3", -1, "unknown_source", arrived[2].payload),
        ]
        assert_that(told, equal_to(expected), label="Rejections")
        idle = [Ignored("wms", "m2", "heartbeats carry no stock")]
        assert_that(mapped[IGNORED], equal_to(idle), label="Ignored")
    counters = pipeline.result.metrics().query()["counters"]
    found = {one.key.metric.name: one.committed for one in counters if one.key.metric.namespace == "map"}
    assert found == {"missing_quantity": 1, "unknown_source": 1}


def test_an_unknown_source_is_refused_once_however_many_documents_its_message_holds(
    mappings: dict[str, SourceMapping],
) -> None:
    message = envelope("till", {})
    with beam.Pipeline() as pipeline:
        mapped = pipeline | beam.Create([(message, 0, {}), (message, 1, {})]) | MapDocuments(mappings)
        messages = mapped[REJECTIONS] | beam.Map(lambda one: one.message)
        assert_that(messages, equal_to(["no mapping for 'till', expected one of wms"]))


def test_what_two_documents_of_one_message_are_refused_for_is_two_rows(mappings: dict[str, SourceMapping]) -> None:
    bad, worse = {"type": "nobody maps this"}, {**RECEIPT, "lines": [{"no": 1, "sku": "MUG"}]}
    message = envelope("wms", [bad, bad, worse, worse])
    with beam.Pipeline() as pipeline:
        documents = [(message, number, document) for number, document in enumerate((bad, bad, worse, worse))]
        mapped = pipeline | beam.Create(documents) | MapDocuments(mappings)
        rows = mapped[REJECTIONS] | beam.Map(lambda one: (one.message_id, one.event_index, one.reason))
        expected = [
            ("m1", -1, "no_mapping_matches"),
            ("m1", -2, "no_mapping_matches"),
            ("m1", 2_000_002, "missing_quantity"),
            ("m1", 3_000_003, "missing_quantity"),
        ]
        assert_that(rows, equal_to(expected))


def test_a_mapping_travels_to_other_processes_as_its_spec(mappings: dict[str, SourceMapping]) -> None:
    mapping = mappings["wms"]
    message = {**RECEIPT, "lines": [{"no": 1, "sku": "MUG", "qty": 3}]}
    there = pickle.loads(pickle.dumps(mapping))
    assert there.run(message, envelope("wms", message)) == mapping.run(message, envelope("wms", message))
