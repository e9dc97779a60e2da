"""Expression syntax: JMESPath text in, its checked tree out, with what it reads and the functions it may call.

Two things are made exact that plain JMESPath leaves to floats: a literal such as `0.1`, and functions over numbers.
One function is added, since a JMESPath filter cannot look outside the list that it filters:

    by(message.items, 'id', line.item_id)     the first of message.items whose id equals line.item_id, or null

One trap is closed: `!a.b` is to JMESPath the b of whether there is no a, which is always null.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from jmespath import Options, functions
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult, Parser

EXPRESSION_CHARS_MAX = 1_000

_PARSER_WORDS = re.compile(r"^(Invalid|Bad) jmespath expression: |(, for expression)?:$", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)

Node = dict[str, Any]


class _Functions(functions.Functions):
    """JMESPath's functions with exact numbers, and `by`."""

    def _get_allowed_pytypes(self, types: list[str]) -> tuple[list[str], list[tuple[str, ...]]]:
        allowed, inside = super()._get_allowed_pytypes(types)
        exact = [(*names, "Decimal") if "float" in names else names for names in inside]
        return ([*allowed, "Decimal"] if "float" in allowed else allowed), exact

    def _convert_to_jmespath_type(self, name: str) -> str:
        return "number" if name == "Decimal" else str(super()._convert_to_jmespath_type(name))

    @functions.signature({"types": []})
    def _func_to_number(self, value: Any) -> Any:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return value
        return Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None

    @functions.signature({"types": []})
    def _func_to_string(self, value: Any) -> Any:
        return f"{value:f}" if isinstance(value, Decimal) else super()._func_to_string(value)

    @functions.signature({"types": ["array-number"]})
    def _func_avg(self, numbers: list[Any]) -> Decimal | None:
        return Decimal(sum(numbers)) / len(numbers) if numbers else None

    @functions.signature({"types": ["array", "null"]}, {"types": ["string"]}, {"types": []})
    def _func_by(self, elements: list[Any] | None, key: str, value: Any) -> Any:
        matching = (one for one in elements or () if isinstance(one, dict) and one.get(key) == value)
        return None if value is None else next(matching, None)


OPTIONS = Options(custom_functions=_Functions())


def parse_expression(text: str) -> ParsedResult:
    """The tree of an expression; ValueError says what is wrong with it."""
    if len(text) > EXPRESSION_CHARS_MAX:
        raise ValueError(f"an expression of {len(text)} characters, expected at most {EXPRESSION_CHARS_MAX}")
    try:
        parsed: Node = Parser().parse(text).parsed
    except JMESPathError as error:
        problem = _PARSER_WORDS.sub("", str(error).splitlines()[0])
        raise ValueError(f"{text!r} is not JMESPath: {problem}") from error
    for node in _nodes(parsed):
        if node["type"] == "function_expression":
            _check_call(text, node)
        if node["type"] == "subexpression" and node["children"][0]["type"] == "not_expression":
            raise ValueError(f"{text!r} negates only up to the first dot, expected !(...) around all of it")
    return ParsedResult(text, _exact(parsed))


def names_read(parsed: ParsedResult) -> set[str]:
    """The names that an expression looks up in its context: `message`, `line`, ...; `@` for the context itself."""
    return set(_outer_names(parsed.parsed))


def _check_call(text: str, node: Node) -> None:
    table = _Functions.FUNCTION_TABLE
    name, given = node["value"], len(node["children"])
    if name not in table:
        raise ValueError(f"{text!r} calls {name}(), expected one of {', '.join(sorted(table))}")
    signature = table[name]["signature"]
    variadic = bool(signature) and signature[-1].get("variadic", False)
    if given != len(signature) and not (variadic and given > len(signature)):
        expected = f"{len(signature)} or more" if variadic else str(len(signature))
        raise ValueError(f"{text!r} calls {name}() with {given} arguments, expected {expected}")


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in _children(node):
        yield from _nodes(child)


def _children(node: Node) -> list[Node]:
    return [child for child in node["children"] if isinstance(child, dict)]  # those of a slice are numbers


def _outer_names(node: Node) -> Iterator[str]:
    if node["type"] == "field":
        yield node["value"]
    elif node["type"] in ("current", "identity"):
        yield "@"
    elif node["type"] in _OUTER_FIRST:
        yield from _outer_names(node["children"][0])  # the others look into what the first one found
    elif node["type"] != "expref":
        for child in _children(node):
            yield from _outer_names(child)


_OUTER_FIRST = frozenset(
    {
        "subexpression",
        "index_expression",
        "pipe",
        "projection",
        "value_projection",
        "filter_projection",
        "flatten",
    }
)


def _exact(node: Node) -> Node:
    if node["type"] == "literal":
        return {**node, "value": _exact_literal(node["value"])}
    children = [_exact(child) if isinstance(child, dict) else child for child in node["children"]]
    return {**node, "children": children}


def _exact_literal(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [_exact_literal(part) for part in value]
    return {key: _exact_literal(part) for key, part in value.items()} if isinstance(value, dict) else value
