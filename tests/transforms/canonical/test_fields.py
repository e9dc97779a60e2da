from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mapping_values import KindValue, Origin, QuantityValue, TextValue, TimeValue
from transforms.canonical.fields import (
    TIMES_REMEMBERED,
    FieldError,
    kind_field,
    quantity_field,
    sequence_field,
    text_field,
    time_field,
    to_text,
)


def context(found: Any, **more: Any) -> dict[str, Any]:
    return {"line": {"it": found, **more}}


def refusal(read: Any, found: Any, **more: Any) -> str:
    with pytest.raises(FieldError) as caught:
        read(context(found, **more))
    return f"{caught.value.reason}: {caught.value}"


def text(**said: Any) -> Any:
    return text_field(TextValue.model_validate({"from": "line.it", **said}))


def quantity(**said: Any) -> Any:
    return quantity_field(QuantityValue.model_validate({"from": "line.it", **said}))


def time(**said: Any) -> Any:
    return time_field(TimeValue.model_validate({"from": "line.it", **said}), "America/New_York")


@pytest.mark.parametrize(
    ("found", "becomes"),
    [
        ("ABC-1", "ABC-1"),
        ("  ABC-1\n", "ABC-1"),
        ("A  B\tC\r\nD\u00a0E", "A B C D E"),  # one blank where there were line breaks and odd ones
        ("00417", "00417"),
        ("Größe 10°", "Größe 10°"),
        (None, ""),
        ("", ""),
        (417, "417"),
        (2**60, "1152921504606846976"),
        (Decimal("417.0"), "417.0"),
        (Decimal("1E+2"), "100"),
    ],
)
def test_a_scalar_is_read_as_text(found: object, becomes: str) -> None:
    assert to_text(found) == becomes


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (True, "bad_value: got True, expected text or a number"),
        (["A"], "bad_value: got a list, expected text or a number"),
        ({"A": 1}, "bad_value: got an object, expected text or a number"),
        (1.5, "bad_value: got 1.5, expected text or a number"),
        ("x" * 501, "bad_value: got 501 characters, expected at most 500"),
        ("AB\x07C", "bad_value: got 'AB\\x07C', expected text without the character U+0007"),
        ("AB\ud800", "bad_value: got 'AB\\ud800', expected text without the character U+D800"),
        (Decimal("1E+600"), "bad_value: got 601 characters, expected at most 500"),
    ],
)
def test_what_is_no_text_is_refused(found: object, message: str) -> None:
    assert refusal(text(), found) == message


def test_a_number_of_many_thousand_digits_is_no_code() -> None:
    expected = "expected text or a number of at most 500 digits"
    assert refusal(text(), 10**5000) == f"bad_value: got a number of more than a hundred digits, {expected}"


@pytest.mark.parametrize(
    ("story", "said", "found", "becomes"),
    [
        ("nothing is nothing", {}, None, ""),
        ("a default for what is missing", {"default": "EAST"}, None, "EAST"),
        ("a default for what is blank", {"default": "EAST"}, "  ", "EAST"),
        ("no default for what is there", {"default": "EAST"}, "WEST", "WEST"),
        ("a prefix", {"strip_prefix": "SKU-"}, "SKU-7", "7"),
        ("a prefix that is not there", {"strip_prefix": "SKU-"}, "7", "7"),
        ("a prefix and nothing else", {"strip_prefix": "SKU-", "default": "x"}, "SKU-", "x"),
        ("padding", {"strip_left": "0"}, "000417", "417"),
        ("padding of a zero", {"strip_left": "0"}, "000", "0"),
        ("capitals", {"upper": True}, "ea", "EA"),
        ("digits", {"digits_only": True}, "0-614141-00043-2 ²", "0614141000432"),
        ("all of it in order", {"strip_prefix": "sku", "strip_left": "0", "upper": True}, "sku00ab", "AB"),
        ("a mapped value", {"values": {"A": "sellable", "Q": "quality_hold"}}, "Q", "quality_hold"),
        ("a number among mapped values", {"values": {"33": "sellable"}}, 33, "sellable"),
        ("changed before it is mapped", {"upper": True, "values": {"A": "sellable"}}, "a", "sellable"),
        ("a default for other values", {"values": {"A": "sellable"}, "default": "quarantine"}, "Z", "quarantine"),
        ("nothing among mapped values", {"values": {"A": "sellable"}}, None, ""),
        ("nothing mapped by name", {"values": {"": "sellable"}}, None, "sellable"),
    ],
)
def test_a_text_is_changed(story: str, said: dict[str, Any], found: object, becomes: str) -> None:
    assert text(**said)(context(found)) == becomes


def test_a_value_that_is_not_mapped_is_refused_with_those_that_are() -> None:
    read = text(values={"A": "sellable", "Q": "quality_hold"})
    assert refusal(read, "Z") == "unmapped_value: got 'Z', expected one of 'A', 'Q'"


