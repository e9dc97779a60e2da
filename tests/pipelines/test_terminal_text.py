"""What comes from outside is shown, never obeyed."""

import io

import pytest
from rich.console import Console

from pipelines.terminal_text import LOG_WIDTH, neutral, new_console, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ABC-1", "ABC-1"),
        ("Kaffee · größer ☕ 咖啡", "Kaffee · größer ☕ 咖啡"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("two\nlines\tand\rback", "two\\nlines\\tand\\rback"),
        ("\x9b31m C1 control", "\\x9b31m C1 control"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("line\u2028separator", "line\\u2028separator"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("half \udcff", "half \\udcff"),
        ("private \U000f0000", "private \\U000f0000"),
        ("x" * 500, "x" * 400 + "… (500 characters)"),
    ],
)
def test_a_terminal_gets_nothing_to_obey(text: str, shown: str) -> None:
    assert neutral(text) == shown


def test_markup_from_outside_is_text() -> None:
    out = io.StringIO()
    new_console(out).print(plain("[bold]ABC[/bold] [link=http://x]y[/link] :smile:"))
    assert out.getvalue() == "[bold]ABC[/bold] [link=http://x]y[/link] :smile:\n"


def test_nothing_is_shown_as_empty_text() -> None:
    assert plain(None).plain == ""


def test_a_log_gets_wide_lines_and_a_terminal_its_own_width() -> None:
    assert new_console(io.StringIO()).width == LOG_WIDTH


def test_a_locale_without_our_characters_gets_their_codes() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    console: Console = new_console(out)
    console.print(plain("größer"))
    out.flush()
    assert raw.getvalue() == b"gr\\xf6\\xdfer\n"
