"""The front in one function: every part of a message becomes an event or ends with its reason, and all is counted."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.records import Envelope, OutcomeCount
from tests.pipelines.example_rules import day, front
from tests.transforms.arrival.edi import interchange, transaction_set
from transforms.canonical.canonical_rules import canonicalise, count_message

RECEIVED_AT = datetime(2026, 3, 2, 20, tzinfo=UTC)


def message(payload: Any, source: str = "wms-west", form: str = "json") -> Envelope:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Envelope(source, form, RECEIVED_AT, f"{source}/one.json", "c-1", {}, data)


def move(*lines: dict[str, Any], code: str = "GR") -> Envelope:
    head = {"msg": "MOVE", "id": "M1", "code": code, "wh": "WST", "ref": "PO-1", "posted": "2026-03-02 08:00:00"}
    return message({**head, "pos": list(lines)})


def line(number: int, **fields: Any) -> dict[str, Any]:
    return {"n": number, "art": "MUG-BLUE", "qty": "3", "me": "ST", "batch": "", "st": "F", **fields}


def counted(envelope: Envelope) -> list[tuple[Any, ...]]:
    return [count[1:5] for count in count_message(envelope.source, canonicalise(envelope, front()))]


@pytest.mark.parametrize(
    ("story", "envelope", "expected"),
    [
        (
            "each line is an event",
            move(line(1), line(2)),
            [("message", "in", "", 1), ("message", "mapped", "", 1), ("message", "events", "", 2)],
        ),
        (
            "one bad line is refused alone",
            move(line(1), line(2, qty="many")),
            [
                ("message", "in", "", 1),
                ("message", "mapped", "", 1),
                ("message", "events", "", 2),
                ("event", "dead_letter", "bad_quantity", 1),
            ],
        ),
        (
            "what master data does not know is parked",
            move(line(1, art="NOBODY-KNOWS")),
            [
                ("message", "in", "", 1),
                ("message", "mapped", "", 1),
                ("message", "events", "", 1),
                ("event", "parked", "unknown_item", 1),
            ],
        ),
        (
            "a message without effect on stock is compared as a whole",
            message({"msg": "PING"}),
            [("message", "in", "", 1), ("message", "compared", "pings carry no stock", 1)],
        ),
        (
            "a message that cannot be read ends whole",
            message(b"{"),
            [("message", "in", "", 1), ("message", "dead_letter", "malformed_json", 1)],
        ),
        (
            "so does one of a source that nobody mapped",
            message({}, source="stranger"),
            [("message", "in", "", 1), ("message", "dead_letter", "unknown_source", 1)],
        ),
    ],
)
def test_a_message_is_accounted_for(story: str, envelope: Envelope, expected: list[tuple[Any, ...]]) -> None:
    assert counted(envelope) == expected


def test_only_the_first_refusal_of_a_message_carries_it() -> None:
    envelope = move(line(1, qty="many"), line(2, qty=None), line(3, art="NOBODY-KNOWS"))
    found = canonicalise(envelope, front())
    assert [(one.event_index, one.reason) for one in found.rejections] == [
        (0, "bad_quantity"),
        (1, "missing_quantity"),
        (2, "unknown_item"),
    ]
    assert envelope.payload in {one.payload for one in found.rejections}


def test_two_documents_of_one_message_refused_for_one_reason_are_two_rejections() -> None:
    """A view holds one row for each message, index and reason: the second document must not hide behind the first."""
    sets = [transaction_set("997", ["AK1*SW*1"], control) for control in ("0001", "0002")]
    found = canonicalise(message(interchange(*sets), "3pl-north", "x12"), front())
    assert [(one.event_index, one.reason, bool(one.payload)) for one in found.rejections] == [
        (-1, "no_mapping_matches", True),
        (-2, "no_mapping_matches", False),
    ]


def test_a_kit_leaves_with_its_components() -> None:
    kits = [event for event in day() if event.item == "KIT-STARTER" and event.kind == "order_recorded"]
    assert {part.item for part in kits[0].components} >= {"MUG-BLUE"}


def test_counts_name_their_source() -> None:
    assert count_message("wms-west", canonicalise(move(line(1)), front()))[0] == OutcomeCount(
        "wms-west", "message", "in", "", 1
    )
