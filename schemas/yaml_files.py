"""YAML files: a file that a person wrote in, a checked model out, or one error that names the file and every line.

YAML 1.2 is read: a key given twice is an error, `no` and `1e3` in quotes stay text. Every problem of a file is told at
once, since a person mends them at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

FILE_BYTES_MAX = 4 << 20  # a spec larger than this is a data file in the wrong place
PROBLEMS_SHOWN_MAX = 50

M = TypeVar("M", bound=BaseModel)
Steps = tuple[str | int, ...]  # the way from the top of a file to one value
Finding = tuple[Steps, str]

# What pydantic calls things, in the words of the person who wrote the file.
_PLAIN_WORDS = {
    "extra_forbidden": "is not known here",
    "missing": "is missing",
    "string_type": "is not text, expected text (a number or true in quotes)",
    "string_too_short": "is empty, expected text",
    "model_type": "is not keys and values, expected keys and values",
    "dict_type": "is not keys and values, expected keys and values",
    "tuple_type": "is not a list, expected a list",
    "list_type": "is not a list, expected a list",
    "too_short": "is empty, expected at least one",
}


class SpecError(ValueError):
    """A file that people maintain is wrong; one line for each problem: `file:line: what, expected what`."""


def load_yaml(path: Path) -> Any:
    """The tree of a YAML file, with the line of everything in it for `line_of`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}), expected a YAML file") from error
    if len(data) > FILE_BYTES_MAX:
        raise SpecError(f"{path}: {len(data)} bytes, expected at most {FILE_BYTES_MAX}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{path}:{line}: byte 0x{data[error.start]:02x} is not UTF-8") from error
    try:
        return YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(f"{path}:{line}: {error.problem or error.context}") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SpecError(f"{path}:{line}: {error.reason}, found character {error.character:#x}") from error
    except (YAMLError, ValueError) as error:  # ValueError: a date in no calendar, which carries no line
        raise SpecError(f"{path}: {error}") from error
    except RecursionError as error:
        raise SpecError(f"{path}: nested too deeply to be read") from error


def line_of(tree: Any, *steps: str | int) -> int:
    """The line, from 1, of what the steps lead to; of the last step that exists where they lead nowhere."""
    node: Any = tree
    line: int = node.lc.line + 1 if hasattr(node, "lc") else 1
    for step in steps:
        try:
            marks = node.lc
            at = marks.item(step) if isinstance(node, list) else marks.key(step)
            line, node = at[0] + 1, node[step]
        except (KeyError, IndexError, AttributeError, TypeError):
            continue  # pydantic names union members and aliases between the steps
    return line


def refusal(path: Path, tree: Any, findings: Iterable[Finding]) -> SpecError:
    """The error of a file in which something was found that no single field could see."""
    return _told([f"{path}:{line_of(tree, *steps)}: {problem}" for steps, problem in findings])


def parse(model: type[M], path: Path) -> M:
    """The file as a model; SpecError names the line of everything that does not fit."""
    tree = load_yaml(path)
    if not isinstance(tree, Mapping):
        found = "nothing" if tree is None else "a list" if isinstance(tree, list) else repr(tree)
        raise SpecError(f"{path}:1: holds {found}, expected keys and values")
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise _told(list(dict.fromkeys(_problem(path, tree, one) for one in error.errors()))) from error


def _told(problems: Sequence[str]) -> SpecError:
    more = [f"and {len(problems) - PROBLEMS_SHOWN_MAX} more"] if len(problems) > PROBLEMS_SHOWN_MAX else []
    return SpecError("\n".join([*problems[:PROBLEMS_SHOWN_MAX], *more]))


def _problem(path: Path, tree: Any, error: Any) -> str:
    steps: Sequence[str | int] = error["loc"]
    words = _PLAIN_WORDS.get(error["type"], error["msg"].removeprefix("Value error, "))
    where = ".".join(str(step) for step in steps)
    return f"{path}:{line_of(tree, *steps)}: {where}: {words}" if where else f"{path}:{line_of(tree)}: {words}"
