"""Which record is a row of which view, as what values, and by which statement it gets there."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from tests.transforms.publication.rows import (
    NOON,
    alert,
    availability,
    claim,
    decision,
    discrepancy,
    ended,
    inbound,
    parked,
    position,
    preemption,
    promise,
    rejection,
    signal,
    source_heard,
    update,
)
from transforms.publication.view_tables import (
    VIEW_NAMED,
    Column,
    Run,
    create_sql,
    key_maker,
    plain_decimal,
    row_maker,
    upsert_sql,
    utc_text,
    view_of,
)

RUN = Run("R1", NOON, None, "day", "p1", "m1", "{}")


@pytest.mark.parametrize(
    ("record", "view", "key"),
    [
        (position(), "position", ("ABC-1", "EAST", "", "sellable")),
        (claim(), "claim", ("ABC-1", "SO-1")),
        (inbound(), "inbound", ("ABC-1", "PO-1")),
        (availability(), "availability", ("ABC-1", "web")),
        (update(), "channel_update", ("web", "W-ABC-1")),
        (signal(), "stock_signal", ("ABC-1", "web")),
        (promise(), "promise", ("ABC-1", "web", "2026-03-02")),
        (discrepancy(), "discrepancy", ("ABC-1", "EAST", "", "sellable", "count", "wms-east", "wms-east:count:C1:1")),
        (decision(), "decision", ("b2b-portal:request:1:1", "ABC-1")),
        (preemption(), "preemption", ("b2b-portal:request:1:1", "ABC-1")),
        (alert(), "alert", ("ABC-1", "", "oversell")),
        (rejection(), "dead_letter", ("shop/20260302T120000Z_orders.jsonl#3", 0, "missing_field")),
        (parked(), "parked", ("shop/20260302T120000Z_orders.jsonl#3", 0, "unknown_item")),
        (source_heard(), "source_heard", "wms-east"),
        (RUN, "run", "R1"),
        (ended(3, "posted"), "run_count", ("shop", "event", "posted", "")),
    ],
)
def test_a_record_is_a_row_of_one_view_under_one_key(record: Any, view: str, key: Any) -> None:
    assert view_of(record).name == view
    assert key_maker(view_of(record))(record) == key


@pytest.mark.parametrize("stranger", ["position", ("ABC-1", 5), rejection("posted")])
def test_what_is_no_row_of_any_view_is_named_with_what_was_expected(stranger: object) -> None:
    with pytest.raises(TypeError, match=r"no view has rows like .*, expected one of Alert, AvailabilityRow"):
        view_of(stranger)


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (position("2.50", 7), ["ABC-1", "EAST", "", "sellable", "2.5", None, "wms-east:receipt:R1:1", 7, None, ""]),
        (
            update(3, 8, previous=1),
            ["web", "W-ABC-1", "ABC-1", 3, 1, "shop:order:1001:1", "corr-1001", 8],
        ),
        (ended(3, "parked", "unknown_item"), ["shop", "event", "parked", "unknown_item", 3, 0, "R7"]),
        (RUN, ["R1", "2026-03-02T12:00:00+00:00", None, "day", "p1", "m1", "{}"]),
    ],
)
def test_a_row_is_text_numbers_and_nothing(record: Any, row: list[Any]) -> None:
    assert row_maker(view_of(record), "R7")(record) == row


def test_a_rejection_keeps_its_payload_byte_for_byte_and_the_run_that_found_it() -> None:
    row = row_maker(VIEW_NAMED["dead_letter"], "R7")(rejection(payload=b"\xff\x00{"))
    assert row[-2:] == [b"\xff\x00{", "R7"]


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("0E-6", "0"),
        ("12", "12"),
        ("-12", "-12"),
        ("100", "100"),
        ("1E+2", "100"),
        ("5.000", "5"),
        ("2.50", "2.5"),
        ("-0.000001", "-0.000001"),
        ("1E-7", "0.0000001"),
        ("999999999999.999999", "999999999999.999999"),
        ("12345678901234567890123456789012345678.123456789", "12345678901234567890123456789012345678.123456789"),
    ],
)
def test_equal_quantities_are_equal_text_and_nothing_is_rounded(quantity: str, text: str) -> None:
    assert plain_decimal(Decimal(quantity)) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOON, "2026-03-02T12:00:00+00:00"),
        (datetime(2026, 3, 2, 7, 0, tzinfo=timezone(timedelta(hours=-5))), "2026-03-02T12:00:00+00:00"),
        (datetime(2026, 3, 2, 12, 0, 0, 500, tzinfo=UTC), "2026-03-02T12:00:00.000500+00:00"),
    ],
)
def test_times_are_stored_in_utc(at: datetime, text: str) -> None:
    assert utc_text(at) == text


def test_columns_carry_type_and_meaning() -> None:
    columns = {column.name: column for column in VIEW_NAMED["dead_letter"].columns}
    assert columns["payload"] == Column(
        "payload", bytes, False, "the message byte for byte, in the first of its rejections; empty in the others"
    )
    assert columns["outcome"] == Column("outcome", str, False, "dead_letter")
    assert list(columns)[-2:] == ["payload", "run_id"]
    assert VIEW_NAMED["claim"].columns[8] == Column(
        "expires_at", datetime, True, "when the hold ends by itself; empty where it does not"
    )


def test_a_table_explains_itself() -> None:
    assert create_sql(VIEW_NAMED["inbound"]) == (
        "CREATE TABLE IF NOT EXISTS inbound ( -- supply that is expected of one order\n"
        "    item TEXT NOT NULL, -- item\n"
        "    location TEXT NOT NULL, -- location\n"
        "    order_reference TEXT NOT NULL, "
        "-- sales order or hold for claims; purchase order or ship notice for inbound\n"
        "    open_quantity TEXT NOT NULL, -- what is still open, in base units\n"
        "    expected_at TEXT, -- when the supply is expected; empty where nobody said\n"
        "    version INTEGER NOT NULL, -- grows with each change; a row is replaced only by a higher one\n"
        "    PRIMARY KEY (item, order_reference)\n"
        ") WITHOUT ROWID"
    )


INBOUND_UPSERT = (
    "INSERT INTO inbound (item, location, order_reference, open_quantity, expected_at, version) "
    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (item, order_reference) DO UPDATE SET "
    "location = excluded.location, open_quantity = excluded.open_quantity, expected_at = excluded.expected_at, "
    "version = excluded.version WHERE excluded.version > inbound.version OR (excluded.version = inbound.version AND "
    "(excluded.location, excluded.open_quantity, excluded.expected_at) "
    "IS NOT (inbound.location, inbound.open_quantity, inbound.expected_at))"
)
COUNT_UPSERT = (
    "INSERT INTO run_count (source, level, outcome, reason, total, pane, run_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, source, level, outcome, reason) DO UPDATE SET "
    "total = excluded.total, pane = excluded.pane WHERE excluded.pane > run_count.pane "
    "OR (excluded.pane = run_count.pane AND (excluded.total) IS NOT (run_count.total))"
)


@pytest.mark.parametrize(("view", "sql"), [("inbound", INBOUND_UPSERT), ("run_count", COUNT_UPSERT)])
def test_only_a_newer_row_replaces_one(view: str, sql: str) -> None:
    assert upsert_sql(VIEW_NAMED[view]) == sql


def test_where_nothing_grows_the_first_row_stays() -> None:
    assert upsert_sql(VIEW_NAMED["decision"]).endswith(" ON CONFLICT (transaction_key, item) DO NOTHING")
