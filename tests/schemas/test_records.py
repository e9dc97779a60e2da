"""What must hold for every record, whatever fields it has."""

import inspect
import typing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from schemas import records
from schemas.encoding import pack, unpack
from schemas.records import CLAIM_KINDS, INBOUND_KINDS, KINDS, ON_HAND_KINDS, Component, Kind, ReportedEvent, StockEvent

RECORDS = [
    one
    for _, one in inspect.getmembers(records, inspect.isclass)
    if issubclass(one, tuple) and one.__module__ == records.__name__
]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

SAMPLES: dict[Any, Any] = {
    str: "x",
    int: 7,
    bytes: b"\x00",
    Decimal: Decimal("2.5"),
    datetime: NOON,
    dict[str, str]: {"k": "v"},
    tuple[Component, ...]: (Component("MUG", Decimal(2)),),
    int | None: 7,
    bool: True,
    Decimal | None: Decimal("2.5"),
    tuple[str, ...]: ("x", "y"),
    tuple[tuple[str, str, str], ...]: (("x", "y", "z"),),
    tuple[bytes, ...]: (b"\x00",),
    datetime | None: NOON,
    Kind: "receipt",
    records.Outcome: "posted",
}


def filled(record: type[Any]) -> Any:
    """A record with something in every field."""
    return record(**{name: SAMPLES[hint] for name, hint in typing.get_type_hints(record).items()})


def test_every_kind_is_on_hand_inbound_or_a_claim_and_only_one_of_them() -> None:
    assert set(typing.get_args(Kind)) == KINDS
    assert len(ON_HAND_KINDS) + len(INBOUND_KINDS) + len(CLAIM_KINDS) == len(KINDS) == 18


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_cannot_be_changed(record: type[NamedTuple]) -> None:
    one = filled(record)
    with pytest.raises(AttributeError):
        setattr(one, record._fields[0], "other")


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_holds_only_what_travels_exactly(record: type[NamedTuple]) -> None:
    assert set(typing.get_type_hints(record).values()) <= SAMPLES.keys()
    one = filled(record)
    back = unpack(pack(one))
    assert getattr(record, "from_row", record._make)(back) == one


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_says_what_it_is(record: type[NamedTuple]) -> None:
    assert record.__doc__ is not None
    assert not record.__doc__.startswith(f"{record.__name__}("), "the generated docstring only repeats the fields"


def test_a_stock_event_comes_back_with_its_components_as_records() -> None:
    event = filled(StockEvent)._replace(components=(Component("MUG", Decimal(2)), Component("TEA", Decimal("0.1"))))
    back = StockEvent.from_row(unpack(pack(event)))
    assert back == event
    assert [one.item for one in back.components] == ["MUG", "TEA"]


def test_a_reported_event_becomes_a_stock_event_by_the_same_names() -> None:
    in_source_words = {"item_code", "unit_code", "location_code", "to_location_code"}
    in_our_words = {"item", "location", "to_location", "original_quantity", "original_unit", "components"}
    assert set(ReportedEvent._fields) - in_source_words == set(StockEvent._fields) - in_our_words - {"schema_version"}
