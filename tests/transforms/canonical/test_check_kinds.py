import pytest

from schemas.records import KINDS
from tests.transforms.canonical.reported import ordered, reported
from transforms.canonical.check_kinds import RULES, missing, needed_fields, unlisted


def test_every_kind_has_its_rule() -> None:
    assert set(RULES) == KINDS


@pytest.mark.parametrize(
    ("rule", "kinds"),
    [
        ("zero", {"count", "snapshot", "unknown_count"}),
        ("negative", {"adjustment"}),
        (
            "kit",
            {
                "shipment",
                "order_recorded",
                "reservation_requested",
                "reservation_allocated",
                "reservation_released",
                "reservation_cancelled",
                "reservation_expired",
            },
        ),
        (
            "location",
            {
                "receipt",
                "shipment",
                "adjustment",
                "count",
                "snapshot",
                "unknown_count",
                "transfer_shipped",
                "transfer_received",
                "disposition_changed",
                "return_received",
                "reservation_allocated",
            },
        ),
        (
            "reference",
            {
                "transfer_shipped",
                "transfer_received",
                "inbound_announced",
                "inbound_cancelled",
                "order_recorded",
                "reservation_requested",
                "reservation_allocated",
                "reservation_released",
                "reservation_cancelled",
                "reservation_expired",
            },
        ),
    ],
)
def test_a_rule_holds_for(rule: str, kinds: set[str]) -> None:
    assert {kind for kind, rules in RULES.items() if getattr(rules, rule)} == kinds


def test_what_is_on_a_shelf_and_has_lots_is_there_by_lot() -> None:
    assert {kind for kind, rule in RULES.items() if rule.lot} == {
        kind for kind, rule in RULES.items() if rule.location and rule.facts != "claims"
    }


def test_a_message_says_who_left_out_what() -> None:
    problem = missing("missing_location", "location_code", reported("count"), "a location")
    assert problem.message == "count from wms-east has no location_code, expected a location"
    assert problem.outcome == "dead_letter"


def test_an_order_of_what_is_not_listed_waits_for_its_listing() -> None:
    problem = unlisted(ordered(), "MUG")
    assert (problem.outcome, problem.missing_key) == ("parked", "listing:web:MUG")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("receipt", ["location"]),
        ("transfer_shipped", ["location", "order_reference"]),
        ("disposition_changed", ["location", "disposition", "to_disposition"]),
        ("inbound_announced", ["order_reference"]),
        ("order_recorded", ["order_reference"]),
    ],
)
def test_a_mapping_must_fill_in_what_every_event_of_a_kind_needs(kind: str, fields: list[str]) -> None:
    assert needed_fields(kind) == fields