def test_of_hundreds_of_mapped_values_a_message_shows_some() -> None:
    read = text(values={str(number): "sellable" for number in range(300)})
    expected = "'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11' and 288 more"
    assert refusal(read, "Z") == f"unmapped_value: got 'Z', expected one of {expected}"


@pytest.mark.parametrize(
    ("said", "line", "becomes"),
    [
        ({"value": "web"}, {}, "web"),
        ({"value": ""}, {}, ""),
        ({"join": ["'WEB'", "line.a", "line.b"], "with": "-"}, {"a": "7", "b": 8}, "WEB-7-8"),
        ({"join": ["line.a", "line.b"]}, {"a": "7", "b": 8}, "78"),
        ({"join": ["line.a", "line.b"], "with": "-"}, {"a": "7"}, ""),  # half a reference is none
        ({"join": ["line.a", "line.b"], "with": "-"}, {"a": "7", "b": " "}, ""),
        ({"first": ["line.a", "line.b"]}, {"a": "A", "b": "B"}, "A"),
        ({"first": ["line.a", "line.b"]}, {"b": "B"}, "B"),
        ({"first": ["line.a", "line.b"]}, {"a": "", "b": "B"}, "B"),  # CSV and XML write nothing so
        ({"first": ["line.a", "line.b"]}, {"a": "  ", "b": "B"}, "B"),
        ({"first": ["line.a", "line.b"]}, {"a": 0, "b": 1}, "0"),  # zero is something
        ({"first": ["line.a", "line.b"]}, {}, ""),
    ],
)
def test_where_a_text_comes_from(said: dict[str, Any], line: dict[str, Any], becomes: str) -> None:
    assert text_field(TextValue.model_validate(said))({"line": line}) == becomes


def test_a_required_text_must_be_there() -> None:
    read = text_field(TextValue.model_validate({"from": "line.it"}), is_required=True)
    assert read(context("MUG")) == "MUG"
    assert refusal(read, " ") == "missing_field: got nothing, expected a value"


def test_a_kind_is_written_or_told_by_a_field() -> None:
    assert kind_field(KindValue.model_validate({"value": "receipt"}))({}) == "receipt"
    told = kind_field(KindValue.model_validate({"from": "line.it", "values": {"GR": "receipt", "GI": "shipment"}}))
    assert told(context("GI")) == "shipment"
    assert refusal(told, "XX") == "unmapped_value: got 'XX', expected one of 'GR', 'GI'"
    assert refusal(told, None) == "missing_field: got nothing, expected a value"


@pytest.mark.parametrize(
    ("said", "found", "becomes"),
    [
        ({}, "5.0", "5"),
        ({}, 0, "0"),
        ({"negate": True}, 5, "-5"),
        ({"negate": True}, 0, "0"),
        ({"absolute": True}, -5, "5"),
        ({"absolute": True, "negate": True}, "-5", "-5"),
        ({"negate_when": "line.sign == '-'"}, 5, "5"),
        ({"decimal": ","}, "1,5", "1.5"),
        ({"decimal": ",", "group": "."}, "1.234.567,5", "1234567.5"),
        ({"decimal": ",", "group": "."}, "-1.234", "-1234"),
        ({"decimal": ",", "group": "."}, "1234,5", "1234.5"),  # not every system groups always
        ({"group": ","}, "1,234.5", "1234.5"),
        ({"group": " "}, "1 234", "1234"),
        ({"group": "'"}, "1'234", "1234"),
        ({"decimal": ","}, Decimal("1.5"), "1.5"),  # a number is already a number
    ],
)
def test_a_quantity(said: dict[str, Any], found: object, becomes: str) -> None:
    assert str(quantity(**said)(context(found))) == becomes


def test_a_quantity_is_negated_where_a_condition_holds() -> None:
    read = quantity(negate_when="line.sign == '-'")
    assert read(context(5, sign="-")) == Decimal(-5)
    assert read(context(5, sign="+")) == Decimal(5)


def test_a_quantity_may_be_said_by_the_mapping() -> None:
    assert quantity_field(QuantityValue.model_validate({"value": 1}))({}) == Decimal(1)
    assert quantity_field(QuantityValue.model_validate({"value": "0.50"}))({}) == Decimal("0.5")


UNKNOWN = "missing_quantity: got nothing, expected a quantity: unknown is not zero"
NO_NUMBER = "expected a decimal number with at most 6 decimal places"


@pytest.mark.parametrize(
    ("said", "found", "message"),
    [
        ({}, None, UNKNOWN),
        ({}, "", UNKNOWN),
        ({}, "   ", UNKNOWN),
        ({}, "n/a", f"bad_quantity: got 'n/a', {NO_NUMBER}"),
        ({}, [5], f"bad_quantity: got a list, {NO_NUMBER}"),
        ({}, "1,5", f"bad_quantity: got '1,5', {NO_NUMBER}"),
        ({"decimal": ","}, "1.5", "bad_quantity: got '1.5', expected a number with ',' before its decimals"),
        ({"decimal": ",", "group": "."}, "1.5", "bad_quantity: got '1.5', expected '.' between groups of three digits"),
        ({"decimal": ",", "group": "."}, "1.2345", None),
        ({"decimal": ",", "group": "."}, "12345.678", None),
        ({"group": ","}, "1,5", None),
        ({"group": ","}, "1.5,000", None),
        ({"group": ","}, ",500", None),
        ({"group": ","}, "1,,500", None),
    ],
)
def test_what_is_no_quantity_is_refused(said: dict[str, Any], found: object, message: str | None) -> None:
    refused = refusal(quantity(**said), found)
    assert refused.startswith("bad_quantity: ") if message is None else refused == message


