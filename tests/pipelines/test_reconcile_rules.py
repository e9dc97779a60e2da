"""Drift is what the newest report of a place says and the books do not; its correction is a count."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pipelines.reconcile_rules import Drift, Totals, corrections, is_settable, newest, totals

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NO_LOTS: frozenset[tuple[str, str, str]] = frozenset()


def drift(books: str = "10", reported: str = "12", hours: int = 0, **fields: Any) -> Drift:
    at = NOON + timedelta(hours=hours)
    said = Drift("MUG", "EAST", "", "sellable", "erp", f"erp:{hours}", Decimal(books), Decimal(reported), at)
    return said._replace(**fields)


def test_only_the_newest_report_of_a_place_counts() -> None:
    assert newest([drift(hours=2), drift("9", "12")]) == [drift(hours=2)]
    assert newest([drift("12", "12", hours=2), drift()]) == [], "the newest one agrees"


def test_each_place_source_and_document_is_one_of_its_own() -> None:
    document = {"disposition": "", "reference": "receipt:PO-1"}
    found = [drift(), drift(source="3pl"), drift(location="WEST"), drift(**document), drift(hours=1, **document)]
    assert len(newest(found)) == 4


def test_totals_are_by_location_source_and_cause() -> None:
    found = [drift(), drift("5", "1", item="LAMP"), drift("0", "3", location="WEST", disposition="")]
    assert totals(found) == [
        Totals("EAST", "erp", "position", 2, Decimal(2), Decimal(4)),
        Totals("WEST", "erp", "document", 1, Decimal(3), Decimal(0)),
    ]


def test_a_correction_is_a_count_as_of_the_report_and_the_same_whenever_it_is_made() -> None:
    (made,) = corrections([drift()], "erp", NO_LOTS, NOON)
    (again,) = corrections([drift()], "erp", NO_LOTS, NOON + timedelta(days=1))
    assert json.loads(made.payload) == {
        "type": "correction",
        "key": "MUG|EAST||sellable|erp|2026-03-02T12:00:00+00:00",
        "item": "MUG",
        "location": "EAST",
        "lot": "",
        "disposition": "sellable",
        "quantity": "12",
        "as_of": "2026-03-02T12:00:00+00:00",
        "believed": "erp",
    }
    assert (made.source, made.message_id, made.payload) == (again.source, again.message_id, again.payload)


def test_only_the_believed_source_is_followed() -> None:
    assert corrections([drift()], "3pl", NO_LOTS, NOON) == []


def test_documents_and_sums_over_lots_need_a_person() -> None:
    lots = frozenset({("MUG", "EAST", "sellable")})
    assert not is_settable(drift(disposition=""), NO_LOTS)
    assert not is_settable(drift(), lots)
    assert is_settable(drift(lot="L1"), lots)
