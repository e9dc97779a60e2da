from decimal import Decimal
from typing import Any

import pytest

from schemas.expression_syntax import OPTIONS, names_read, parse_expression


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' is not JMESPath: cannot be empty."),
        ("line.qty ==", "'line.qty ==' is not JMESPath: Incomplete expression"),
        ("line qty", "'line qty' is not JMESPath: Unexpected token: qty: Parse error at column 5"),
        ("line.'qty'", "\"line.'qty'\" is not JMESPath: Expecting: ['quoted_identifier'"),
        ("'open", "\"'open\" is not JMESPath: Unclosed ' delimiter"),
        ("lenght(line)", "'lenght(line)' calls lenght(), expected one of abs, avg, by, "),
        ("abs()", "'abs()' calls abs() with 0 arguments, expected 1"),
        ("join('-')", "\"join('-')\" calls join() with 1 arguments, expected 2"),
        ("line.a && !line.b", "'line.a && !line.b' negates only up to the first dot"),
        ("not_null()", "'not_null()' calls not_null() with 0 arguments, expected 1 or more"),
        ("line[?lenght(x) == `1`]", "'line[?lenght(x) == `1`]' calls lenght(), expected one of "),
        ("!line.back", "'!line.back' negates only up to the first dot, expected !(...) around all of it"),
        ("line[?!a.b]", "'line[?!a.b]' negates only up to the first dot, expected !(...) around all of it"),
        ("a" * 1001, "an expression of 1001 characters, expected at most 1000"),
    ],
)
def test_what_is_no_expression_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what is tested
        parse_expression(text)
    assert str(caught.value).startswith(problem)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("line.qty", {"line"}),
        ("order", {"order"}),
        ("message.lines[0].sku", {"message"}),
        ('message."@number"', {"message"}),
        ("message.N1[?N101 == 'WH'].N104 | [0]", {"message"}),  # N101 is looked up in each element
        ("message.lines[*].qty", {"message"}),
        ("message.lines[].parts[]", {"message"}),
        ("message.*.qty", {"message"}),
        ("line.a == 'x' && outer.b != index", {"line", "outer", "index"}),
        ("!(line.a) || `5`", {"line"}),
        ("join('-', [line.a, message.b])", {"line", "message"}),
        ("sort_by(message.lines, &no)[0].no", {"message"}),
        ("{a: line.x, b: order}", {"line", "order"}),
        ("by(message.items, 'id', line.item_id).sku", {"message", "line"}),
        ("'text'", set()),
        ("@", {"@"}),
        ("@.line.sku", {"@"}),
        ("[0]", {"@"}),
        ("length(@)", {"@"}),
        ("message.length(@)", {"message"}),
        ("message.lines[?@ == 'x']", {"message"}),
        ("message | @", {"message"}),
    ],
)
def test_the_names_that_an_expression_reads(text: str, names: set[str]) -> None:
    assert names_read(parse_expression(text)) == names


DATA = {
    "message": {
        "qty": Decimal("12.50"),
        "count": 3,
        "text": "12.10",
        "huge": 2**60 + 1,
        "prices": [{"id": "A", "price": 1}, {"id": "B", "price": Decimal("1.5")}],
        "numbers": [1, Decimal("0.2"), 3],
        "items": [{"id": 1, "sku": "A"}, {"id": 2, "sku": "B"}, {"id": 2, "sku": "C"}, "loose"],
    },
    "line": {"item_id": 2, "unknown": 9},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("message.qty == `12.5`", True),
        ("message.qty > `12.4`", True),
        ("`0.1`", Decimal("0.1")),
        ('`[0.1, {"a": 0.2}]`', [Decimal("0.1"), {"a": Decimal("0.2")}]),
        ("abs(message.qty)", Decimal("12.50")),
        ("sum(message.numbers)", Decimal("4.2")),
        ("avg(message.numbers)", Decimal("1.4")),
        ("avg(`[]`)", None),
        ("max(message.numbers)", 3),
        ("ceil(message.qty)", 13),
        ("to_number(message.text)", Decimal("12.10")),
        ("to_number(message.count)", 3),
        ("to_number(message.huge)", 2**60 + 1),
        ("to_number('twelve')", None),
        ("to_number('NaN')", None),
        ("to_number('1_000')", None),
        ("to_number('1E+2')", Decimal("1E+2")),
        ("max_by(message.prices, &price).id", "B"),
        ("to_number(message.items)", None),
        ("to_number(`true`)", None),
        ("to_string(message.qty)", "12.50"),
        ("to_string(message.count)", "3"),
        ("to_string(message.text)", "12.10"),
        ("by(message.items, 'id', line.item_id).sku", "B"),
        ("by(message.items, 'id', line.unknown)", None),
        ("by(message.items, 'id', line.absent)", None),
        ("by(message.absent, 'id', line.item_id)", None),
    ],
)
def test_numbers_stay_exact_and_lists_can_be_joined(text: str, value: Any) -> None:
    found = parse_expression(text).search(DATA, OPTIONS)
    assert found == value
    assert type(found) is type(value)
