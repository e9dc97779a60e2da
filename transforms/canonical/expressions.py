"""Expressions: JMESPath text in, a plain function over the context of one event out.

Most expressions only walk a path, and most conditions compare a path with a text. Both become a few dictionary
look-ups; everything else is left to JMESPath, which is exact with large integers and decimals, and can only read.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

Context = Mapping[str, Any]
Read = Callable[[Context], Any]

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\])?(?:\.[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\])?)*")
_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")
_COMPARISON = re.compile(rf"\s*({_PATH.pattern})\s*(==|!=)\s*'([^'\\]*)'\s*")


class ExpressionError(ValueError):
    """An expression met data that it was not made for."""


def compile_read(text: str) -> Read:
    """A function that reads the value an expression names, None where it is absent."""
    if _PATH.fullmatch(text):
        return _walk([int(index) if index else name for name, index in _STEP.findall(text)])
    expression = jmespath.compile(text)

    def search(context: Context) -> Any:
        try:
            return expression.search(context)
        except JMESPathError as error:
            raise ExpressionError(f"{text}: {str(error).splitlines()[0]}") from error

    return search


def _walk(steps: list[str | int]) -> Read:
    if len(steps) == 1:
        only = steps[0]
        return lambda context: context.get(only)  # type: ignore[arg-type]
    if len(steps) == 2:
        first, second = steps

        def walk_two(context: Context) -> Any:
            value = context.get(first)  # type: ignore[arg-type]
            return value.get(second) if value.__class__ is dict else _step(value, second)

        return walk_two

    def walk(context: Context) -> Any:
        value: Any = context
        for step in steps:
            value = value.get(step) if value.__class__ is dict and step.__class__ is str else _step(value, step)
        return value

    return walk


def _step(value: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


def compile_test(text: str | None) -> Read | None:
    """A function that says whether a condition holds; None for no condition."""
    if text is None:
        return None
    parts = [_COMPARISON.fullmatch(part) for part in text.split("&&")]
    if all(parts):
        return _compare([(compile_read(part[1]), part[2] == "==", part[3]) for part in parts if part])
    read = compile_read(text)
    return lambda context: _is_true(read(context))


def _compare(tests: list[tuple[Read, bool, str]]) -> Read:
    if len(tests) == 1:
        ((read, equal, literal),) = tests
        return lambda context: (read(context) == literal) is equal
    return lambda context: all((read(context) == literal) is equal for read, equal, literal in tests)


def _is_true(value: Any) -> bool:
    """JMESPath's own rule: empty and null are false, and zero is true."""
    return bool(value) or (value == 0 and value is not False and not isinstance(value, str | list | dict))
