import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from schemas.policy_spec import Policy
from schemas.records import Envelope
from tests.schemas.small_company import company
from transforms.canonical.canonical_rules import Front
from transforms.canonical.canonicalising import CanonicaliseMessages
from transforms.canonical.mapping_rules import load_mappings
from transforms.publication.counts import CountOutcomes

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MAPPING = """\
source: shop
owner: web team
version: 1
format: json
messages:
  - name: order
    when: "message.type == 'ORDER'"
    each: message.lines
    events:
      - kind: order_recorded
        transaction_key: [message.number, line.no]
        item: line.sku
        quantity: line.qty
        channel: {value: web}
        order_reference: message.number
        occurred_at: message.at
  - name: heartbeat
    when: "message.type == 'HEARTBEAT'"
    ignore: "heartbeats carry no stock"
"""
POLICY = {
    "version": "1",
    "owner": "channel team",
    "definitions": {"sellable": {"means": "free", "dispositions": ["sellable"]}},
    "channels": {"web": {"definition": "sellable", "locations": ["EAST"], "items": "all", "pool": {"kind": "shared"}}},
}


@pytest.fixture
def front(tmp_path: Path) -> Front:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mapping.yaml").write_text(MAPPING)
    return Front(load_mappings(tmp_path), company(), Policy.model_validate(POLICY))


def message(number: int, document: Any, source: str = "shop") -> Envelope:
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Envelope(source, "json", NOON, f"m{number}", f"c{number}", {}, payload)


def order(number: str, *lines: tuple[str, Any]) -> dict[str, Any]:
    numbered = [{"no": at, "sku": sku, "qty": quantity} for at, (sku, quantity) in enumerate(lines, start=1)]
    return {"type": "ORDER", "number": number, "at": "2026-03-02T11:00:00Z", "lines": numbered}


ARRIVED = [
    message(1, order("SO-1", ("MUG", 2), ("GIFT", 1))),
    message(2, order("SO-2", ("MUG", 3))),
    message(3, order("SO-3", ("MUG", 1), ("TEAPOT", 1), ("MUG", None))),
    message(4, {"type": "HEARTBEAT"}),
    message(5, b'{"type": '),
    message(6, {"type": "SALE"}, source="till"),
]


def test_every_line_of_every_message_is_an_event_or_a_rejection_or_counted(front: Front) -> None:
    with beam.Pipeline() as pipeline:
        canonical = pipeline | beam.Create(ARRIVED) | CanonicaliseMessages(front)
        made = canonical.events | beam.Map(
            lambda event: (event.transaction_key, event.item, tuple(map(tuple, event.components)))
        )
        refused = canonical.rejections | beam.Map(lambda one: (one.message_id, one.stage, one.outcome, one.reason))
        counts = canonical.counts | CountOutcomes() | beam.Map(tuple)
        parts = (("BEANS", Decimal("0.5")), ("MUG", Decimal(1)))
        assert_that(
            made,
            equal_to(
                [
                    ("shop:order:SO-1:1", "MUG", ()),
                    ("shop:order:SO-1:2", "GIFT", parts),
                    ("shop:order:SO-2:1", "MUG", ()),
                    ("shop:order:SO-3:1", "MUG", ()),
                ]
            ),
            label="Events",
        )
        assert_that(
            refused,
            equal_to(
                [
                    ("m3", "map", "dead_letter", "missing_quantity"),
                    ("m3", "check", "parked", "unknown_item"),
                    ("m5", "decode", "dead_letter", "malformed_json"),
                    ("m6", "map", "dead_letter", "unknown_source"),
                ]
            ),
            label="Rejections",
        )
        assert_that(
            counts,
            equal_to(
                [
                    ("shop", "message", "in", "", 5, 0),
                    ("shop", "message", "mapped", "", 3, 0),
                    ("shop", "message", "events", "", 6, 0),
                    ("shop", "message", "compared", "heartbeats carry no stock", 1, 0),
                    ("shop", "message", "dead_letter", "malformed_json", 1, 0),
                    ("shop", "event", "dead_letter", "missing_quantity", 1, 0),
                    ("shop", "event", "parked", "unknown_item", 1, 0),
                    ("till", "message", "in", "", 1, 0),
                    ("till", "message", "dead_letter", "unknown_source", 1, 0),
                ]
            ),
            label="Counts",
        )
