"""Every record crosses to another process and comes back as it was, class and all."""

import inspect
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args, get_origin, get_type_hints

import apache_beam as beam
import msgpack
import pytest
from apache_beam.coders.typecoders import registry
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from schemas import records
from schemas.records import Component, PositionRow, StockEvent, StockSignal
from tests.builders import requested
from tests.transforms.publication.rows import position
from transforms.record_coders import RECORDS, RecordCoder

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
VALUES: dict[Any, Any] = {
    str: "Größe 4 \x00 & 測試",
    int: 2**63 - 1,
    Decimal: Decimal("-0.100"),
    datetime: NOON,
    bytes: b"\x00\xff",
    bool: True,
    dict[str, str]: {"site": "EAST", "": "x"},
    tuple[tuple[str, str, str], ...]: (("MUG", "", "sellable"),),
    tuple[Component, ...]: (Component("MUG", Decimal("2.0")), Component("BEANS", Decimal("0.5"))),
}


def _value(hint: Any) -> Any:
    """A value of a field's type; one of an optional field is not None."""
    if hint in VALUES:
        return VALUES[hint]
    options = [option for option in get_args(hint) if option is not type(None)]
    return VALUES.get(options[0], options[0])  # the first of `X | None`, the first text of a Literal


def full(record_type: type[Any]) -> Any:
    return record_type(*(_value(hint) for hint in get_type_hints(record_type).values()))


def with_least(record_type: type[Any]) -> Any:
    """The record with each optional field empty, and empty text and bytes."""
    empty = {str: "", bytes: b"", int: 0, Decimal: Decimal(0), dict[str, str]: {}, tuple[Component, ...]: ()}

    def least(hint: Any) -> Any:
        return None if type(None) in get_args(hint) and get_origin(hint) is not tuple else empty.get(hint, _value(hint))

    return record_type(*(least(hint) for hint in get_type_hints(record_type).values()))


every_record = pytest.mark.parametrize("record_type", RECORDS, ids=lambda record_type: record_type.__name__)


def test_every_record_has_a_coder() -> None:
    defined = {one for _, one in inspect.getmembers(records, inspect.isclass) if one.__module__ == records.__name__}
    assert defined - set(RECORDS) == {Component}  # travels inside a `StockEvent`


@every_record
@pytest.mark.parametrize("make", [full, with_least])
def test_a_record_comes_back_as_it_was(record_type: type[Any], make: Any) -> None:
    coder = registry.get_coder(record_type)
    record = make(record_type)
    back = coder.decode(coder.encode(record))
    assert back == record
    assert repr(back) == repr(record)  # the same classes too, and 2.0 not as 2
    assert type(back) is record_type


@every_record
def test_the_registry_gives_its_coder(record_type: type[Any]) -> None:
    coder = registry.get_coder(record_type)
    assert type(coder) is RecordCoder
    assert coder.to_type_hint() is record_type


@every_record
def test_equal_records_are_equal_bytes(record_type: type[Any]) -> None:
    coder = RecordCoder(record_type)
    assert coder.is_deterministic()
    assert coder.encode(full(record_type)) == coder.encode(full(record_type))


@every_record
def test_a_coder_reaches_the_workers(record_type: type[Any]) -> None:
    coder = RecordCoder(record_type)
    arrived = pickler.loads(pickler.dumps(coder))
    assert arrived == coder
    assert hash(arrived) == hash(coder)
    assert arrived.decode(coder.encode(full(record_type))) == full(record_type)


def test_coders_of_two_records_differ() -> None:
    assert RecordCoder(StockEvent) != RecordCoder(StockSignal)


def test_the_bytes_are_data_and_hold_no_class() -> None:
    data = RecordCoder(StockEvent).encode(requested(2, at=9, item="MUG"))
    fields = msgpack.unpackb(data, timestamp=3)
    assert fields[1:3] == ["reservation_requested", "MUG"]
    assert b"StockEvent" not in data


def test_components_come_back_as_components() -> None:
    event = requested(2, at=9, item="GIFT", parts=[("MUG", 2), ("BEANS", "1.0")])
    coder = RecordCoder(StockEvent)
    assert [type(part) for part in coder.decode(coder.encode(event)).components] == [Component, Component]


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
