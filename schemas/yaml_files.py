"""YAML files: a file that a person wrote in, a checked model out, or one error that names the file and every line.

YAML 1.2 is read: a key given twice is an error, `no` and `1e3` in quotes stay text. Every problem of a file is told at
once, since a person mends them at once.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

FILE_BYTES_MAX = 4 << 20  # a spec larger than this is a data file in the wrong place
PROBLEMS_SHOWN_MAX = 50

M = TypeVar("M", bound=BaseModel)

# What pydantic calls things, in the words of the person who wrote the file.
_PLAIN_WORDS = {"extra_forbidden": "is not known here", "missing": "is missing"}


class SpecError(ValueError):
    """A file that people maintain is wrong; one line for each problem: `file:line: what, expected what`."""


def load_yaml(path: Path) -> Any:
    """The tree of a YAML file, with the line of everything in it for `line_of`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}), expected a YAML file") from error
    if len(text) > FILE_BYTES_MAX:
        raise SpecError(f"{path}: {len(text)} bytes, expected at most {FILE_BYTES_MAX}")
    try:
        return YAML(typ="rt", pure=True).load(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}: byte {error.start} is not UTF-8") from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(f"{path}:{line}: {error.problem or error.context}") from error
    except YAMLError as error:
        raise SpecError(f"{path}: {error}") from error


def line_of(tree: Any, *steps: str | int) -> int:
    """The line, from 1, of what the steps lead to; of the last step that exists where they lead nowhere."""
    line: int = tree.lc.line + 1 if hasattr(tree, "lc") else 1
    for step in steps:
        try:
            at = tree.lc.item(step) if isinstance(tree, list) else tree.lc.key(step)
            line, tree = at[0] + 1, tree[step]
        except (KeyError, IndexError, AttributeError, TypeError):
            continue  # pydantic names union members and aliases between the steps
    return line


def parse(model: type[M], path: Path) -> M:
    """The file as a model; SpecError names the line of everything that does not fit."""
    tree = load_yaml(path)
    if not isinstance(tree, Mapping):
        raise SpecError(f"{path}:1: a {type(tree).__name__}, expected keys and values")
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        problems = list(dict.fromkeys(_problem(path, tree, one) for one in error.errors()))
        raise SpecError("\n".join(problems[:PROBLEMS_SHOWN_MAX])) from error


def _problem(path: Path, tree: Any, error: Any) -> str:
    steps: Sequence[str | int] = error["loc"]
    words = _PLAIN_WORDS.get(error["type"], error["msg"].removeprefix("Value error, "))
    where = ".".join(str(step) for step in steps)
    return f"{path}:{line_of(tree, *steps)}: {where}: {words}" if where else f"{path}:{line_of(tree)}: {words}"
