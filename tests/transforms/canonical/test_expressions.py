from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from schemas.expression_syntax import OPTIONS, parse_expression
from transforms.canonical.expressions import ExpressionError, compile_read, compile_test, is_false, path_of, read_path

CONTEXT: dict[str, Any] = {
    "message": {
        "type": "SHIP",
        "id": 2**60 + 1,
        "qty": Decimal("0.10"),
        "none": None,
        "no": False,
        "zero": 0,
        "empty": "",
        "@number": "PO-1",
        "odd key": {"x": 1},
        "site": {"code": {"value": "E01"}},
        "N1": [{"N101": "SF", "N104": "A"}, {"N101": "WH"}, {"N101": "WH", "N104": "E01"}, "loose"],
    },
    "line": {"sku": "A", "qty": 1},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("message.type", "SHIP"),
        ("message.id", 2**60 + 1),
        ("message.site.code.value", "E01"),
        ("message.site.code.value.more", None),
        ("message.absent.code", None),
        ("absent", None),
        ("message.N1[0].N104", "A"),
        ("message.N1[-1]", "loose"),
        ("message.N1[9].N104", None),
        ("message.type[0]", None),
        ('message."@number"', "PO-1"),
        ('message."odd key".x', 1),
        ("'text'", "text"),
        ("message.N1[?N101 == 'WH'].N104 | [0]", "E01"),
        ("message.N1[?N101 == 'WH' && N104].N101", ["WH"]),
        ("message.N1[?N101 == 'XX'].N104 | [0]", None),
        ("message.type[?N101 == 'WH']", None),
        ("message.empty || message.type", "SHIP"),
        ("message.zero || message.type", 0),
        ("message.type && line.sku", "A"),
        ("message.none && line.sku", None),
        ("!(message.zero)", False),
        ("!(message.empty)", True),
        ("line.qty == `1`", True),
        ("message.no == `0`", False),
        ("message.none == `null`", True),
        ("message.none != 'A'", True),
        ("line.sku == message.absent", False),
        ("join('-', [message.type, line.sku])", "SHIP-A"),
        ("length(message.N1)", 4),
        ("message.qty < `0.2`", True),
        ("message.N1[*].N104", ["A", "E01"]),
        ("line.qty > message.none", None),
    ],
)
def test_an_expression_reads(text: str, value: Any) -> None:
    assert compile_read(text)(CONTEXT) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("abs(message.site)", "abs() got an object, expected number"),
        ("length(message.none)", "length() got None, expected string or array or object"),
        ("join('-', [message.none])", "join() got None, expected array-string"),
        ("contains(message.type, line.qty)", "'in <string>' requires string as left operand, not int"),
        ("line.qty > message.type", "'>' not supported between instances of 'int' and 'str'"),
        ("max_by([message, line], &type || qty)", "'>' not supported between instances of 'int' and 'str'"),
        ("message.N1[::0]", "slice step cannot be zero"),
    ],
)
def test_data_that_an_expression_is_not_made_for_is_told(text: str, problem: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_read(text)(CONTEXT)
    assert str(caught.value) == f"{text} cannot be computed: {problem}"


def test_a_whole_document_in_the_wrong_place_does_not_make_a_message_of_its_size() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_read("abs(message)")({"message": [{"sku": "x" * 100}] * 10_000})
    assert str(caught.value) == "abs(message) cannot be computed: abs() got a list, expected number"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("message.type == 'SHIP'", True),
        ("message.type != 'SHIP'", False),
        ("message.type == 'SHIP' && line.sku == 'A'", True),
        ("message.type == 'a' || message.type == 'SHIP'", True),
        ("message.type", True),
        ("message.zero", True),
        ("message.no", False),
        ("message.empty", False),
        ("message.absent", False),
        ("!(message.absent)", True),
        ("message.N1[?N101 == 'WH']", True),
        ("message.N1[?N101 == 'XX']", False),
        ("starts_with(message.type, 'SH')", True),
        ("`0`", True),
        ("`{}`", False),
    ],
)
def test_a_condition_holds_by_the_rule_of_jmespath(text: str, holds: bool) -> None:
    test = compile_test(text)
    assert test is not None
    assert test(CONTEXT) is holds


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("line.sku", ("line", "sku")),
        ("order", ("order",)),
        ('message."ns:site"', ("message", "ns:site")),
        ("message.lines[0].sku", ()),
        ("a || b", ()),
        ("'WEB'", ()),
        ("@", ()),
    ],
)
def test_a_path_of_names_is_known_as_one(text: str, names: tuple[str, ...]) -> None:
    assert path_of(text) == names


def test_a_path_is_walked_from_name_to_name() -> None:
    context = {"message": {"ns:site": "E01"}}
    assert read_path(("message", "ns:site"))(context) == "E01"
    assert read_path(("message", "ns:site", "name"))(context) is None
    assert read_path(())(context) is context


def test_no_condition_is_no_test() -> None:
    assert compile_test(None) is None


names = st.sampled_from(["a", "b", '"c d"'])
literals = st.sampled_from(["'a'", "''", "`0`", "`1`", "`true`", "`false`", "`null`", "`0.5`", "`[]`", "`[1]`"])
paths = st.lists(names, min_size=1, max_size=4).map(".".join)


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Everything that is made of two smaller expressions, and what is made of one."""
    shapes = ["({0} == {1})", "({0} != {1})", "({0} && {1})", "({0} || {1})", "({0} | {1})", "{0}[?{1}]", "{0}[?{1}].a"]
    pairs = st.builds(str.format, st.sampled_from(shapes), inner, inner)
    ones = st.builds(
        str.format,
        st.sampled_from(
            [
                "(!({0}))",
                "sort_by({0}, &a)",
                "not_null({0}, a)",
                "{0}[].b",
                "{0}[0]",
                "{0}[-1]",
                "{0}[0].a",
                "{0} | [0]",
            ]
        ),
        inner,
    )
    return pairs | ones


def written(text: str) -> bool:
    try:
        parse_expression(text)
    except ValueError:
        return False  # "'a'[0]" and its like
    return True


expressions = st.recursive(paths | literals, combined, max_leaves=5).filter(written)
scalars = st.none() | st.booleans() | st.sampled_from([0, 1, 2, "", "a", Decimal("0.5"), Decimal(0), Decimal(1)])
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c d"]), inner),
    max_leaves=12,
)
contexts = st.dictionaries(st.sampled_from(["a", "b", "c d"]), trees)


def outcome(read: Callable[[Any], Any], context: Any) -> Any:
    try:
        found = read(context)
    except (ExpressionError, JMESPathError, TypeError, ValueError):
        return "cannot be computed"
    return type(found), found


@settings(max_examples=300)
@given(expressions, contexts)
def test_the_fast_way_gives_the_answer_of_jmespath(text: str, context: dict[str, Any]) -> None:
    parsed = parse_expression(text)
    assert outcome(compile_read(text), context) == outcome(lambda data: parsed.search(data, OPTIONS), context)


@given(expressions, contexts)
def test_a_condition_holds_where_jmespath_finds_something(text: str, context: dict[str, Any]) -> None:
    test = compile_test(text)
    assert test is not None
    found = outcome(lambda data: parse_expression(text).search(data, OPTIONS), context)
    if found == "cannot be computed":
        assert outcome(test, context) == found
    else:
        assert bool(test(context)) is (found[1] is not False and found[1] not in (None, "", [], {}))


@given(trees)
def test_only_what_is_empty_or_null_or_no_is_false(value: Any) -> None:
    assert is_false(value) is (value is False or value in (None, "", [], {}))
