"""An order as JSON is answered by the stock of the views; what cannot be read is said by line."""

import json

import pytest

from services.api_source import ApiSource
from services.order_checks import check
from services.view_pages import QueryError


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
