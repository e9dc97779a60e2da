"""Expressions: JMESPath text in, a plain function over the context of one event out.

Most expressions walk a path, compare with a text, or pick one element of a list. Those become a few closures over
dictionary look-ups, some ten times faster than JMESPath's own interpreter, which runs everything else. Both give the
same answers; a test holds them against each other.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from jmespath.exceptions import JMESPathError, JMESPathTypeError

from schemas.expression_syntax import OPTIONS, Node, parse_expression
from transforms.canonical.quantities import shown

Context = dict[str, Any]
Read = Callable[[Any], Any]

# What JMESPath's interpreter raises when data is not what an expression was made for, such as 'a' < 1.
_DATA_ERRORS = (JMESPathError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class ExpressionError(ValueError):
    """An expression met data that it was not made for."""


def compile_read(text: str) -> Read:
    """A function that reads the value an expression names, None where it is absent."""
    parsed = parse_expression(text)
    fast = _fast(parsed.parsed)
    if fast is not None:
        return fast

    def search(context: Context) -> Any:
        try:
            return parsed.search(context, OPTIONS)
        except _DATA_ERRORS as error:
            raise ExpressionError(f"{text} cannot be computed: {_why(error)}") from None

    return search


def _why(error: Exception) -> str:
    if isinstance(error, JMESPathTypeError):  # its own text holds the whole value, which may be a whole document
        return f"{error.function_name}() got {shown(error.current_value)}, expected {' or '.join(error.expected_types)}"
    return str(error).splitlines()[0]


def path_of(text: str) -> tuple[str, ...]:
    """The names of an expression that only walks from name to name; none for any other."""
    steps = _steps(parse_expression(text).parsed) or []
    return tuple(step for step in steps if isinstance(step, str)) if _all_names(steps) else ()


def read_path(names: tuple[str, ...]) -> Read:
    """A function that walks from name to name, as `path_of` gives them."""
    return _walk(list(names))


def compile_test(text: str | None) -> Read | None:
    """A function that says whether a condition holds; None for no condition."""
    if text is None:
        return None
    read = compile_read(text)
    if _says_yes_or_no(parse_expression(text).parsed):
        return read
    return lambda context: not is_false(read(context))


def is_false(value: Any) -> bool:
    """JMESPath's own rule: what is empty or null is false, and zero is true."""
    return not value and (value.__class__ is bool or not isinstance(value, int | float | Decimal))


def _fast(node: Node) -> Read | None:
    """The closure of a tree of which every node has one; None where JMESPath must interpret it."""
    steps = _steps(node)
    if steps is not None:
        return _walk(steps)
    make = _MAKERS.get(node["type"])
    return None if make is None else make(node)


def _parts(node: Node) -> list[Read] | None:
    parts = [_fast(child) for child in node["children"]]
    return None if None in parts else parts  # type: ignore[return-value]


def _all_names(steps: list[str | int]) -> bool:
    return all(step.__class__ is str for step in steps)


def _steps(node: Node) -> list[str | int] | None:
    """The names and indexes of a tree that is nothing but a path."""
    if node["type"] in ("field", "index"):
        return [node["value"]]
    if node["type"] in ("identity", "current"):
        return []
    if node["type"] not in ("subexpression", "index_expression"):
        return None
    steps: list[str | int] = []
    for child in node["children"]:
        inner = _steps(child)
        if inner is None:
            return None
        steps += inner
    return steps


def _walk(steps: list[str | int]) -> Read:
    if len(steps) < 2:
        return _walk_one(steps[0]) if steps else lambda value: value
    if len(steps) == 2 and _all_names(steps):
        first, second = steps

        def walk_two(value: Any) -> Any:
            value = value.get(first) if value.__class__ is dict else None
            return value.get(second) if value.__class__ is dict else None

        return walk_two

    def walk(value: Any) -> Any:
        for step in steps:
            if value.__class__ is dict and step.__class__ is str:
                value = value.get(step)
            elif value is None:
                return None
            else:
                value = _step(value, step)
        return value

    return walk


def _walk_one(step: str | int) -> Read:
    if isinstance(step, int):
        return lambda value: _step(value, step)
    return lambda value: value.get(step) if value.__class__ is dict else None


def _step(value: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


def _literal(node: Node) -> Read:
    constant = node["value"]
    return lambda _value: constant


def _chain(node: Node) -> Read | None:
    """What reads what another one found: `a | b`, and paths with something else than names and indexes in them."""
    parts = _parts(node)
    if parts is None or len(parts) != 2:
        return None
    first, second = parts
    return lambda value: second(first(value))


def _comparison(node: Node) -> Read | None:
    parts = _parts(node)
    if parts is None or node["value"] not in ("eq", "ne"):
        return None
    left, right = parts
    equal = node["value"] == "eq"
    second = node["children"][1]
    if second["type"] == "literal" and isinstance(second["value"], str):
        literal = second["value"]
        return (lambda value: left(value) == literal) if equal else (lambda value: left(value) != literal)
    return lambda value: _same(left(value), right(value)) is equal


def _same(left: Any, right: Any) -> bool:
    return bool(left == right) and (left.__class__ is bool) == (right.__class__ is bool)  # True is not 1


def _and(node: Node) -> Read | None:
    parts = _parts(node)
    if parts is None:
        return None
    left, right = parts

    def both(value: Any) -> Any:
        found = left(value)
        return found if is_false(found) else right(value)

    return both


def _or(node: Node) -> Read | None:
    parts = _parts(node)
    if parts is None:
        return None
    left, right = parts

    def either(value: Any) -> Any:
        found = left(value)
        return right(value) if is_false(found) else found

    return either


def _not(node: Node) -> Read | None:
    parts = _parts(node)
    if parts is None:
        return None
    (inner,) = parts
    return lambda value: is_false(inner(value))


def _filter(node: Node) -> Read | None:
    parts = _parts(node)
    if parts is None:
        return None
    listed, rest, holds = parts

    def matching(value: Any) -> Any:
        elements = listed(value)
        if not isinstance(elements, list):
            return None
        found = [rest(one) for one in elements if not is_false(holds(one))]
        return [one for one in found if one is not None]

    return matching


def _says_yes_or_no(node: Node) -> bool:
    if node["type"] in ("and_expression", "or_expression"):
        return all(map(_says_yes_or_no, node["children"]))
    return node["type"] == "not_expression" or (node["type"] == "comparator" and node["value"] in ("eq", "ne"))


_MAKERS: dict[str, Callable[[Node], Read | None]] = {
    "literal": _literal,
    "pipe": _chain,
    "subexpression": _chain,
    "index_expression": _chain,
    "comparator": _comparison,
    "and_expression": _and,
    "or_expression": _or,
    "not_expression": _not,
    "filter_projection": _filter,
}
