"""Debezium format: what happened to a row, or a reason why nobody can say."""

import json
from typing import Any

import pytest

from transforms.arrival.debezium_format import decode_debezium
from transforms.arrival.limits import DecodeError

ROW = {"po_number": "4500001096", "line_no": 10, "quantity": "2.500"}
SOURCE = {"table": "po_line", "lsn": 24_000_000_000_000_001, "ts_ms": 1_772_457_300_000}
TOMBSTONE: dict[str, Any] = {"op": "tombstone", "before": None, "after": None, "source": {}, "ts_ms": None}


def change(op: str, before: Any = None, after: Any = None, **more: Any) -> dict[str, Any]:
    return {"op": op, "before": before, "after": after, "source": SOURCE, "ts_ms": 1_772_457_300_240} | more


@pytest.mark.parametrize(
    ("story", "message", "expected"),
    [
        ("created", change("c", after=ROW), change("c", after=ROW)),
        ("read again by a new snapshot", change("r", after=ROW), change("r", after=ROW)),
        ("updated", change("u", before=ROW, after=ROW), change("u", before=ROW, after=ROW)),
        ("updated without the old row", change("u", after=ROW), change("u", after=ROW)),
        ("deleted", change("d", before=ROW), change("d", before=ROW)),
        ("in its wrapper", {"schema": None, "payload": change("c", after=ROW)}, change("c", after=ROW)),
        ("with a transaction", change("c", after=ROW, transaction={"id": "5"}), change("c", after=ROW)),
        ("a tombstone in its wrapper", {"schema": None, "payload": None}, TOMBSTONE),
        ("a tombstone", None, TOMBSTONE),
        ("without times", {"op": "c", "after": ROW}, {**TOMBSTONE, "op": "c", "after": ROW}),
    ],
)
def test_a_change_is(story: str, message: Any, expected: Any) -> None:
    assert decode_debezium(json.dumps(message).encode(), {}) == [expected]


def test_no_bytes_at_all_are_a_tombstone() -> None:
    assert decode_debezium(b"", {}) == [TOMBSTONE]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"before": None, "after": ROW}, "no op among 'after, before', expected c, r, u or d"),
        ({}, "no op among no fields, expected c, r, u or d"),
        (change("t"), "op is 't', expected c, r, u or d"),
        (change("c"), "op c without the row's after"),
        (change("u", before=ROW), "op u without the row's after"),
        (change("d", after=ROW), "op d without the row's before"),
        (change("c", after=[1]), "after is '[1]', expected an object or null"),
        (change("c", after=ROW, source="erp"), "source is 'erp', expected an object or null"),
        (change("c", after=ROW, ts_ms="noon"), "ts_ms is 'noon', expected milliseconds since 1970"),
        (change("c", after=ROW, ts_ms=True), "ts_ms is 'True', expected milliseconds since 1970"),
        (change("c", after=ROW) | {"op": ["c"]}, "op is \"['c']\", expected c, r, u or d"),
        ([change("c", after=ROW)], "the payload is not an object"),
    ],
)
def test_what_does_not_say_what_changed_is_refused(message: Any, expected: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_debezium(json.dumps(message).encode(), {})
    assert (refused.value.reason, refused.value.message) == ("malformed_change", expected)


def test_decimals_in_base64_are_refused_since_they_can_look_like_numbers() -> None:
    field = {"field": "quantity", "type": "bytes", "name": "org.apache.kafka.connect.data.Decimal"}
    message = {"schema": {"fields": [field]}, "payload": change("c", after={**ROW, "quantity": "1234"})}
    with pytest.raises(DecodeError, match=r"set decimal\.handling\.mode=string in the connector"):
        decode_debezium(json.dumps(message).encode(), {})


def test_what_json_refuses_is_refused_for_its_own_reason() -> None:
    with pytest.raises(DecodeError) as refused:
        decode_debezium(b'{"op": "c", "op": "d"}', {})
    assert refused.value.reason == "duplicate_json_key"
