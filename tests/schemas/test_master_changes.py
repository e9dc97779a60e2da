"""A feed of changes converges whatever comes late, twice or out of order; what is wrong is refused by itself."""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from schemas.master_changes import CHANGE_CHARS_MAX, Applied, Change, RefusedChange, apply_changes, parse_change

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TABLES = {"location_codes": [{"source": "wms", "code": "DC1", "location": "EAST", "#line": "2"}]}
GOVERNED = {**TABLES, "governance": [{"table": "location_codes", "owner": "logistics"}]}


def line(version: Any = 1, location: str = "WEST", code: str = "DC9", **fields: Any) -> str:
    row = {"source": "wms", "code": code, "location": location}
    return json.dumps({"table": "location_codes", "version": version, "owner": "logistics", "row": row} | fields)


def applied(*lines: str, tables: Any = TABLES, at: datetime = NOON) -> Applied:
    changes = [parse_change(text, f"feed:{number}") for number, text in enumerate(lines, start=1)]
    assert [one for one in changes if isinstance(one, RefusedChange)] == []
    return apply_changes(tables, [one for one in changes if isinstance(one, Change)], at)


def codes(found: Applied) -> dict[str, str]:
    return {row["code"]: row["location"] for row in found.tables["location_codes"]}


@pytest.mark.parametrize(
    ("story", "lines", "expected"),
    [
        ("a new row", [line()], {"DC1": "EAST", "DC9": "WEST"}),
        ("a row of the table is replaced", [line(code="DC1")], {"DC1": "WEST"}),
        ("a row is deleted", [line(code="DC1", op="delete")], {}),
        ("the highest version holds", [line(2, "NORTH"), line(1)], {"DC1": "EAST", "DC9": "NORTH"}),
        ("a late one below it changes nothing", [line(3, op="delete"), line(2)], {"DC1": "EAST"}),
        ("twice is once", [line(), line()], {"DC1": "EAST", "DC9": "WEST"}),
        ("what is to come is not there yet", [line(effective_from="2026-03-02T13:00:00Z")], {"DC1": "EAST"}),
        ("what has come is", [line(effective_from="2026-03-02T12:00:00Z")], {"DC1": "EAST", "DC9": "WEST"}),
    ],
)
def test_the_tables_after_changes(story: str, lines: list[str], expected: dict[str, str]) -> None:
    assert codes(applied(*lines)) == expected, story


def test_a_change_to_come_says_when() -> None:
    lines = [line(2, "NORTH", effective_from="2026-03-02T13:00:00Z"), line(1)]
    assert applied(*lines).next_at == NOON + timedelta(hours=1)
    assert codes(applied(*lines))["DC9"] == "WEST"
    later = applied(*lines, at=NOON + timedelta(hours=1))
    assert (codes(later)["DC9"], later.next_at) == ("NORTH", None)


def test_two_contents_under_one_version_are_a_conflict_and_the_same_one_stays_in_any_order() -> None:
    one, other = line(1, "NORTH"), line(1, "WEST")
    for lines in ([one, other], [other, one]):
        found = applied(*lines)
        assert codes(found)["DC9"] == "NORTH"
        assert [(refused.reason, refused.text) for refused in found.refused] == [("conflicting_change", other)]


def test_only_the_owner_of_a_table_changes_it() -> None:
    found = applied(line(owner="marketing"), line(2, "NORTH", code="DC8"), tables=GOVERNED)
    assert codes(found) == {"DC1": "EAST", "DC8": "NORTH"}
    assert [one.message for one in found.refused] == [
        "feed:1: 'marketing' changes location_codes, expected its owner 'logistics'"
    ]


@pytest.mark.parametrize("seed", range(30))
def test_any_order_and_any_repetition_end_the_same(seed: int) -> None:
    random = Random(seed)
    pick = random.choice
    lines = [line(pick((1, 2, 3)), pick("AB"), pick(("X", "Y")), op=pick(("upsert", "delete"))) for _ in range(12)]
    again = [*lines, *random.choices(lines, k=4)]
    random.shuffle(again)
    assert codes(applied(*again)) == codes(applied(*lines))


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        ("{", "unreadable_change", "feed:1: the line is not JSON, expected one object"),
        ("[" * 50_000, "unreadable_change", "not JSON"),
        ("[]", "unreadable_change", "the line is no object"),
        (line(table="prices"), "unknown_table", "unknown table 'prices', expected one of items"),
        (line(table=["x"]), "unknown_table", "unknown table"),
        (line(op="merge"), "unreadable_change", "op is 'merge', expected upsert or delete"),
        (line(version="1"), "unreadable_change", "version is '1', expected a whole number from 1"),
        (line(version=True), "unreadable_change", "version is 'True'"),
        (line(version=0), "unreadable_change", "version is '0'"),
        (line(row={"source": "wms", "code": "DC9", "place": "EAST"}), "unreadable_change", "unknown column 'place'"),
        (line(row={"source": "wms", "location": "EAST"}), "unreadable_change", "row has no code"),
        (line(row={"source": "wms", "code": 9}), "unreadable_change", "row is no object of texts"),
        (line(effective_from="tomorrow"), "unreadable_change", "effective_from is 'tomorrow'"),
        (line(effective_from="2026-03-02T12:00:00"), "unreadable_change", "expected a time with its zone"),
        (line(priority=1), "unreadable_change", "unknown field 'priority'"),
        ('{"table": "items", "row": {"item": "A"}, "version": 1}', "unreadable_change", "owner is missing"),
        ('"' + "x" * CHANGE_CHARS_MAX + '"', "unreadable_change", "characters, expected at most"),
    ],
)
def test_what_is_no_change_is_refused_with_its_line(text: str, reason: str, said: str) -> None:
    refused = parse_change(text, "feed:1")
    assert isinstance(refused, RefusedChange)
    assert (refused.reason, said in refused.message) == (reason, True), refused.message
