"""Terminal text: text from outside in, text that a terminal can only show out.

Item numbers, messages and payloads come from other companies' systems. A terminal obeys control characters in them:
they can move the cursor, set the title, or write over what stands above. Rich's own markup is data here, too.
"""

import re
import sys
import unicodedata
from io import TextIOWrapper
from typing import TextIO

from rich.console import Console
from rich.text import Text

SHOWN_CHARS_MAX = 400
LOG_WIDTH = 140  # where nobody knows how wide the reader's window is

_SUSPECT = re.compile(r"[^\x20-\x7e]")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
# Controls, formats such as the one that turns the direction of writing, surrogates, private use, line separators.
_OBEYED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def neutral(text: str, chars_max: int = SHOWN_CHARS_MAX) -> str:
    r"""The text on one line, with everything a terminal could obey written out as `\x1b`, cut off at a length."""
    shown = text if len(text) <= chars_max else f"{text[:chars_max]}… ({len(text):,} characters)"
    return _SUSPECT.sub(lambda found: _written_out(found[0]), shown)


def _written_out(char: str) -> str:
    if unicodedata.category(char) not in _OBEYED_CATEGORIES:
        return char
    code = ord(char)
    numbered = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _ESCAPES.get(char, numbered)


def plain(value: object, style: str = "", chars_max: int = SHOWN_CHARS_MAX) -> Text:
    """A value as rich text: neutral, without markup; nothing as empty text."""
    return Text("" if value is None else neutral(str(value), chars_max), style=style)


def new_console(out: TextIO | None = None) -> Console:
    """A console for people that no text from outside can break, nor a locale without the characters we print."""
    out = sys.stdout if out is None else out
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="backslashreplace")
    width = None if out.isatty() else LOG_WIDTH
    return _Console(file=out, width=width, highlight=False, emoji=False, markup=False)


class _Console(Console):
    """A console that leaves a reader who went away to the command line; rich would end the program with 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError
