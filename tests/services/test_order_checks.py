"""An order as JSON is answered by the stock of the views; what cannot be read is said by line."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from services.api_source import ApiSource, load_source
from services.order_checks import check
from services.view_pages import QueryError
from tests.pipelines.example_day import dated_company


def body(*lines: object, channel: str = "web") -> bytes:
    return json.dumps({"channel": channel, "lines": lines}).encode()


def test_a_kit_and_a_mug_share_the_mugs_of_the_readme(day_source: ApiSource) -> None:
    kits = {"item": "KIT-POUROVER", "quantity": 10}
    enough = check(day_source, body(kits, {"listing": "9107199254740993", "quantity": "67"}))
    assert enough["can_be_promised"]
    assert {one["item"]: one["wanted_quantity"] for one in enough["components"]}["MUG-BLUE"] == "87"
    too_many = check(day_source, body(kits, {"item": "MUG-BLUE", "quantity": "68"}))
    assert not too_many["can_be_promised"]
    mugs = {one["item"]: one for one in too_many["components"]}["MUG-BLUE"]
    assert (mugs["wanted_quantity"], mugs["available_quantity"]) == ("88", "87")
    assert too_many["as_of"] == "2026-03-03T06:00:00+00:00"


def test_a_case_is_counted_in_what_it_holds(day_source: ApiSource) -> None:
    answer = check(day_source, body({"item": "MUG-BLUE", "quantity": "1", "unit": "case"}))
    assert answer["lines"] == [{"item": "MUG-BLUE", "wanted_quantity": "24", "promised_quantity": "24"}]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (b"{", "order: Invalid JSON"),
        (body(), "lines: "),
        (body({"item": "MUG-BLUE", "quantity": 0.5}), "lines.0: quantity is a fraction without quotes"),
        (body({"item": "MUG-BLUE", "quantity": "NaN"}), "lines.0.quantity: "),
        (body({"item": "MUG-BLUE", "quantity": "-1"}), "lines.0.quantity: "),
        (body({"quantity": "1"}), "lines.0: expected either item or listing"),
        (body({"item": "MUG-GOLD", "quantity": "1"}), "lines.0: master data does not know 'MUG-GOLD'"),
        (body({"item": "MUG-BLUE", "quantity": "1", "unit": "mile"}), "lines.0: MUG-BLUE has no unit 'mile'"),
        (body({"item": "MUG-BLUE", "quantity": "1"}, channel="moon"), "channel 'moon', expected one of web, "),
        (body(*[{"item": "MUG-BLUE", "quantity": "1"}] * 1_001), "lines: "),
    ],
)
def test_what_cannot_be_answered_says_why(day_source: ApiSource, asked: bytes, message: str) -> None:
    with pytest.raises(QueryError) as error:
        check(day_source, asked)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("as_of", "listing", "wanted", "policy_version", "unknown"),
    [
        ("2026-03-03T06:00:00Z", "9107199254740993", "1", "2026-03-01", "CASE-1"),
        ("2026-03-09T23:59:59Z", "9107199254740993", "1", "2026-03-01", "CASE-1"),
        ("2026-03-10T00:00:00Z", "CASE-1", "24", "in a week", "9107199254740993"),
    ],
)
def test_an_order_goes_by_the_rows_and_the_policy_of_its_moment(
    day_source: ApiSource, tmp_path: Path, as_of: str, listing: str, wanted: str, policy_version: str, unknown: str
) -> None:
    """Not by those that come last in the tables, which may begin next year."""
    database = tmp_path / "day.db"
    shutil.copy(str(day_source.database), database)
    connection = sqlite3.connect(database)
    connection.execute("UPDATE run SET options = json_set(options, '$.as_of', ?)", (as_of,))
    connection.commit()
    connection.close()
    source = load_source(database, *dated_company(tmp_path))
    answer = check(source, body({"listing": listing, "quantity": "1"}))
    assert [one["wanted_quantity"] for one in answer["lines"]] == [wanted]
    assert (answer["policy_version"], answer["can_be_promised"]) == (policy_version, True)
    with pytest.raises(QueryError, match=f"master data does not know '{unknown}'"):
        check(source, body({"listing": unknown, "quantity": "1"}))
