"""Limits: bytes from outside in, text of bearable size out, or the error that says what was too much.

Every decoder raises `DecodeError` and nothing else, whatever the bytes are.
"""

import codecs
from typing import Any

PAYLOAD_BYTES_MAX = 32 * 1024 * 1024
DEPTH_MAX = 64  # of lists and objects, elements or hierarchical levels inside each other
FIELD_CHARS_MAX = 1024 * 1024  # of one value; labels travel as base64 inside messages, so this is generous
ROWS_MAX = 1_000_000  # of a table, or segments of an EDI file
COLUMNS_MAX = 1_000
NUMBER_CHARS_MAX = 100
NUMBER_EXPONENT_MAX = 100
EXCERPT_CHARS = 40

Document = Any  # a tree of dict, list, str, int, Decimal, bool and None


class DecodeError(Exception):
    """A payload that cannot be read: a reason code of `transforms.reasons` and a message for a person."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return self.message


def text_of(payload: bytes, encoding: str = "utf-8") -> str:
    """The payload as text without its byte order mark. Raises `DecodeError` not_text."""
    try:
        text = payload.decode(encoding)
    except UnicodeError as error:  # UTF-16 and its like raise the base class for a missing byte order mark
        raise DecodeError("not_text", _why_not_text(payload, encoding, error)) from None
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DecodeError("not_text", f"a NUL character on line {line}, expected {encoding} text")
    return text


def _why_not_text(payload: bytes, encoding: str, error: UnicodeError) -> str:
    if payload.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return (
            f"the byte order mark says UTF-16, expected {encoding}; the mapping's format_options may name an encoding"
        )
    if not isinstance(error, UnicodeDecodeError):
        return f"not {encoding} text: {error}"
    wrong = payload[error.start]
    line = payload.count(b"\n", 0, error.start) + 1
    return f"byte 0x{wrong:02x} at position {error.start} (line {line}) is not {encoding}: {error.reason}"


def excerpt(text: str, at: int = 0) -> str:
    """A few characters from `at`, quoted, for a message."""
    part = text[at : at + EXCERPT_CHARS]
    return repr(part) + ("..." if len(text) > at + EXCERPT_CHARS else "")


def short(text: str) -> str:
    """What should be a short name, as it is where it is one."""
    return text if len(text) <= EXCERPT_CHARS else f"{text[:EXCERPT_CHARS]}..."


def too_deep(what: str) -> DecodeError:
    """The error of a tree with more levels than `DEPTH_MAX`."""
    return DecodeError("too_deep", f"{what} are nested more than {DEPTH_MAX} deep")


def field_too_large(name: str, chars: int) -> DecodeError:
    """The error of a value longer than `FIELD_CHARS_MAX`."""
    return DecodeError("too_large", f"{excerpt(name)} has {chars} characters, expected at most {FIELD_CHARS_MAX}")
