import pickle
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.policy_spec import Policy, load_policy
from schemas.yaml_files import SpecError
from tests.schemas.small_company import company

FILE = """\
version: "2026-03-01"
owner: channel operations
definitions:
  sellable: {means: free to sell, dispositions: [sellable]}
  atp: {means: with supply, dispositions: [sellable], inbound_days: 14}
routing: [EAST, WEST]
safety_stock:
  - {quantity: 4, item: MUG, location: EAST}
  - {quantity: 1, channel: b2b}
channels:
  web:
    definition: sellable
    locations: [EAST, WEST]
    blackouts:
      - {from: 2026-11-27T00:00:00-05:00, to: 2026-11-28T00:00:00-05:00, why: stock taking}
  b2b:
    definition: atp
    locations: [WEST]
    items: {except: [MILK]}
    pool: {kind: percent, percent: 30}
"""


def policy(**fields: Any) -> Policy:
    """A policy with one channel, web, that sells everything from EAST; sections replaced by those given."""
    sections: dict[str, Any] = {
        "version": "1",
        "owner": "ops",
        "definitions": {"sellable": {"means": "x", "dispositions": ["sellable"]}},
        "channels": {"web": {"definition": "sellable", "locations": ["EAST"]}},
    }
    return Policy.model_validate({**sections, **fields})


def web(**fields: Any) -> Policy:
    return policy(channels={"web": {"definition": "sellable", "locations": ["EAST"], **fields}})


def saved(path: Path, text: str) -> Path:
    file = path / "policy.yaml"
    file.write_text(text)
    return file


