"""JSON format: exact values out, or a reason; never a guess."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.arrival import json_format
from transforms.arrival.json_format import decode_json, parse_json
from transforms.arrival.limits import DEPTH_MAX, FIELD_CHARS_MAX, DecodeError


@pytest.mark.parametrize(
    ("story", "payload", "expected"),
    [
        ("an object", b'{"a": [1, "x", true]}', {"a": [1, "x", True]}),
        ("a list is one document", b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ("0.1 kg is exactly that", b'{"kg": 0.1}', {"kg": Decimal("0.1")}),
        ("digits stay as written", b'{"kg": 0.10}', {"kg": Decimal("0.10")}),
        ("exponents too", b'{"n": 1.5E+2}', {"n": Decimal("1.5E+2")}),
        ("an id above 2**53", b'{"id": 9007199254740993}', {"id": 9007199254740993}),
        ("an id above 2**64", b'{"id": 596884015596884015596884015}', {"id": 596884015596884015596884015}),
        ("null is not zero", b'{"available": null}', {"available": None}),
        ("leading zeros in text", b'{"material": "000417"}', {"material": "000417"}),
        ("a byte order mark before it", b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ("blanks around it", b'\r\n {"a": 1} \n', {"a": 1}),
        ("one key in two objects", b'[{"a": 1}, {"a": 1}]', [{"a": 1}, {"a": 1}]),
        ("a pair of escaped surrogates", b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ("an escaped backslash before u0000", b'{"a": "\\\\u0000"}', {"a": "\\u0000"}),
        ("an empty object", b"{}", {}),
    ],
)
def test_a_document_is(story: str, payload: bytes, expected: Any) -> None:
    (document,) = decode_json(payload, {})
    assert document == expected
    assert repr(document) == repr(expected), "0.10 and 0.1 are equal but not the same"


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (b"", "malformed_json", "the payload is empty"),
        (b"\xef\xbb\xbf\n", "malformed_json", "the payload is empty"),
        (b'{"a": 1', "malformed_json", "the payload ends too early, at line 1 column 8: Expecting ',' delimiter"),
        (b'{"a": 1,\n "b" 2}', "malformed_json", "Expecting ':' delimiter at line 2 column 6: '2}'"),
        (b'{"a": 1}\n{"a": 2}', "malformed_json", "more data after the end of the JSON text, at line 2 column 1: "),
        (b"<html>", "malformed_json", "Expecting value at line 1 column 1: '<html>'"),
        (b'"text"', "malformed_json", "the payload is the bare value 'text', expected an object or a list"),
        (b"null", "malformed_json", "the payload is null, expected an object or a list"),
        (
            b'{"qty": 1, "x": 0, "qty": 10}',
            "duplicate_json_key",
            "key 'qty' comes twice in one object, with '1' and '10'",
        ),
        (b'[{"a": {"b": 1, "b": 1}}]', "duplicate_json_key", "key 'b' comes twice in one object, with '1' and '1'"),
        (b'{"qty": NaN}', "not_a_number", "NaN is neither JSON nor a quantity, expected a number or null"),
        (b'{"qty": -Infinity}', "not_a_number", "-Infinity is neither JSON nor a quantity, expected a number or null"),
        (b'{"qty": 1e101}', "not_a_number", "1e101 is beyond 10 to the power of 100"),
        (b'{"qty": 1e-999}', "not_a_number", "1e-999 is beyond 10 to the power of 100"),
        (b'{"qty": 1e9999999999999999999}', "not_a_number", "1e9999999999999999999 is beyond any quantity"),
        (b'{"qty": 0.' + b"3" * 99 + b"}", "not_a_number", "'0." + "3" * 38 + "'... has 101 characters, at most 100"),
        (b'{"id": ' + b"9" * 5000 + b"}", "not_a_number", "a number has thousands of digits"),
        (b'{"a": "\xff"}', "not_text", "byte 0xff at position 7 (line 1) is not utf-8: invalid start byte"),
        (b'{"a": "\0"}', "not_text", "a NUL character on line 1, expected utf-8 text"),
        (b'{"a": "\\u0000"}', "not_text", "'a' holds an escaped NUL character"),
        (b'{"a": ["\\ud800"]}', "not_text", "'a value' holds half of an escaped surrogate pair"),
        (b'{"\\udfff": 1}', "not_text", "'\\udfff' holds half of an escaped surrogate pair"),
    ],
)
def test_refused(payload: bytes, reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_json(payload, {})
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)


def test_nesting_is_bearable_up_to_the_limit() -> None:
    assert parse_json(b"[" * DEPTH_MAX + b"]" * DEPTH_MAX) is not None
    assert parse_json(b"[" + b"[],{}," * DEPTH_MAX + b"1]") is not None, "many brackets side by side are not deep"


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1),
        b'{"a":' * (DEPTH_MAX + 1) + b"1" + b"}" * (DEPTH_MAX + 1),
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
    ids=["lists", "objects", "bomb of lists", "bomb of objects"],
)
def test_a_nesting_bomb_is_too_deep(payload: bytes) -> None:
    with pytest.raises(DecodeError, match="objects and lists are nested more than 64 deep") as refused:
        decode_json(payload, {})
    assert refused.value.reason == "too_deep"


def test_a_field_may_be_long_but_not_endless() -> None:
    long = "x" * FIELD_CHARS_MAX
    assert decode_json(json.dumps({"label": long}).encode(), {}) == [{"label": long}]
    with pytest.raises(DecodeError, match="'label' has 1048577 characters, expected at most 1048576") as refused:
        decode_json(json.dumps({"label": long + "x"}).encode(), {})
    assert refused.value.reason == "too_large"


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(tree=st.lists(trees) | st.dictionaries(text, trees), is_ascii=st.booleans())
def test_whatever_is_written_as_json_is_read_the_same(tree: Any, is_ascii: bool) -> None:
    assert decode_json(json.dumps(tree, ensure_ascii=is_ascii).encode(), {}) == [tree]


pieces = st.sampled_from(
    [*'{}[]:,"\\ \n', '"a"', '"b"', '"a":', '"b" :', "1", "-0", "1.50", "1e2", "1e999", "NaN", "true", "null", "9" * 20]
)


@settings(max_examples=1_000, deadline=None)
@given(written=st.lists(pieces, max_size=12), is_whole=st.booleans())
def test_the_quick_reading_says_what_the_exact_one_says(written: list[str], is_whole: bool) -> None:
    payload = "".join(written).encode()
    if is_whole:
        payload = b'{"a":' + payload + b"}"
    quick = json_format._plain(payload)
    if quick is not None and b"\\" not in payload:
        exact = json_format._exactly(payload)
        assert repr(quick) == repr(exact)


def test_each_line_may_be_a_document_of_its_own() -> None:
    assert decode_json(b'\xef\xbb\xbf{"n": 1}\r\n\r\n[2]\n', {"lines": True}) == [{"n": 1}, [2]]


@pytest.mark.parametrize("payload", [b"", b"\n\n", b'{"n": 1}\n5\n', b'{"n": 1}\n{"n":'])
def test_a_line_that_is_none_refuses_all_of_them(payload: bytes) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_json(payload, {"lines": True})
    assert refused.value.reason == "malformed_json"


def test_an_answer_with_errors_is_refused_and_says_why() -> None:
    throttled = b'{"data": {"stock": []}, "errors": [{"message": "Throttled"}, {"message": "x"}]}'
    with pytest.raises(DecodeError) as refused:
        decode_json(throttled, {"answer": "graphql"})
    assert (refused.value.reason, refused.value.message) == (
        "partner_error",
        "the partner answered with 2 errors, the first: 'Throttled'",
    )
    assert decode_json(b'{"data": {}, "errors": []}', {"answer": "graphql"}) == [{"data": {}, "errors": []}]
