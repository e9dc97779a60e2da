"""The beginning of a message as it arrived, where its file is still there."""

from pathlib import Path

import pytest

from pipelines import message_excerpt
from pipelines.message_excerpt import Excerpt, excerpt_of


@pytest.fixture
def day(tmp_path: Path) -> Path:
    folder = tmp_path / "day" / "shop"
    folder.mkdir(parents=True)
    (folder / "orders.jsonl").write_bytes(b'{"id": 1}\n{"id": 2, "note": "\xc3\x84\x1b[2J"}\r\n')
    (folder / "report.csv").write_text("".join(f"line {number}\n" for number in range(1, 21)))
    (folder / "small #2.csv").write_text("a;b\n")
    (folder / "a#1").write_text("named like a line\n")
    (tmp_path / "secret.txt").write_text("nobody's business\n")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return tmp_path / "day"


def test_a_line_of_a_file_of_lines_is_shown_without_what_a_terminal_obeys(day: Path) -> None:
    assert excerpt_of(str(day), "shop/orders.jsonl#2") == Excerpt(
        day / "shop/orders.jsonl", 2, ['{"id": 2, "note": "Ä\\x1b[2J"}'], ""
    )


def test_a_whole_file_is_shown_by_its_first_lines(day: Path) -> None:
    excerpt = excerpt_of(str(day), "shop/report.csv")
    assert excerpt.lines == [f"line {number}" for number in range(1, 9)]
    assert (excerpt.line_number, excerpt.note) == (None, "and more lines")


@pytest.mark.parametrize(("name", "line"), [("shop/small #2.csv", "a;b"), ("shop/a#1", "named like a line")])
def test_a_file_may_have_a_number_sign_in_its_name(day: Path, name: str, line: str) -> None:
    excerpt = excerpt_of(str(day), name)
    assert (excerpt.path, excerpt.line_number, excerpt.lines, excerpt.note) == (day / name, None, [line], "")


@pytest.mark.parametrize(
    "message_id",
    [
        "../secret.txt",
        "shop/../../secret.txt",
        "shop/link.txt",
        "/etc/passwd",
        "shop",
        "shop/none.json",
        "nul\0byte",
        "x" * 5_000,
        "7766-a-queue-id",
        "",
    ],
)
def test_nothing_outside_the_input_folder_is_read(day: Path, message_id: str) -> None:
    assert excerpt_of(str(day), message_id) == Excerpt(None, None, [], f"its file is not in {day} any more")


def test_without_an_input_folder_there_is_nothing_to_show() -> None:
    assert excerpt_of("", "shop/orders.jsonl#2").note == "its file is not in any folder any more"


def test_a_line_that_is_gone_is_said(day: Path) -> None:
    excerpt = excerpt_of(str(day), "shop/orders.jsonl#3")
    assert (excerpt.lines, excerpt.note) == ([], "its line is not there any more")


def test_a_line_too_far_down_is_not_looked_up(day: Path) -> None:
    excerpt = excerpt_of(str(day), "shop/orders.jsonl#999999999")
    assert (excerpt.lines, excerpt.note) == ([], "lies too far down in its file to be looked up here")


def test_long_lines_are_cut(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_excerpt, "LINE_BYTES_MAX", 2_000)
    (day / "shop" / "one_line.json").write_text("x" * 1_000_000)
    lines = excerpt_of(str(day), "shop/one_line.json").lines
    assert len(lines) == message_excerpt.LINES_MAX
    assert lines[0] == "x" * 1_200 + "… (2,000 characters)"