def test_a_file_becomes_a_policy(tmp_path: Path) -> None:
    loaded = load_policy(saved(tmp_path, FILE), company())
    assert loaded.version == "2026-03-01"
    assert list(loaded.channels) == ["web", "b2b"]  # the order of the file: exclusive pools are cut out in it
    assert loaded.routing == ("EAST", "WEST")
    assert loaded.default_definition.means == "free to sell"
    assert loaded.definitions["atp"].inbound_days == 14
    assert loaded.channels["b2b"].pool.percent == Decimal(30)
    assert loaded.history == timedelta(days=30)
    assert loaded.settle == timedelta(minutes=60)
    assert loaded.safety_stock("MUG", "EAST", "b2b") == Decimal(4)
    assert loaded.channels["web"].in_blackout(datetime(2026, 11, 27, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    ("story", "old", "new", "message"),
    [
        ("a field is misspelt", "routing:", "routeing:", ":6: routeing"),
        ("a disposition is unknown", "[sellable], inbound", "[selable], inbound", ":5: unknown disposition 'selable'"),
        ("a place to ship from is unknown", "[EAST, WEST]\nsafety", "[EAST, NORTH]\nsafety", ":6: unknown location"),
        ("a place comes twice", "[EAST, WEST]\nsafety", "[EAST, EAST]\nsafety", ":6: location 'EAST' twice"),
        ("a safety stock of nothing known", "item: MUG", "item: CUP", ":8: unknown item 'CUP', expected BEANS, GIFT"),
        ("a stock without effect", "channel: b2b", "channel: shop", ":9: unknown channel 'shop', expected b2b"),
        ("two stocks for one thing", "1, channel: b2b", "1, item: MUG, location: EAST", ":9: a second rule"),
        ("a channel is unknown", "  web:", "  shop:", ":11: unknown channel 'shop', expected b2b, web"),
        ("its definition is unknown", "definition: atp", "definition: apt", ":17: unknown definition 'apt'"),
        ("its location is unknown", "locations: [WEST]", "locations: [NORTH]", ":18: unknown location 'NORTH'"),
        ("an item of a channel is unknown", "[MILK]", "[MELK]", ":19: unknown item 'MELK'"),
        ("a pool contradicts itself", "percent: 30", "rank: 3", ":20: channels.b2b.pool: a percent pool with rank"),
    ],
)  # fmt: skip
def test_a_file_is_refused_where(story: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    assert FILE.count(old) == 1
    path = saved(tmp_path, FILE.replace(old, new))
    with pytest.raises(SpecError) as error:
        load_policy(path, company())
    assert str(error.value).startswith(f"{path}{message}")


def test_percents_of_one_location_are_at_most_all_of_it(tmp_path: Path) -> None:
    pool = "pool: {kind: percent, percent: 70.5}"
    path = saved(tmp_path, FILE.replace("    blackouts:", f"    {pool}\n    blackouts:"))
    with pytest.raises(SpecError) as error:
        load_policy(path, company())
    assert str(error.value) == f"{path}:21: pools take 100.5 percent of WEST, expected at most 100 in sum"


def test_percents_of_different_locations_do_not_add_up(tmp_path: Path) -> None:
    text = FILE.replace(
        "[EAST, WEST]\n    blackouts:", "[EAST]\n    pool: {kind: percent, percent: 100}\n    blackouts:"
    )
    assert load_policy(saved(tmp_path, text), company()).channels["web"].pool.percent == Decimal(100)


def test_two_channels_cannot_both_be_served_first(tmp_path: Path) -> None:
    text = FILE.replace("{kind: percent, percent: 30}", "{kind: priority, rank: 1}")
    path = saved(tmp_path, text.replace("    blackouts:", "    pool: {kind: priority, rank: 1}\n    blackouts:"))
    with pytest.raises(SpecError) as error:
        load_policy(path, company())
    assert str(error.value) == f"{path}:21: rank 1 is that of channel web too, expected a rank of its own"


@pytest.mark.parametrize(
    ("story", "items", "item", "eligible"),
    [
        ("all", "all", "MUG", True),
        ("only some: one of them", {"only": ["MUG"]}, "MUG", True),
        ("only some: another", {"only": ["MUG"]}, "MILK", False),
        ("only none", {"only": []}, "MUG", False),
        ("all but some: one of them", {"except": ["MUG"]}, "MUG", False),
        ("all but some: another", {"except": ["MUG"]}, "MILK", True),
    ],
)
def test_a_channel_may_sell(story: str, items: Any, item: str, eligible: bool) -> None:
    assert web(items=items).eligible("web", item) is eligible


def test_a_channel_without_a_policy_sells_nothing() -> None:
    assert policy().eligible("shop", "MUG") is False


@pytest.mark.parametrize(
    ("story", "item", "location", "channel", "quantity"),
    [
        ("all three named", "A", "E", "w", 1),
        ("item and location", "A", "E", "b", 2),
        ("item and channel", "A", "W", "w", 3),
        ("location and channel", "B", "E", "w", 4),
        ("item", "A", "W", "b", 5),
        ("location", "B", "E", "b", 6),
        ("channel", "B", "W", "w", 7),
        ("the rest", "B", "W", "b", 8),
    ],
)
def test_the_most_specific_safety_stock_wins(story: str, item: str, location: str, channel: str, quantity: int) -> None:
    named = [
        ("A", "E", "w"),
        ("A", "E", ""),
        ("A", "", "w"),
        ("", "E", "w"),
        ("A", "", ""),
        ("", "E", ""),
        ("", "", "w"),
    ]
    rules = [
        {"quantity": number, "item": i, "location": place, "channel": c}
        for number, (i, place, c) in enumerate([*named, ("", "", "")], start=1)
    ]
    assert policy(safety_stock=list(reversed(rules))).safety_stock(item, location, channel) == Decimal(quantity)


STOCK = [
    {"quantity": 1, "item": "A", "channel": "web"},
    {"quantity": 2, "channel": "web"},
    {"quantity": 3, "item": "A"},
    {"quantity": 4, "location": "EAST"},
    {"quantity": 5, "location": "EAST", "channel": "web"},
]


@pytest.mark.parametrize(
    ("item", "location", "channel", "quantity"),
    [
        ("A", "EAST", "", 3),
        ("B", "EAST", "", 4),
        ("B", "WEST", "", 0),
        ("B", "EAST", "web", 5),
        ("B", "EAST", "b2b", 4),
    ],
)
def test_a_location_holds_back(item: str, location: str, channel: str, quantity: int) -> None:
    assert policy(safety_stock=STOCK).location_safety_stock(item, location, channel) == Decimal(quantity)


@pytest.mark.parametrize(("item", "channel", "quantity"), [("A", "web", 1), ("B", "web", 2), ("A", "b2b", 0)])
def test_a_channel_holds_back(item: str, channel: str, quantity: int) -> None:
    assert policy(safety_stock=STOCK).channel_safety_stock(item, channel) == Decimal(quantity)


@pytest.mark.parametrize(("hour", "dark"), [(0, False), (1, True), (2, True), (3, False)])
def test_a_blackout_holds_its_start_and_not_its_end(hour: int, dark: bool) -> None:
    windows = [{"from": "2026-03-02T01:00:00Z", "to": "2026-03-02T03:00:00Z", "why": "move"}]
    assert web(blackouts=windows).channels["web"].in_blackout(datetime(2026, 3, 2, hour, tzinfo=UTC)) is dark


def test_a_policy_goes_to_another_process_and_still_answers() -> None:
    here = policy(safety_stock=STOCK, channels=web(items={"only": ["A"]}).channels)
    there = pickle.loads(pickle.dumps(here))
    assert there == here
    assert there.eligible("web", "A")
    assert not there.eligible("web", "B")
    assert there.channel_safety_stock("A", "web") == Decimal(1)


@pytest.mark.parametrize("fields", [{"channels": {}}, {"definitions": {}}, {"version": ""}, {"rules": []}])
def test_a_policy_is_valid_or_does_not_exist(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        policy(**fields)


CLASSED = {
    "priority_classes": ["gold", "standard"],
    "channels": {
        "web": {"definition": "sellable", "locations": ["EAST"], "priority_class": "standard"},
        "b2b": {"definition": "sellable", "locations": ["EAST"], "priority_class": "gold"},
        "till": {"definition": "sellable", "locations": ["EAST"]},
    },
}


def test_classes_rank_in_their_order_and_channels_without_one_come_last() -> None:
    assert policy(**CLASSED).rank_of == {"b2b": 0, "web": 1, "till": 2}
    assert policy().rank_of == {"web": 0}


def test_a_priority_class_must_be_one_that_the_policy_names(tmp_path: Path) -> None:
    unknown = FILE.replace("    locations: [WEST]\n", "    locations: [WEST]\n    priority_class: gold\n")
    with pytest.raises(SpecError, match=r"policy.yaml:19: unknown priority class 'gold', expected none"):
        load_policy(saved(tmp_path, unknown), company())
    known = f"priority_classes: [gold, gold]\n{unknown}"
    with pytest.raises(SpecError, match=r"policy.yaml:1: priority class 'gold' twice, expected it once"):
        load_policy(saved(tmp_path, known), company())


LATER = """\
later:
  - version: "2026-06"
    owner: channel operations
    effective_from: 2026-06-01
    definitions: {sellable: {means: free to sell, dispositions: [sellable]}}
    channels: {web: {definition: sellable, locations: [EAST]}}
  - version: "2026-09"
    owner: channel operations
    effective_from: 2026-09-01T12:00:00+02:00
    definitions: {sellable: {means: free to sell, dispositions: [sellable]}}
    channels: {web: {definition: sellable, locations: [WEST], items: {only: [MILK]}}}
"""
JUNE, SEPTEMBER = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 9, 1, 10, tzinfo=UTC)


def test_a_later_version_holds_from_its_moment_on(tmp_path: Path) -> None:
    loaded = load_policy(saved(tmp_path, FILE + LATER), company())
    instant = timedelta(microseconds=1)
    moments = (datetime(2020, 1, 1, tzinfo=UTC), JUNE - instant, JUNE, SEPTEMBER - instant, SEPTEMBER)
    versions = ["2026-03-01", "2026-03-01", "2026-06", "2026-06", "2026-09"]
    assert [loaded.at(moment).version for moment in moments] == versions
    assert [loaded.next_start(moment) for moment in moments[1:]] == [JUNE, SEPTEMBER, SEPTEMBER, None]
    assert (loaded.eligible("b2b", "MUG"), loaded.at(JUNE).eligible("b2b", "MUG")) == (True, False)
    assert loaded.ever_eligible("b2b", "MUG")
    assert not loaded.ever_eligible("b2b", "MILK")
