"""XML format: the tree that everyone knows, without prefixes, bombs and files from elsewhere."""

from typing import Any

import pytest
import xmltodict
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.arrival.limits import DEPTH_MAX, FIELD_CHARS_MAX, DecodeError
from transforms.arrival.xml_format import decode_xml


@pytest.mark.parametrize(
    ("story", "payload", "expected"),
    [
        ("text", b"<a>x</a>", {"a": "x"}),
        ("attributes and text", b'<a n="1">x</a>', {"a": {"@n": "1", "#text": "x"}}),
        ("attributes only", b'<a n="007"/>', {"a": {"@n": "007"}}),
        ("one child", b"<a><b>1</b></a>", {"a": {"b": "1"}}),
        ("two children of one name", b"<a><b>1</b><b/></a>", {"a": {"b": ["1", None]}}),
        ("an empty element is unknown", b"<a><qty></qty></a>", {"a": {"qty": None}}),
        ("blank lines around text", b"<a>\n  x\n</a>", {"a": "x"}),
        ("text around children", b"<a>x<b/>y</a>", {"a": {"b": None, "#text": "xy"}}),
        ("no prefixes", b'<n:a xmlns:n="urn:n"><n:b n:c="1">2</n:b></n:a>', {"a": {"b": {"@c": "1", "#text": "2"}}}),
        ("no declarations", b'<a xmlns="urn:n">1</a>', {"a": "1"}),
        (
            "nil is unknown, not zero",
            b'<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><qty xsi:nil="true"/></a>',
            {"a": {"qty": None}},
        ),
        ("characters by number and name", b"<a>caf&#233; &amp; bar</a>", {"a": "caf\xe9 & bar"}),
        ("raw sections", b"<a><![CDATA[<b>]]></a>", {"a": "<b>"}),
        ("a declared encoding", b'<?xml version="1.0" encoding="iso-8859-1"?><a>caf\xe9</a>', {"a": "caf\xe9"}),
        ("a byte order mark", b"\xef\xbb\xbf<a>x</a>", {"a": "x"}),
        ("UTF-16", '<?xml version="1.0" encoding="utf-16"?><a>x</a>'.encode("utf-16"), {"a": "x"}),
        ("blanks before the declaration", b'\r\n <?xml version="1.0"?><a>x</a>', {"a": "x"}),
        ("a document type that declares nothing", b"<!DOCTYPE a><a>x</a>", {"a": "x"}),
        ("comments are no data", b"<a><!-- 5 --><b>1</b></a>", {"a": {"b": "1"}}),
        (
            "soap",
            b'<s:Envelope xmlns:s="urn:s"><s:Body><Get><sku>1</sku></Get></s:Body></s:Envelope>',
            {"Envelope": {"Body": {"Get": {"sku": "1"}}}},
        ),
    ],
)
def test_a_tree_is(story: str, payload: bytes, expected: Any) -> None:
    assert decode_xml(payload, {}) == [expected]


def test_named_elements_are_lists_from_the_first_on() -> None:
    payload = b'<po:O xmlns:po="urn:po"><po:Line/><Note>x</Note></po:O>'
    assert decode_xml(payload, {"force_list": ["Line"]}) == [{"O": {"Line": [None], "Note": "x"}}]


BOMB = b"<!DOCTYPE a [<!ENTITY x 'ha'><!ENTITY y '&x;&x;&x;'>]><a>&y;</a>"


@pytest.mark.parametrize(
    ("payload", "reason", "message"),
    [
        (b"", "malformed_xml", "the payload is empty"),
        (b"<a><b></a>", "malformed_xml", "mismatched tag at line 1 column 9"),
        (b"<a>\n<b>", "malformed_xml", "no element found at line 2 column 4"),
        (b"<a/><b/>", "malformed_xml", "junk after document element at line 1 column 5"),
        (b'{"a": 1}', "malformed_xml", "not well-formed (invalid token) at line 1 column 1"),
        (b"<a>\0</a>", "malformed_xml", "not well-formed (invalid token) at line 1 column 4"),
        (b"<a>&nbsp;</a>", "malformed_xml", "undefined entity at line 1 column 4"),
        (b"<a>\ncaf\xe9</a>", "not_text", "byte 0xe9 at line 2 is not utf-8"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "not_text", "the declared encoding cannot be read: "),
        (BOMB, "forbidden_xml", "the document type 'a' has declarations, expected none"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "forbidden_xml", "the document type 'a' has declarations"),
        (b'<!DOCTYPE a PUBLIC "-//X" "http://x/x.dtd"><a/>', "forbidden_xml", "the document type 'a' has declarations"),
    ],
)
def test_refused(payload: bytes, reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_xml(payload, {})
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)


def test_nesting_is_bearable_up_to_the_limit() -> None:
    assert decode_xml(b"<a>" * DEPTH_MAX + b"</a>" * DEPTH_MAX, {})
    with pytest.raises(DecodeError) as refused:
        decode_xml(b"<a>" * (DEPTH_MAX + 1) + b"</a>" * (DEPTH_MAX + 1), {})
    assert refused.value.reason == "too_deep"


def test_open_tags_without_end_are_refused_on_the_way_down() -> None:
    with pytest.raises(DecodeError) as refused:
        decode_xml(b"<a>" * 1_000_000, {})
    assert refused.value.reason == "too_deep"


@pytest.mark.parametrize("form", ['<a x="%s"/>', "<a>%s</a>"])
def test_a_value_may_be_long_but_not_endless(form: str) -> None:
    assert decode_xml((form % ("x" * FIELD_CHARS_MAX)).encode(), {})
    with pytest.raises(DecodeError) as refused:
        decode_xml((form % ("x" * (FIELD_CHARS_MAX + 1))).encode(), {})
    assert refused.value.reason == "too_large"


names = st.sampled_from(["a", "b", "Line", "qty"])
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=5)
elements = st.recursive(
    st.none() | texts,
    lambda inner: st.dictionaries(names, inner | st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=3),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(tree=elements)
def test_without_namespaces_the_tree_is_that_of_xmltodict(tree: Any) -> None:
    written = xmltodict.unparse({"root": tree}).encode()
    assert decode_xml(written, {}) == [xmltodict.parse(written)]
