from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from schemas.yaml_files import FILE_BYTES_MAX, PROBLEMS_SHOWN_MAX, SpecError, line_of, load_yaml, parse, refusal


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    size: int = 1


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: str
    parts: list[Part] = []


def saved(folder: Path, content: str | bytes) -> Path:
    path = folder / "spec.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def problem_of(path: Path, model: type[BaseModel] = Whole) -> str:
    with pytest.raises(SpecError) as caught:
        parse(model, path)
    return str(caught.value).replace(f"{path}", "spec.yaml")


def test_a_file_becomes_its_model(tmp_path: Path) -> None:
    path = saved(tmp_path, 'version: "7"\nparts:\n  - {name: no}\n  - name: 1e3 # quoted or not, it is not a number\n')
    path.write_text(path.read_text().replace("1e3 #", '"1e3" #'))
    assert parse(Whole, path) == Whole(version="7", parts=[Part(name="no"), Part(name="1e3")])


@pytest.mark.parametrize(
    ("story", "content", "message"),
    [
        ("nothing in it", "", "spec.yaml:1: holds nothing, expected keys and values"),
        ("a list", "- 1\n", "spec.yaml:1: holds a list, expected keys and values"),
        ("a word", "hello\n", "spec.yaml:1: holds 'hello', expected keys and values"),
        ("a misspelt key", 'version: "7"\nparst: []\n', "spec.yaml:2: parst: is not known here"),
        ("a missing key", "parts: []\n", "spec.yaml:1: version: is missing"),
        ("a missing key below", 'version: "7"\nparts:\n\n  - size: 3\n', "spec.yaml:4: parts.0.name: is missing"),
        (
            "a number where text belongs",
            "version: 7\n",
            "spec.yaml:1: version: is not text, expected text (a number or true in quotes)",
        ),
        ("a key twice", 'version: "7"\nversion: "8"\n', 'spec.yaml:2: found duplicate key "version" with value "8"'),
        ("an unknown anchor", "version: *old\n", "spec.yaml:1: found undefined alias 'old'"),
        ("an open bracket", 'version: "7"\nparts: [\n', "spec.yaml:3: expected the node content"),
        ("a tab as indentation", "version:\n\tx\n", "spec.yaml:2: found character '\\t' that cannot start any token"),
        ("two documents", "version: 1\n---\nversion: 2\n", "spec.yaml:2: but found another document"),
        ("Latin-1", "version: x\nowner: Köln\n".encode("latin-1"), "spec.yaml:2: byte 0xf6 is not UTF-8"),
        (
            "a control character",
            "version: x\nowner: \x01\n",
            "spec.yaml:2: special characters are not allowed, found character 0x1",
        ),
        ("a date in no calendar", "version: 2026-02-30\n", "spec.yaml: day is out of range for month"),
        ("a bomb of brackets", "[" * 1000, "spec.yaml: nested too deeply to be read"),
        (
            "a data file in the wrong place",
            b"#" * (FILE_BYTES_MAX + 1),
            "spec.yaml: 4194305 bytes, expected at most 4194304",
        ),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, story: str, content: str | bytes, message: str) -> None:
    assert problem_of(saved(tmp_path, content)).startswith(message)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    missing = problem_of(tmp_path / "spec.yaml")
    assert missing == "spec.yaml: cannot be read (No such file or directory), expected a YAML file"


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    path = saved(tmp_path, "parts:\n  - {name: a, colour: red}\n  - {size: many}\n")
    assert problem_of(path).splitlines() == [
        "spec.yaml:1: version: is missing",
        "spec.yaml:2: parts.0.colour: is not known here",
        "spec.yaml:3: parts.1.name: is missing",
        "spec.yaml:3: parts.1.size: Input should be a valid integer, unable to parse string as an integer",
    ]


def test_a_flood_of_problems_ends_with_their_number(tmp_path: Path) -> None:
    path = saved(tmp_path, 'version: "7"\nparts:\n' + "  - {}\n" * (PROBLEMS_SHOWN_MAX + 3))
    lines = problem_of(path).splitlines()
    assert len(lines) == PROBLEMS_SHOWN_MAX + 1
    assert lines[-1] == "and 3 more"


NESTED = """\
first: 1
parts:
  - name: a
    deep: {inner: [10, 20]}

  - name: b
"""


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ((), 1),
        (("first",), 1),
        (("parts",), 2),
        (("parts", 0), 3),
        (("parts", 0, "deep", "inner", 1), 4),
        (("parts", 1, "name"), 6),
        (("parts", 1, "missing"), 6),
        (("parts", 7), 2),
        (("parts", 1, "Union[member]", "name"), 6),
    ],
)
def test_the_line_of(tmp_path: Path, steps: tuple[Any, ...], line: int) -> None:
    assert line_of(load_yaml(saved(tmp_path, NESTED)), *steps) == line


def test_a_finding_is_told_with_its_line(tmp_path: Path) -> None:
    path = saved(tmp_path, NESTED)
    findings = [(("parts", 1, "name"), "b comes after a"), (("first",), "1 is too little")]
    error = refusal(path, load_yaml(path), findings)
    assert str(error) == f"{path}:6: b comes after a\n{path}:1: 1 is too little"


def test_merged_keys_are_read(tmp_path: Path) -> None:
    path = saved(tmp_path, 'version: "7"\nparts:\n  - &a {name: a, size: 3}\n  - {<<: *a, name: b}\n')
    assert parse(Whole, path).parts == [Part(name="a", size=3), Part(name="b", size=3)]
