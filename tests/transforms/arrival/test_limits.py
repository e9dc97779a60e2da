"""Limits: bytes become text or a reason that a person understands."""

import pytest

from transforms.arrival.limits import DecodeError, excerpt, short, text_of


@pytest.mark.parametrize(
    ("story", "payload", "encoding", "expected"),
    [
        ("plain text", b"abc", "utf-8", "abc"),
        ("a byte order mark is no part of it", b"\xef\xbb\xbfabc", "utf-8", "abc"),
        ("an agreed encoding", b"caf\xe9", "latin-1", "café"),
        ("UTF-16 if that was agreed", "abc".encode("utf-16"), "utf-16", "abc"),
        ("nothing", b"", "utf-8", ""),
    ],
)
def test_text_is(story: str, payload: bytes, encoding: str, expected: str) -> None:
    assert text_of(payload, encoding) == expected


@pytest.mark.parametrize(
    ("payload", "encoding", "message"),
    [
        (b"ab\ncaf\xe9 x", "utf-8", "byte 0xe9 at position 6 (line 2) is not utf-8: invalid continuation byte"),
        (b"a\nb\0c", "utf-8", "a NUL character on line 2, expected utf-8 text"),
        (
            "abc".encode("utf-16"),
            "utf-8",
            "the byte order mark says UTF-16, expected utf-8; the mapping's format_options may name an encoding",
        ),
        (b"abc", "utf-32", "byte 0x61 at position 0 (line 1) is not utf-32: truncated data"),
    ],
)
def test_what_is_no_text_is_refused_with_the_place(payload: bytes, encoding: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        text_of(payload, encoding)
    assert (refused.value.reason, str(refused.value)) == ("not_text", message)


def test_an_excerpt_is_short_and_says_that_it_is_cut() -> None:
    assert excerpt("short") == "'short'"
    assert excerpt("x" * 41) == "'" + "x" * 40 + "'..."
    assert excerpt("0123456789", at=7) == "'789'"


def test_a_name_is_short_in_a_message_however_long_it_is() -> None:
    assert (short("850"), len(short("8" * 100_000)) < 100) == ("850", True)
