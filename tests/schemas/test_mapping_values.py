from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.mapping_values import KindField, Origin, QuantityField, TextField, TimeField

TEXT: TypeAdapter[Any] = TypeAdapter(TextField)
KIND: TypeAdapter[Any] = TypeAdapter(KindField)
QUANTITY: TypeAdapter[Any] = TypeAdapter(QuantityField)
TIME: TypeAdapter[Any] = TypeAdapter(TimeField)


@pytest.mark.parametrize(
    ("field", "short", "long"),
    [
        (TEXT, "line.sku", {"from": "line.sku"}),
        (QUANTITY, "line.qty", {"from": "line.qty", "decimal": ".", "negate": False}),
        (QUANTITY, {"value": 1}, {"value": "1"}),
        (TIME, {"from": "line.at", "format": "%Y"}, {"from": "line.at", "format": ["%Y"]}),
        (KIND, "shipment", {"value": "shipment"}),
    ],
)
def test_short_forms_mean_the_long_ones(field: TypeAdapter[Any], short: Any, long: Any) -> None:
    assert field.validate_python(short) == field.validate_python(long)


@pytest.mark.parametrize(
    ("value", "expressions"),
    [
        ("line.sku", ("line.sku",)),
        ({"value": "sellable"}, ()),
        ({"join": ["line.a", "line.b"], "with": "-"}, ("line.a", "line.b")),
        ({"first": ["line.a", "line.b"]}, ("line.a", "line.b")),
    ],
)
def test_the_expressions_of_a_value(value: Any, expressions: tuple[str, ...]) -> None:
    found: Origin = TEXT.validate_python(value)
    assert found.expressions() == expressions


ONE_OF = "expected one of from, value, join, first"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (TEXT, {}, f"nothing given, {ONE_OF}"),
        (TEXT, {"from": "line.a", "value": "b"}, f"from and value given, {ONE_OF}"),
        (TEXT, {"default": "b"}, f"nothing given, {ONE_OF}"),
        (TEXT, {"from": "line.a", "with": "-"}, "with is given, expected join beside it"),
        (TEXT, {"value": "A", "upper": True}, "value given with changes to it, expected it alone"),
        (TEXT, {"value": "A", "values": {"A": "b"}}, "value given with changes to it, expected it alone"),
        (TEXT, {"from": "line.a", "strip_left": "00"}, "got '00', expected one character"),
        (KIND, {"from": "line.a"}, "no values given, expected values that lead to kinds"),
        (
            QUANTITY,
            {"from": "a", "negate": True, "negate_when": "b"},
            "negate and negate_when given, expected one of them",
        ),
        (QUANTITY, {"from": "a", "group": "."}, "group and decimal are both '.', expected different characters"),
        (QUANTITY, {"value": "one"}, "value 'one', expected a number such as 1 or 0.5"),
        (QUANTITY, {"value": "0.1234567"}, "value '0.1234567', expected a number such as 1 or 0.5"),
        (TIME, {"from": "a", "epoch": "ms", "format": "%Y"}, "epoch given with format or timezone, expected it alone"),
        (
            TIME,
            {"from": "a", "epoch": "ms", "timezone": "UTC"},
            "epoch given with format or timezone, expected it alone",
        ),
        (TIME, {"value": "2026-03-02"}, "value given, expected a time that the message tells"),
        (
            TIME,
            {"from": "a", "timezone": "Mars/Base"},
            "unknown time zone 'Mars/Base', expected a name such as America/New_York or UTC",
        ),
    ],
)
def test_a_value_that_says_nothing_or_two_things_is_refused(field: TypeAdapter[Any], value: Any, problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        field.validate_python(value)
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {problem}"]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (TEXT, {"from": "line.a", "valeus": {}}, "extra_forbidden"),
        (TEXT, {"from": "line.a", "values": {33: "sellable"}}, "string_type"),  # 033 would have lost its zero
        (TEXT, {"value": 944}, "string_type"),
        (TEXT, {"value": True}, "string_type"),
        (TEXT, {"from": "line.a", "join": []}, "too_short"),
        (QUANTITY, {"value": True}, "string_type"),
        (QUANTITY, {"from": "a", "default": "1"}, "extra_forbidden"),  # unknown is not zero, nor any other number
        (TIME, {"from": "a", "epoch": "minutes"}, "literal_error"),
        (TIME, {"from": "a", "format": [""]}, "string_too_short"),
        (TIME, {"from": "a", "format": ["%Y"] * 5}, "too_long"),
    ],
)
def test_what_the_language_does_not_have_is_refused(field: TypeAdapter[Any], value: Any, problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        field.validate_python(value)
    assert [error["type"] for error in caught.value.errors()] == [problem]
