"""Rows: short spellings of published records for the tests of sinks and of what people read."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from schemas.records import (
    Alert,
    AvailabilityRow,
    ChannelUpdate,
    ClaimRow,
    Decision,
    DeliveryRow,
    Discrepancy,
    InboundRow,
    OutcomeCount,
    PartnerPosting,
    PositionRow,
    Preemption,
    PromiseRow,
    Rejection,
    Settlement,
    SourceHeard,
    StockSignal,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def position(quantity: str = "5", version: int = 1, item: str = "ABC-1", location: str = "EAST") -> PositionRow:
    return PositionRow(item, location, "", "sellable", Decimal(quantity), None, "wms-east:receipt:R1:1", version)


def claim(open_quantity: str = "2", version: int = 1, item: str = "ABC-1", order: str = "SO-1") -> ClaimRow:
    zero = Decimal(0)
    return ClaimRow(
        item=item,
        order_reference=order,
        channel="web",
        status="recorded",
        open_quantity=Decimal(open_quantity),
        allocated_quantity=zero,
        shipped_quantity=zero,
        cancelled_quantity=zero,
        expires_at=None,
        scheduled_at=None,
        allocated_by_location="{}",
        planned_by_location="{}",
        version=version,
    )


def inbound(open_quantity: str = "7", version: int = 1, item: str = "ABC-1", order: str = "PO-1") -> InboundRow:
    return InboundRow(item, "EAST", order, Decimal(open_quantity), NOON, version)


def availability(quantity: int = 3, version: int = 1, item: str = "ABC-1", **changes: Any) -> AvailabilityRow:
    chain = (
        '[{"step": "on_hand", "quantity": "5", "rule": ""}, {"step": "reserved", "quantity": "-2", "rule": "claims"}]'
    )
    row = AvailabilityRow(
        item=item,
        channel="web",
        listing=f"W-{item}",
        available_quantity=quantity,
        chain=chain,
        policy_version="2026-03-01",
        changed_by="shop:order:1001:1",
        changed_source="shop",
        changed_message_id="shop/20260302T120000Z_orders.jsonl#2",
        changed_correlation_id="corr-1001",
        changed_at=NOON,
        version=version,
    )
    return row._replace(**changes)


def update(quantity: int = 3, version: int = 1, previous: int | None = None) -> ChannelUpdate:
    return ChannelUpdate("web", "W-ABC-1", "ABC-1", quantity, previous, "shop:order:1001:1", "corr-1001", version)


def source_heard(at: datetime = NOON) -> SourceHeard:
    return SourceHeard("wms-east", at)


def signal(name: str = "low", quantity: int = 3, version: int = 1) -> StockSignal:
    return StockSignal("ABC-1", "web", "W-ABC-1", name, quantity, "shop:order:1001:1", "corr-1001", version)


def promise(promised: str = "5", version: int = 1, day: str = "2026-03-02") -> PromiseRow:
    return PromiseRow("ABC-1", "web", day, Decimal(promised), Decimal(promised), "2026-03-01", version)


def discrepancy(reported: str = "4", version: int = 1, item: str = "ABC-1") -> Discrepancy:
    return Discrepancy(
        item,
        "EAST",
        "",
        "sellable",
        "count",
        "wms-east",
        "wms-east:count:C1:1",
        Decimal(5),
        Decimal(reported),
        NOON,
        version,
    )


def decision(outcome: str = "granted", key: str = "b2b-portal:request:1:1") -> Decision:
    granted = Decimal(2) if outcome == "granted" else Decimal(0)
    return Decision(key, "ABC-1", "SO-9", "b2b", outcome, Decimal(2), granted, "", "corr-9", NOON)


def preemption(key: str = "b2b-portal:request:1:1") -> Preemption:
    by = ("shop:request:2:1", "ABC-1", "SO-10", "web")
    return Preemption(key, "ABC-1", "SO-9", "b2b", Decimal(2), *by, "corr-10", NOON)


def alert(quantity: str = "1", version: int = 1, item: str = "ABC-1") -> Alert:
    return Alert(
        "oversell", item, "", f"{quantity} too many sold", Decimal(quantity), "shop:order:1001:1", "c", version
    )


def rejection(outcome: Any = "dead_letter", payload: bytes = b"{}", **changes: Any) -> Rejection:
    row = Rejection(
        outcome=outcome,
        stage="map",
        reason="missing_field",
        message="shop: `sku` is empty, expected text",
        source="shop",
        message_id="shop/20260302T120000Z_orders.jsonl#3",
        event_index=0,
        correlation_id="corr-1002",
        received_at=NOON,
        mapping_version="shop/order@1",
        transaction_key="",
        missing_key="",
        format="json",
        payload=payload,
    )
    return row._replace(**changes)


def parked(item: str = "NEW-1", **changes: Any) -> Rejection:
    missing = f"unknown item {item!r} from shop, expected one of 3 mapped"
    return rejection(
        "parked", stage="check", reason="unknown_item", message=missing, missing_key=f"item:{item}", **changes
    )


def settlement(settled_as: str = "released", version: int = 1, **changes: Any) -> Settlement:
    return Settlement("m1", 0, "unknown_item", settled_as, NOON, version)._replace(**changes)


def ended(total: int, outcome: str, reason: str = "", level: str = "event", source: str = "shop") -> OutcomeCount:
    return OutcomeCount(source, level, outcome, reason, total)


def delivery(status: str = "applied", version: int = 1, reference: str = "W-ABC-1", **changes: Any) -> DeliveryRow:
    row = DeliveryRow(
        partner="shop",
        reference=reference,
        kind="figure",
        item="ABC-1",
        quantity=Decimal(3),
        status=status,
        attempts=1,
        offered_at=NOON,
        sent_at=NOON,
        applied_at=NOON if status == "applied" else None,
        applied_quantity=Decimal(3) if status == "applied" else None,
        message="" if status == "applied" else "status 503",
        told_version=1,
        applied_version=1 if status == "applied" else -1,
        correlation_id="c-1",
        version=version,
    )
    return row._replace(**changes)


def posting(transaction_key: str = "wms-east:receipt:R1:1", **changes: Any) -> PartnerPosting:
    row = PartnerPosting(
        posting_type="receipt",
        transaction_key=transaction_key,
        item="ABC-1",
        quantity=Decimal(5),
        location="EAST",
        lot="",
        disposition="sellable",
        channel="",
        document_type="receipt",
        document="R1",
        document_line="1",
        order_reference="PO-1",
        occurred_at=NOON,
        expected_at=None,
        source="wms-east",
        correlation_id="c-1",
    )
    return row._replace(**changes)