@pytest.mark.parametrize(
    ("said", "found", "becomes"),
    [
        ({}, "2026-03-02T09:15", "2026-03-02T14:15:00+00:00"),
        ({"timezone": "America/Chicago"}, "2026-03-02T09:15", "2026-03-02T15:15:00+00:00"),
        ({"format": "%Y%m%d"}, "20260302", "2026-03-02T05:00:00+00:00"),
        ({"format": ["%Y%m%d%H%M", "%Y%m%d"]}, "20260302", "2026-03-02T05:00:00+00:00"),
        ({"epoch": "ms"}, 1772442900000, "2026-03-02T09:15:00+00:00"),
        ({"epoch": "s"}, Decimal(1772442900), "2026-03-02T09:15:00+00:00"),
        ({"whole_seconds": True}, "2026-03-02T09:15:07.284Z", "2026-03-02T09:15:07+00:00"),
    ],
)
def test_a_time(said: dict[str, Any], found: object, becomes: str) -> None:
    read = time(**said)
    assert read(context(found)).isoformat() == becomes
    assert read(context(found)).isoformat() == becomes  # remembered, and still the same


@pytest.mark.parametrize("found", [None, "", "  "])
def test_a_time_may_be_missing_unless_it_is_required(found: str | None) -> None:
    assert time()(context(found)) is None
    required = time_field(TimeValue.model_validate({"from": "line.it"}), "UTC", is_required=True)
    assert refusal(required, found) == "missing_field: got nothing, expected a time"


def test_more_times_than_are_remembered_are_read_right() -> None:
    read = time(timezone="UTC")
    moments = [datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=n) for n in range(TIMES_REMEMBERED + 100)] * 2
    assert [read(context(moment.isoformat())) for moment in moments] == moments


def test_what_is_no_time_is_refused_every_time() -> None:
    read = time(format="%Y%m%d")
    for _ in range(2):
        assert refusal(read, "2026-03-02") == "bad_time: got '2026-03-02', expected a time like %Y%m%d"


def test_the_same_text_means_other_times_in_other_fields() -> None:
    assert time()(context("2026-03-02")) == datetime(2026, 3, 2, 5, tzinfo=UTC)
    assert time(timezone="UTC")(context("2026-03-02")) == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("found", "number"),
    [(None, None), ("", None), (0, 0), (7, 7), ("0007", 7), (10**17, 10**17), ("9" * 18, 10**18 - 1)],
)
def test_a_sequence_number(found: object, number: int | None) -> None:
    assert sequence_field(TextValue.model_validate({"from": "line.it"}))(context(found)) == number


def test_a_sequence_number_that_is_changed_is_changed_where_it_is_a_number_too() -> None:
    read = sequence_field(TextValue.model_validate({"from": "line.it", "strip_prefix": "1"}))
    assert read(context(107)) == read(context("107")) == 7


@pytest.mark.parametrize("found", [-1, 10**18, "-1", "7.0", "A7", "9" * 19, "\uff17", Decimal("7.5")])
def test_what_is_no_sequence_number_is_refused(found: object) -> None:
    read = sequence_field(TextValue.model_validate({"from": "line.it"}))
    assert refusal(read, found).endswith("expected a whole number of at most 18 digits")


SCALARS = st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text(max_size=20)
READERS = [
    text(),
    text(strip_prefix="A", strip_left="0", digits_only=True, upper=True, values={"1": "x"}),
    quantity(),
    quantity(absolute=True, negate_when="line.it", decimal=",", group="."),
    time(),
    time(format=["%Y%m%d", "%c"]),
    time(epoch="s"),
    sequence_field(TextValue.model_validate({"first": ["line.it", "line.it"]})),
    text_field(TextValue.model_validate({"join": ["line.it", "line.it"]}), is_required=True),
]


@given(SCALARS | st.lists(SCALARS) | st.dictionaries(st.text(), SCALARS), st.sampled_from(READERS))
def test_a_field_is_filled_or_refused_whatever_it_holds(found: object, read: Any) -> None:
    try:
        filled = read(context(found))
    except FieldError:
        return
    assert filled is None or isinstance(filled, str | int | Decimal | datetime)


def test_a_large_value_in_the_wrong_place_does_not_make_a_large_message() -> None:
    for read in READERS:
        assert len(refusal(read, "A" * 10**6)) < 200


def test_every_value_has_one_origin() -> None:
    with pytest.raises(ValueError, match="from and value given, expected one of from, value, join, first"):
        Origin.model_validate({"from": "line.it", "value": "x"})
