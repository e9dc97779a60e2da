import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.encoding import pack, to_json, to_json_value, unpack, unpack_many
from schemas.records import Component, Ignored, PositionRow, ReportedEvent, StockEvent

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
decimals = st.decimals(allow_nan=False, allow_infinity=False)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | texts | st.binary(max_size=30) | decimals | moments
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


@given(trees)
def test_whatever_is_packed_comes_back(tree: Any) -> None:
    assert unpack(pack(tree)) == tree


@given(decimals)
def test_a_decimal_comes_back_to_the_last_digit(number: Decimal) -> None:
    assert unpack(pack(number)).as_tuple() == number.as_tuple()


def test_equal_decimals_keep_their_own_digits() -> None:
    numbers = [Decimal(text) for text in ("5", "5.0", "5E+0", "0", "-0", "5.00")]
    assert [str(number) for number in unpack(pack(numbers))] == ["5", "5.0", "5", "0", "-0", "5.00"]


def test_what_cannot_be_packed_leaves_nothing_behind() -> None:
    with pytest.raises(TypeError, match="cannot encode"):
        pack(["half of this is packed", object()])
    assert unpack(pack("whole")) == "whole"


def test_something_large_is_packed_like_anything_else() -> None:
    assert unpack(pack(["x" * 2_000_000])) == ("x" * 2_000_000,)
    assert unpack(pack("small")) == "small"


@given(moments, st.integers(-14, 14))
def test_a_moment_is_the_same_in_every_zone_and_returns_in_utc(moment: datetime, hours: int) -> None:
    back = unpack(pack(moment.astimezone(timezone(timedelta(hours=hours)))))
    assert back == moment
    assert back.utcoffset() == timedelta(0)


@given(moments.map(lambda moment: moment.replace(microsecond=1)))
def test_a_microsecond_is_not_lost(moment: datetime) -> None:
    assert unpack(pack(moment)).microsecond == 1


EVENT = StockEvent(
    transaction_key="wms-east:shipment:S-1:1",
    kind="shipment",
    item="GIFT",
    quantity=Decimal("2.50"),
    occurred_at=NOON,
    source="wms-east",
    message_id="wms-east/x.jsonl#7",
    correlation_id="c-1",
    received_at=NOON + timedelta(microseconds=1),
    mapping_version="wms-east/shipment@1",
    original_quantity=Decimal(2),
    original_unit="CA",
    lot="Ü 1",
    sequence=2**60,
    components=(Component("MUG", Decimal(4)), Component("TEA", Decimal("0.1"))),
)


def test_a_record_comes_back_from_its_row() -> None:
    assert StockEvent.from_row(unpack(pack(EVENT))) == EVENT


def test_many_records_travel_as_one() -> None:
    rows = [Ignored("wms-east", f"m{number}", "heartbeats carry no stock") for number in range(3)]
    assert unpack_many(Ignored, pack(rows)) == rows


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime(2026, 3, 2, 12), "'2026-03-02 12:00:00' (datetime)"),  # noqa: DTZ001 - what is refused
        (2**64, "'18446744073709551616' (int)"),
        ({"x"}, "\"{'x'}\" (set)"),
        (1j, "'1j' (complex)"),
    ],
)
def test_what_no_record_holds_is_not_packed(value: object, shown: str) -> None:
    with pytest.raises(TypeError) as caught:
        pack(value)
    expected = "records hold text, bytes, 64-bit ints, Decimals and aware datetimes"
    assert str(caught.value) == f"cannot encode {shown}: {expected}"


def test_bytes_that_somebody_tampered_with_are_refused_not_run() -> None:
    with pytest.raises(ValueError, match="unknown extension code 99, expected 1"):
        unpack(msgpack.packb(msgpack.ExtType(99, b"cos\nsystem\n")))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("0.10"), "0.10"),
        (Decimal("12345678901234567890.123456"), "12345678901234567890.123456"),
        (NOON, "2026-03-02T12:00:00+00:00"),
        (b"caf\xe9", "caf\\xe9"),
        ((Component("MUG", Decimal(4)),), [{"item": "MUG", "quantity": "4"}]),
        ([1, None, "x", True], [1, None, "x", True]),
    ],
)
def test_json_holds(value: object, expected: object) -> None:
    assert to_json_value(value) == expected


def test_a_record_is_one_line_of_json_with_its_names() -> None:
    position = PositionRow("MÜG", "EAST", "", "sellable", Decimal("-2.5"), None, "k\n1", 7)
    assert to_json(position) == (
        '{"item": "MÜG", "location": "EAST", "lot": "", "disposition": "sellable", "on_hand_quantity": "-2.5",'
        ' "counted_at": null, "changed_by": "k\\n1", "version": 7, "unknown_since": null,'
        ' "unknown_source": ""}'
    )
    assert "\n" not in to_json(position)
    assert list(json.loads(to_json(EVENT))) == list(StockEvent._fields)


reported_events = st.builds(
    ReportedEvent,
    quantity=decimals,
    occurred_at=moments,
    received_at=moments,
    sequence=st.none() | st.integers(0, 10**18),
    expected_at=st.none() | moments,
    expires_at=st.none() | moments,
    location_code=texts,
    event_index=st.integers(-1, 1_000_000),
)


@given(reported_events)
def test_a_reported_event_survives_bytes(event: ReportedEvent) -> None:
    assert ReportedEvent(*unpack(pack(event))) == event
