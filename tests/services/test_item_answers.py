"""Why a figure is what it is, and what lies where; the figures are those that the README works by hand."""

from services.api_source import ApiSource
from services.item_answers import by_location, explanation


def test_a_chain_ends_at_the_figure(day_source: ApiSource) -> None:
    found = explanation(day_source, "MUG-BLUE", "web")
    (offer,) = found["offers"]
    assert offer["available_quantity"] == 85
    assert [(step["step"], step["left"]) for step in offer["chain"]][-2:] == [("buffer", "85"), ("sell_units", "85")]
    assert [row["order_reference"] for row in found["claims"]] == ["RTL-6600123-017", "WEB-1002", "WEB-1004"]


def test_a_listing_leads_to_its_item(day_source: ApiSource) -> None:
    assert explanation(day_source, "9107199254740993", None)["item"] == "MUG-BLUE"


def test_what_lies_where_and_who_could_draw_on_it(day_source: ApiSource) -> None:
    found = by_location(day_source, "MUG-BLUE")
    assert {(one["location"], one["disposition"]): one["on_hand_quantity"] for one in found["locations"]} == {
        ("EAST", "damaged"): "1",
        ("EAST", "returns_hold"): "0",
        ("EAST", "sellable"): "141",
        ("WEST", "sellable"): "80",
    }
    drawable = {(one["channel"], one["location"]): one["drawable_quantity"] for one in found["channels"]}
    assert (drawable["marketplace", "EAST"], drawable["marketplace", "WEST"]) == ("101", "80")


def test_of_a_kit_its_components_are_told(day_source: ApiSource) -> None:
    found = by_location(day_source, "KIT-POUROVER")
    assert {one["item"]: one["quantity"] for one in found["components"]}["MUG-BLUE"] == "2"
    assert found["channels"] == []
