"""A policy that cannot hold is refused before anything runs, with the line of what is wrong."""

from pathlib import Path

import pytest

from schemas.policy_checks import policy_problems
from schemas.policy_spec import load_policy
from schemas.yaml_files import SpecError
from tests.schemas.small_company import company
from tests.schemas.test_policy_spec import FILE, LATER, policy, saved


@pytest.mark.parametrize(
    ("story", "old", "new", "message"),
    [
        ("no day", "    effective_from: 2026-06-01\n", "", r":22: from None, expected a time after that of"),
        ("out of order", "2026-06-01", "2026-10-01", r":29: from 2026-09-01 10:00:00\+00:00, expected a time after"),
        ("a name twice", '"2026-09"', '"2026-06"', r":27: version '2026-06' twice, expected a name of its own"),
        ("an unknown location", "[EAST]}}", "[NORTH]}}", r":26: unknown location 'NORTH', expected EAST, WEST"),
        ("other history", "    definitions", "    limits: {history_days: 5}\n    definitions", r"other limits than"),
        ("other stock for sale", "[sellable]}}\n    ch", "[quarantine]}}\n    ch", r"counts other dispositions"),
    ],
)
def test_versions_that_cannot_follow_each_other_are_refused_with_their_line(
    tmp_path: Path, story: str, old: str, new: str, message: str
) -> None:
    assert old in LATER
    with pytest.raises(SpecError, match=message):
        load_policy(saved(tmp_path, FILE + LATER.replace(old, new, 1)), company())


def test_a_policy_that_holds_has_no_problems() -> None:
    assert list(policy_problems(policy(), company())) == []


FEEDS = """feeds:
  - source: wms-east
    silent_after_minutes: 60
    floor: {quantity: 5}
"""


@pytest.mark.parametrize(
    ("story", "old", "new", "message"),
    [
        ("a typing error", "wms-east", "wms-esat", r"'wms-esat' owns on hand nowhere, expected locations beside it"),
        (
            "no such place",
            "    floor:",
            "    locations: [NORTH]\n    floor:",
            r"unknown location 'NORTH', expected EAST",
        ),
        ("no such item", "    floor:", "    items: {only: [MUGG]}\n    floor:", r"unknown item 'MUGG', expected"),
        ("twice", "feeds:\n", "feeds:\n  - {source: wms-east}\n", r"a second rule for wms-east at its locations"),
        ("both floors", "{quantity: 5}", "{quantity: 5, share: 0.5}", r"a floor of 5 and a share of 0.5, expected one"),
        ("no patience", ": 60", ": 0", r"silent_after_minutes: Input should be greater than or equal to 1"),
    ],
)
def test_feeds_that_cannot_hold_are_refused_with_their_line(
    tmp_path: Path, story: str, old: str, new: str, message: str
) -> None:
    assert old in FEEDS
    with pytest.raises(SpecError, match=rf"policy.yaml:\d+: .*{message}"):
        load_policy(saved(tmp_path, FILE + FEEDS.replace(old, new, 1)), company())


def test_a_feed_is_found_by_source_and_location(tmp_path: Path) -> None:
    more = "  - {source: wms-east, locations: [WEST], silent_after_minutes: 5}\n"
    loaded = load_policy(saved(tmp_path, FILE + FEEDS + more), company())
    found = [loaded.feed_of(*pair).silent_after_minutes for pair in (("wms-east", "EAST"), ("wms-east", "WEST"))]
    assert found == [60, 5]
    assert loaded.feed_of("shop", "EAST").silent_after is None
