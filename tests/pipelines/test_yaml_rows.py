"""Records become rows with the columns of their view and come together unchanged; rows become stock and messages."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Optional

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.pvalue import Row
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.typehints.schemas import named_fields_from_element_type

from pipelines.yaml_rows import (
    flatten_records,
    queue_message,
    records_to_json,
    records_to_rows,
    stock_of,
    stocks_from_rows,
)
from schemas.records import Alert, PositionRow, Rejection
from transforms.offers.availability_rules import ItemStock
from transforms.offers.update_rules import StockState
from transforms.publication.view_tables import VIEW_NAMED

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
EAST = PositionRow("MUG-BLUE", "EAST", "", "sellable", Decimal("163.50"), AT, "wms-east:count:1", 4)
WEST = PositionRow("MUG-BLUE", "WEST", "", "sellable", Decimal(60), None, "wms-west:list:1", 2)
ALERT = Alert("oversell", "MUG-BLUE", "EAST", "2 more sold than there are", Decimal(2), "shop:order:1", "c-1", 3)
REJECTION = Rejection(
    outcome="dead_letter",
    stage="decode",
    reason="malformed_json",
    message="shop: expected a value",
    source="shop",
    message_id="shop/1",
    event_index=-1,
    correlation_id="c-1",
    received_at=AT,
    mapping_version="",
    transaction_key="",
    missing_key="",
    format="json",
    payload=b"",
)


def test_rows_have_the_columns_of_the_view_and_its_text() -> None:
    fields = ["item", "location", "lot", "disposition", "on_hand_quantity", "counted_at", "changed_by", "version"]
    fields += ["unknown_since", "unknown_source"]
    values = ["MUG-BLUE", "EAST", "", "sellable", "163.5", "2026-03-02T15:00:00+00:00", "wms-east:count:1", 4, None, ""]
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        rows = pipeline | beam.Create([EAST]) | records_to_rows("position")
        assert_that(rows, equal_to([Row(**dict(zip(fields, values, strict=True)))]))
    types = dict(named_fields_from_element_type(rows.element_type))
    moments = dict.fromkeys(("counted_at", "unknown_since"), Optional[str])  # noqa: UP045
    assert types == dict.fromkeys(fields, str) | moments | {"version": np.int64}


def test_records_of_other_views_are_left_out() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        rows = pipeline | beam.Create([EAST, ALERT, WEST]) | records_to_rows("position")
        assert_that(rows | beam.Map(lambda row: row.location), equal_to(["EAST", "WEST"]))


@pytest.mark.parametrize(
    ("payload", "text", "base64"), [(b"{}", "{}", None), (b"\xff\x00", None, "/wA=")], ids=["text", "not text"]
)
def test_a_message_in_a_row_is_text_or_base64(payload: bytes, text: str | None, base64: str | None) -> None:
    rejection = REJECTION._replace(payload=payload)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        rows = pipeline | beam.Create([rejection]) | records_to_rows("dead_letter", "run-7")
        seen = rows | beam.Map(lambda row: (row.payload, row.payload_base64, row.run_id, row.reason))
        assert_that(seen, equal_to([(text, base64, "run-7", "malformed_json")]))


@pytest.mark.parametrize("view", VIEW_NAMED)
def test_every_view_has_a_row_type(view: str) -> None:
    hint = records_to_rows(view).get_type_hints().simple_output_type("RecordsToRows")
    assert {name for name, _ in named_fields_from_element_type(hint)} >= set(VIEW_NAMED[view].key)


def test_any_record_becomes_a_line_of_json() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        rows = pipeline | beam.Create([WEST]) | records_to_json()
        assert_that(rows | beam.Map(lambda row: '"location":"WEST"' in row.line.replace(" ", "")), equal_to([True]))


def test_records_that_come_together_stay_records() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        parts = {
            "east": pipeline | "East" >> beam.Create([EAST]).with_output_types(PositionRow),
            "west": pipeline | "West" >> beam.Create([WEST]).with_output_types(PositionRow),
        }
        whole = parts | flatten_records()
        seen = whole | beam.Map(lambda record: (type(record).__name__, record.location))
        assert_that(seen, equal_to([("PositionRow", "EAST"), ("PositionRow", "WEST")]))


def test_rows_that_come_together_are_left_to_beam() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        parts = {
            "one": pipeline | "One" >> beam.Create([Row(a=1)]),
            "two": pipeline | "Two" >> beam.Create([Row(a=2, b="x")]),
        }
        whole = parts | flatten_records()
        assert_that(whole | beam.Map(lambda row: (row.a, row.b)), equal_to([(1, None), (2, "x")]))


def test_of_each_place_the_newest_row_is_its_stock() -> None:
    older, newer = EAST._replace(on_hand_quantity=Decimal(165), version=3), EAST
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        stocks = pipeline | beam.Create([newer, WEST, older]) | stocks_from_rows()
        on_hand = {("EAST", "", "sellable"): Decimal("163.50"), ("WEST", "", "sellable"): Decimal(60)}
        assert_that(stocks, equal_to([(ItemStock("MUG-BLUE", on_hand, {}, {}), StockState(4, None))]))


def test_a_table_needs_neither_lot_nor_version() -> None:
    places = [("EAST", "", "sellable", Decimal("2.5"), 0)]
    assert stock_of("BEANS", places) == (
        ItemStock("BEANS", {("EAST", "", "sellable"): Decimal("2.5")}, {}, {}),
        StockState(0, None),
    )
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        row = Row(item="BEANS", location="EAST", disposition="sellable", on_hand_quantity=2.5)
        stocks = pipeline | beam.Create([row]) | stocks_from_rows()
        assert_that(stocks, equal_to([stock_of("BEANS", places)]))


@pytest.mark.parametrize("quantity", ["many", "", "NaN"])
def test_a_quantity_that_is_no_number_ends_the_run_with_its_place(quantity: object) -> None:
    row = Row(item="BEANS", location="EAST", disposition="sellable", on_hand_quantity=quantity)
    with (
        pytest.raises(ValueError, match="of BEANS at EAST, expected a number"),
        beam.Pipeline(runner="FnApiRunner") as pipeline,
    ):
        _ = pipeline | beam.Create([row]) | stocks_from_rows()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Row(payload=b"{}", attributes={"source": "shop"}), PubsubMessage(b"{}", {"source": "shop"})),
        (Row(payload="é", attributes={}), PubsubMessage("é".encode(), {})),
        (Row(payload=b"{}"), PubsubMessage(b"{}", {})),
        (PubsubMessage(b"[]", {"source": "shop"}), PubsubMessage(b"[]", {"source": "shop"})),
    ],
)
def test_rows_of_a_queue_become_messages(row: Any, message: PubsubMessage) -> None:
    assert queue_message(row) == message
