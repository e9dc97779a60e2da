"""A feed's file says the same whatever the order of what came, and keeps only what can still hold."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.master_changes import Change, apply_changes, parse_change
from transforms.arrival import change_feed_rules
from transforms.arrival.change_feed_rules import keep_changes, refuse_all

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER, LATER = "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"


def change(version: int, location: str, code: str = "WH-9", **fields: Any) -> bytes:
    row = {"source": "wms", "code": code, "location": location}
    said = {"table": "location_codes", "version": version, "owner": "logistics", "row": row, **fields}
    return json.dumps(said).encode()


def kept(*payloads: bytes, text: str = "", **governors: str) -> list[tuple[int, str]]:
    """(version, location) of each line of the file."""
    found = [json.loads(line) for line in keep_changes("wms", text, payloads, governors, NOW).text.splitlines()]
    return [(one["version"], one["row"]["location"]) for one in found]


def refused(*payloads: bytes, text: str = "", **governors: str) -> list[str]:
    return [one.reason for one in keep_changes("wms", text, payloads, governors, NOW).refused]


@pytest.mark.parametrize(
    ("story", "payloads", "expected"),
    [
        ("a change", [change(7, "EAST")], [(7, "EAST")]),
        ("the same twice", [change(7, "EAST"), change(7, "EAST")], [(7, "EAST")]),
        ("a newer one after it", [change(7, "EAST"), change(9, "WEST")], [(9, "WEST")]),
        ("a newer one before it", [change(9, "WEST"), change(7, "EAST")], [(9, "WEST")]),
        ("one that waits for its time", [change(7, "EAST"), change(9, "WEST", effective_from=LATER)],
         [(7, "EAST"), (9, "WEST")]),
        ("one that waits and is outdone already", [change(7, "EAST"), change(6, "WEST", effective_from=LATER)],
         [(7, "EAST")]),
        ("one whose time has come", [change(7, "EAST"), change(9, "WEST", effective_from=EARLIER)], [(9, "WEST")]),
        ("of two rows", [change(7, "EAST"), change(3, "WEST", code="WH-8")], [(3, "WEST"), (7, "EAST")]),
    ],
)  # fmt: skip
def test_what_a_feed_keeps(story: str, payloads: list[bytes], expected: list[tuple[int, str]]) -> None:
    assert kept(*payloads) == expected
    assert refused(*payloads) == []


def test_a_deletion_is_kept_so_that_an_older_change_does_not_bring_the_row_back() -> None:
    gone = change(8, "", op="delete")
    assert kept(gone, change(7, "EAST")) == [(8, "")]


@pytest.mark.parametrize(
    ("story", "payload", "reason"),
    [
        ("no JSON", b"WH-9 is EAST", "unreadable_change"),
        ("bytes", b"\xff\x00\xfe", "unreadable_change"),
        ("a list", b"[1]", "unreadable_change"),
        ("deeper than anything", b"[" * 100_000, "unreadable_change"),
        ("larger than any row", change(7, "E" * 70_000), "unreadable_change"),
        ("larger when it is written in ASCII", change(7, "\N{EURO SIGN}" * 30_000), "unreadable_change"),
        ("no version", b'{"table": "items", "owner": "x", "row": {"item": "A"}}', "unreadable_change"),
        ("no table of ours", b'{"table": "cats", "version": 1, "owner": "x", "row": {}}', "unknown_table"),
    ],
)  # fmt: skip
def test_what_is_no_change_is_refused_alone(story: str, payload: bytes, reason: str) -> None:
    assert refused(payload, change(7, "EAST")) == [reason]
    assert kept(payload, change(7, "EAST")) == [(7, "EAST")]


def test_where_nobody_knows_who_governs_what_comes_is_refused_and_the_file_stays() -> None:
    (one,) = refuse_all("wms", [change(7, "EAST")], "governance.csv:2: 1 cells")
    assert (one.reason, one.message[-26:]) == ("not_governor", ": governance.csv:2: 1 cells"[-26:])


def test_a_stranger_changes_nothing_and_hides_nothing() -> None:
    stranger = change(99, "MOON", owner="sales")
    assert kept(change(7, "EAST"), stranger, location_codes="logistics") == [(7, "EAST")]
    (one,) = keep_changes("wms", "", [stranger], {"location_codes": "logistics"}, NOW).refused
    assert one.reason == "not_governor"
    assert one.message.endswith(": 'sales' changes location_codes, expected its owner 'logistics'")


def test_one_version_with_two_contents_is_a_conflict_in_any_order() -> None:
    one, other = change(7, "EAST"), change(7, "WEST")
    for first, second in ((one, other), (other, one)):
        text = keep_changes("wms", "", [first], {}, NOW).text
        after = keep_changes("wms", text, [second], {}, NOW)
        assert (kept(second, text=text), [said.reason for said in after.refused]) == (
            [(7, "EAST")],
            ["conflicting_change"],
        )


def test_a_change_over_several_lines_becomes_one() -> None:
    pretty = json.dumps(json.loads(change(7, "EAST\u2028")), indent=2, ensure_ascii=False).encode()
    text = keep_changes("wms", "", [pretty], {}, NOW).text
    assert len(text.splitlines()) == 1
    assert kept(text=text) == [(7, "EAST\u2028")]


def test_a_feed_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_feed_rules, "FEED_CHANGES_MAX", 1)
    assert refused(change(7, "EAST", code="A"), change(7, "EAST", code="B")) == ["feed_full"]
    assert kept(change(7, "EAST", code="A"), change(7, "EAST", code="B")) == [(7, "EAST")]


@pytest.mark.parametrize("seed", range(20))
def test_any_order_bundling_and_repetition_give_the_tables_that_all_changes_give_at_once(seed: int) -> None:
    rng = random.Random(seed)
    times = (None, EARLIER, LATER)
    payloads = [
        change(rng.randrange(1, 9), rng.choice(["EAST", "WEST"]), rng.choice("AB"), effective_from=rng.choice(times))
        for _ in range(12)
    ]
    tables = {"location_codes": [{"source": "wms", "code": "A", "location": "NORTH"}]}
    changes = [parse_change(one.decode(), "x:1") for one in payloads]
    later = datetime(2026, 4, 2, tzinfo=UTC)
    at_once = [
        apply_changes(tables, [one for one in changes if isinstance(one, Change)], at).tables for at in (NOW, later)
    ]
    deliveries = payloads + rng.sample(payloads, 6)
    rng.shuffle(deliveries)
    text = ""
    while deliveries:
        size = rng.randrange(1, 5)
        text = keep_changes("wms", text, deliveries[:size], {}, NOW).text
        deliveries = deliveries[size:]
    kept_changes = [one for line in text.splitlines() if isinstance(one := parse_change(line, "x:1"), Change)]
    assert [plain(apply_changes(tables, kept_changes, at).tables) for at in (NOW, later)] == list(map(plain, at_once))


def plain(tables: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return sorted((row["code"], row["location"]) for row in tables["location_codes"])
