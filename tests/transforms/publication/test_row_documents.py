"""Rows as JSON documents and Avro records: the same values that the tables hold."""

import io
import json
from typing import Any

import fastavro
import pytest

from tests.transforms.publication.rows import (
    NOON,
    alert,
    availability,
    claim,
    decision,
    discrepancy,
    ended,
    inbound,
    parked,
    position,
    rejection,
    update,
)
from transforms.publication.row_documents import avro_maker, avro_schema, json_line, json_maker
from transforms.publication.view_tables import VIEW_NAMED, view_of

RECORDS = [
    *(position("2.50"), claim(), inbound(), availability(), update(), update(previous=2), discrepancy(), decision()),
    *(alert(), rejection(payload=b"\xff\x00"), parked(), ended(3, "posted")),
]


def test_a_document_is_the_row_with_its_names() -> None:
    line = json_line(json_maker(VIEW_NAMED["position"])(position("2.50", 7)))
    assert line == (
        '{"item":"ABC-1","location":"EAST","lot":"","disposition":"sellable","on_hand_quantity":"2.5",'
        '"counted_at":null,"changed_by":"wms-east:receipt:R1:1","version":7,"unknown_since":null,"unknown_source":""}'
    )


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        (b'{"sku": "\xc3\x84"}', {"payload": '{"sku": "Ä"}'}),
        (b"", {"payload": ""}),
        (b"\xff\x00", {"payload_base64": "/wA="}),
    ],
)
def test_a_payload_is_kept_without_loss(payload: bytes, fields: dict[str, str]) -> None:
    document = json.loads(json_line(json_maker(VIEW_NAMED["dead_letter"], "R7")(rejection(payload=payload))))
    assert {name: value for name, value in document.items() if name in ("payload", "payload_base64")} == fields
    assert document["run_id"] == "R7"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_avro_gives_back_what_the_row_holds(record: Any) -> None:
    view = view_of(record)
    file = io.BytesIO()
    fastavro.writer(file, avro_schema(view), [avro_maker(view, "R7")(record)])
    file.seek(0)
    (read,) = fastavro.reader(file)
    assert read == avro_maker(view, "R7")(record)
    assert list(read) == [column.name for column in view.columns]


def test_an_avro_schema_is_exact_and_documented() -> None:
    assert avro_schema(VIEW_NAMED["inbound"]) == {
        "type": "record",
        "name": "inbound",
        "namespace": "sellable.views",
        "doc": "supply that is expected of one order",
        "fields": [
            {"name": "item", "type": "string", "doc": "item"},
            {"name": "location", "type": "string", "doc": "location"},
            {
                "name": "order_reference",
                "type": "string",
                "doc": "sales order or hold for claims; purchase order or ship notice for inbound",
            },
            {"name": "open_quantity", "type": "string", "doc": "what is still open, in base units"},
            {
                "name": "expected_at",
                "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}],
                "doc": "when the supply is expected; empty where nobody said",
                "default": None,
            },
            {
                "name": "version",
                "type": "long",
                "doc": "grows with each change; a row is replaced only by a higher one",
            },
        ],
    }


def test_avro_holds_times_as_times_and_quantities_as_text() -> None:
    record = avro_maker(VIEW_NAMED["inbound"])(inbound("7.0"))
    assert (record["expected_at"], record["open_quantity"]) == (NOON, "7")
