"""Records cross from one process to another as data, and the class comes back with its methods."""

import inspect
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import apache_beam as beam
import pytest
from apache_beam import coders
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from schemas import records
from schemas.records import Component, PositionRow, StockEvent
from tests.builders import receipt, shipment
from tests.transforms.publication.rows import position
from transforms.record_coders import RECORDS, RecordCoder

INSIDE_OTHERS = {records.Component}
ROUND = {
    "str": "ü",
    "int": 7,
    "bool": True,
    "bytes": b"\x00\xff",
    "Decimal": Decimal("0.10"),
    "datetime": datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC),
    "dict": {"a": "b"},
    "tuple": (),
}


def filled(record_type: Any) -> Any:
    """A record with a value of the right type in each field."""

    def value(annotation: Any) -> Any:
        name = getattr(annotation, "__name__", str(annotation))
        return ROUND.get(str(name).split("[", maxsplit=1)[0], "ü")

    return record_type(*(value(annotation) for annotation in record_type.__annotations__.values()))


def test_every_record_has_a_coder() -> None:
    declared = {
        found
        for _, found in inspect.getmembers(records, inspect.isclass)
        if found.__module__ == records.__name__ and issubclass(found, tuple)
    }
    assert declared - INSIDE_OTHERS == set(RECORDS)
    for record_type in RECORDS:
        assert coders.registry.get_coder(record_type) == RecordCoder(record_type)


@pytest.mark.parametrize("record_type", RECORDS, ids=lambda one: one.__name__)
def test_a_record_comes_back_as_it_was(record_type: Any) -> None:
    coder, record = RecordCoder(record_type), filled(record_type)
    again = coder.decode(coder.encode(record))
    assert again == record
    assert type(again) is record_type
    assert [type(value) for value in again] == [type(value) for value in record]


def test_components_come_back_as_components() -> None:
    coder = RecordCoder(StockEvent)
    event = shipment(2, at=1, item="SET", parts=[("BOLT", 4), ("NUT", "0.5")])
    again = coder.decode(coder.encode(event))
    assert again == event
    assert all(type(part) is Component for part in again.components)


def test_decimals_and_times_are_exact() -> None:
    coder = RecordCoder(StockEvent)
    there = timezone(timedelta(hours=-5))
    event = receipt("0.100", at=1)._replace(occurred_at=datetime(2026, 3, 2, 7, 0, 0, 1, tzinfo=there))
    again = coder.decode(coder.encode(event))
    assert str(again.quantity) == "0.100"
    assert again.occurred_at == event.occurred_at
    assert again.occurred_at.tzinfo == UTC


def test_coders_are_told_apart_by_their_record() -> None:
    assert RecordCoder(StockEvent) == RecordCoder(StockEvent)
    assert hash(RecordCoder(StockEvent)) == hash(RecordCoder(StockEvent))
    assert RecordCoder(StockEvent) != RecordCoder(PositionRow)
    assert RecordCoder(StockEvent) != coders.BytesCoder()


def test_a_coder_travels_and_can_be_grouped_by() -> None:
    coder = RecordCoder(StockEvent)
    make, arguments = coder.__reduce__()
    assert make(*arguments) == coder
    assert coder.is_deterministic()
    assert coder.to_type_hint() is StockEvent


@pytest.mark.slow  # two processes take ten seconds to start
def test_a_class_survives_the_way_to_another_process_and_back() -> None:
    """Beam would otherwise hand back a generated tuple without our methods, or a pickle."""
    options = PipelineOptions(direct_running_mode="multi_processing", direct_num_workers=2)
    rows: list[Any] = [position("5"), position("7", version=2, item="NUT")]
    with beam.Pipeline(runner="FnApiRunner", options=options) as pipeline:
        kinds = (
            pipeline
            | beam.Create(rows, reshuffle=False).with_output_types(PositionRow)
            | beam.Reshuffle()
            | beam.Map(_seen).with_output_types(tuple[str, PositionRow])
        )
        assert_that(kinds, equal_to([("PositionRow", row) for row in rows]))


def _seen(row: Any) -> tuple[str, Any]:
    return type(row).__name__, row._replace(version=row.version)
