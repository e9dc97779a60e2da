"""Envelope rules: a message keeps its names through every retry, archive and replay."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Envelope, Rejection
from transforms.arrival.envelope_rules import (
    from_archive_line,
    from_queue_message,
    rejected,
    stable_id,
    stamped_at,
    to_archive_line,
    too_large,
)
from transforms.arrival.limits import DecodeError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
FALLBACK = Envelope("", "envelope", LATER, "x.envelopes.jsonl#3", "c", {}, b"the line")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wms-east/20260302T120000Z_moves.jsonl", NOON),
        ("20260302T120000Z.json", NOON),
        ("20260302T120000Z-2.json", NOON),
        ("20260302T120000Zebra.json", None),
        ("20261302T120000Z_month_13.json", None),
        ("moves_20260302T120000Z.json", None),
        ("20260302T120000Z_folder/moves.json", None),
        ("20260302T120000_no_zone.json", None),
    ],
)
def test_a_name_says_when_a_file_was_received(name: str, expected: datetime | None) -> None:
    assert stamped_at(name) == expected


def test_an_id_is_made_from_source_and_payload_alone() -> None:
    assert stable_id("shop", b'{"a": 1}') == "77c5ff1c14add868"
    assert stable_id("shop", b'{"a": 2}') != stable_id("shop", b'{"a": 1}')
    assert stable_id("shop2", b"") != stable_id("shop", b"2"), "where the source ends counts"


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)
named = texts.filter(bool)


@settings(max_examples=100, deadline=None)
@given(
    envelope=st.builds(
        Envelope, named, named, st.datetimes(timezones=st.just(UTC)), named, named,
        st.dictionaries(texts, texts, max_size=3), st.binary(max_size=20) | texts.map(str.encode),
    )
)  # fmt: skip
def test_an_envelope_comes_back_from_the_archive_as_it_went(envelope: Envelope) -> None:
    line = to_archive_line(envelope)
    assert b"\n" not in line
    assert from_archive_line(line, FALLBACK) == envelope


def test_an_archive_shows_text_as_text() -> None:
    envelope = Envelope("shop", "json", NOON, "shop/1", "c-1", {"a": "b"}, '{"é": 1}'.encode())
    assert json.loads(to_archive_line(envelope)) == {
        "source": "shop",
        "format": "json",
        "received_at": "2026-03-02T12:00:00+00:00",
        "message_id": "shop/1",
        "correlation_id": "c-1",
        "attributes": {"a": "b"},
        "payload": '{"é": 1}',
    }


def test_what_an_archive_leaves_out_is_the_same_at_every_reading() -> None:
    line = b'{"source": "shop", "format": "json", "payload": "{\\"a\\": 1}"}'
    expected = Envelope("shop", "json", LATER, "x.envelopes.jsonl#3", "77c5ff1c14add868", {}, b'{"a": 1}')
    assert from_archive_line(line, FALLBACK) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": None}, "no envelope: source is missing"),
        ({"format": ""}, "no envelope: format is missing"),
        ({"source": 7}, "no envelope: source is '7', expected text"),
        ({"message_id": ["a"]}, "no envelope: message_id is \"['a']\", expected text"),
        ({"payload": None}, "no envelope: expected either payload or payload_base64"),
        ({"payload_base64": "e30="}, "no envelope: expected either payload or payload_base64"),
        ({"payload": None, "payload_base64": "e3"}, "no envelope: payload_base64 cannot be read: Incorrect padding"),
        ({"payload": None, "payload_base64": "é"}, "no envelope: payload_base64 cannot be read: string argument"),
        ({"received_at": "noon"}, "no envelope: received_at is 'noon', expected a time such as 2026-03-02T13:15:00"),
        (
            {"received_at": "2026-03-02T13:15:00"},
            "no envelope: received_at is '2026-03-02T13:15:00', expected a time with",
        ),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "no envelope: received_at is '0001-01-01T00:00:00+14:00', exp"),
        ({"attributes": {"a": 1}}, "no envelope: attributes are \"{'a': 1}\", expected an object of texts"),
        (
            {"attributes": {str(n): "" for n in range(101)}},
            "no envelope: there are 101 attributes, expected at most 100",
        ),
    ],
)
def test_an_archive_line_that_is_no_envelope_is_a_dead_letter(changes: dict[str, Any], message: str) -> None:
    fields = {"source": "shop", "format": "json", "message_id": "shop/1", "payload": "{}"} | changes
    found = from_archive_line(json.dumps(fields).encode(), FALLBACK)
    assert isinstance(found, Rejection)
    assert (found.outcome, found.stage, found.reason) == ("dead_letter", "decode", "unreadable_envelope")
    assert found.message.startswith(message)
    assert (found.message_id, found.payload) == ("x.envelopes.jsonl#3", b"the line")


@pytest.mark.parametrize("line", [b"[]", b"{", b'{"source": "a", "source": "b"}', b"\xff", b"[" * 1000, b"5"])
def test_an_archive_line_that_is_no_object_is_a_dead_letter(line: bytes) -> None:
    found = from_archive_line(line, FALLBACK)
    assert isinstance(found, Rejection)
    assert found.reason == "unreadable_envelope"


FORMATS = {"shop": "json", "erp-db": "debezium", "3pl-north": "x12"}


@pytest.mark.parametrize(
    ("story", "attributes", "expected"),
    [
        (
            "our own names",
            {"source": "shop", "message_id": "m-1", "correlation_id": "c-1", "format": "csv"},
            ("shop", "csv", "shop/m-1", "c-1"),
        ),
        (
            "the names of CloudEvents",
            {"ce-source": "shop", "ce-id": "m-1", "ce-type": "order", "content-type": "application/xml; charset=utf-8"},
            ("shop", "xml", "shop/m-1", "77c5ff1c14add868"),
        ),
        ("in capitals", {"CE-Source": "shop", "CE-Id": "m-1"}, ("shop", "json", "shop/m-1", "77c5ff1c14add868")),
        ("the queue's own id", {"source": "shop"}, ("shop", "json", "shop/q-1", "77c5ff1c14add868")),
        ("an empty id is none", {"source": "shop", "ce-id": ""}, ("shop", "json", "shop/q-1", "77c5ff1c14add868")),
        (
            "a special use of the format",
            {"source": "erp-db", "content-type": "application/json"},
            ("erp-db", "debezium", "erp-db/q-1", "256ea530b7b0d1c0"),
        ),
        ("what its mapping says", {"source": "3pl-north"}, ("3pl-north", "x12", "3pl-north/q-1", "efd92730003ee763")),
        ("nothing that says a format", {"source": "new"}, ("new", "", "new/q-1", "18f9c35d835c06a1")),
    ],
)
def test_a_queue_message_is_known_by(story: str, attributes: dict[str, str], expected: tuple[str, ...]) -> None:
    found = from_queue_message(b'{"a": 1}', attributes, "q-1", NOON, FORMATS)
    source, named, message_id, correlation_id = expected
    assert found == Envelope(source, named, NOON, message_id, correlation_id, attributes, b'{"a": 1}')


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"received-at": "2026-03-02T16:30:00+01:00"}, LATER),
        ({"ce-time": "2026-03-02T15:30:00Z"}, LATER),
        ({"ce-time": "2026-03-02T15:30:00"}, NOON),
        ({"ce-time": "yesterday"}, NOON),
        ({"received-at": "0001-01-01T00:00:00+14:00"}, NOON),
    ],
)
def test_a_gateway_may_say_when_it_received_a_message(attributes: dict[str, str], expected: datetime) -> None:
    assert from_queue_message(b"", {"source": "shop", **attributes}, "q-1", NOON, {}).received_at == expected


def test_a_message_without_any_id_gets_the_same_at_every_delivery() -> None:
    first, second = (from_queue_message(b'{"a": 1}', {"source": "shop"}, "", NOON, {}) for _ in range(2))
    assert first == second
    assert first.message_id == "shop/77c5ff1c14add868"


def test_a_message_that_names_no_source_is_a_dead_letter() -> None:
    found = from_queue_message(b"{}", {"ce-type": "order", "b": "1"}, "q-1", NOON, {})
    assert isinstance(found, Rejection)
    assert found.reason == "unreadable_envelope"
    assert found.message == "no attribute names the source, expected source or ce-source among 'b, ce-type'"
    assert (found.message_id, found.payload) == ("/q-1", b"{}")


def test_a_rejection_has_all_that_a_replay_needs() -> None:
    envelope = Envelope("shop", "json", NOON, "shop/1", "c-1", {}, b"{")
    assert rejected(envelope, DecodeError("malformed_json", "the payload ends too early")) == Rejection(
        "dead_letter", "decode", "malformed_json", "shop: the payload ends too early", "shop", "shop/1", -1, "c-1",
        NOON, "", "", "", "json", b"{",
    )  # fmt: skip
    large = too_large(envelope, "the file has 9 bytes")
    assert large.reason == "too_large"
    assert large.message == "shop: the file has 9 bytes, expected at most 33554432 bytes"
