"""Short spellings of reported events, by the names that the company of `tests.schemas.small_company` knows."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from schemas.records import Kind, ReportedEvent

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def reported(kind: Kind = "shipment", quantity: str = "2", **fields: Any) -> ReportedEvent:
    """Two mugs from EAST for order SO-1, as wms-east says it in its own codes, unless told otherwise."""
    said = ReportedEvent(
        transaction_key="K1",
        kind=kind,
        item_code="M-1",
        quantity=Decimal(quantity),
        unit_code="",
        occurred_at=NOON,
        source="wms-east",
        message_id="wms-east/x.jsonl#7",
        correlation_id="c-1",
        received_at=NOON,
        mapping_version="wms-east/ship@1",
        location_code="DC1",
        order_reference="SO-1",
    )
    return said._replace(**fields)


def ordered(kind: Kind = "order_recorded", quantity: str = "2", **fields: Any) -> ReportedEvent:
    """Two mugs ordered on the web, as the shop says it."""
    said = {"source": "shop", "item_code": "W-MUG", "location_code": "", "channel": "web"}
    return reported(kind, quantity, **{**said, **fields})
