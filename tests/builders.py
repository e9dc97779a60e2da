"""Builders: short spellings of stock events for the tables in tests, so that a row shows only what matters to it.

`at` is an hour of the day, and so are all other times. An event is received in the minute after it occurred, by the
warehouse that holds the item, unless the row says something else.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from schemas.records import Component, Kind, StockEvent

ITEM = "BOLT"
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
TIMES = ("received_at", "expected_at", "expires_at")


class Builder(Protocol):
    """Makes one event of its kind."""

    def __call__(self, quantity: float | str, at: float, key: str = "", **fields: Any) -> StockEvent: ...


def hour(at: float) -> datetime:
    return MIDNIGHT + timedelta(hours=at)


def an_event(kind: Kind, quantity: float | str, at: float, key: str = "", **fields: Any) -> StockEvent:
    """An event on one item; fields as in `StockEvent`, times in hours, `parts` as (component, quantity) pairs."""
    fields |= {name: hour(fields[name]) for name in TIMES if fields.get(name) is not None}
    parts = fields.pop("parts", ())
    key = key or f"{kind}@{at}"
    exact = Decimal(str(quantity))
    defaults: dict[str, Any] = {
        "item": ITEM,
        "source": "wms",
        "message_id": f"message of {key}",
        "correlation_id": f"c-{key}",
    }
    defaults |= {"received_at": hour(at) + timedelta(minutes=1), "mapping_version": "wms/test@1"}
    components = tuple(Component(item, Decimal(str(each))) for item, each in parts)
    defaults |= {"occurred_at": hour(at), "original_quantity": exact, "original_unit": "each"}
    return StockEvent(transaction_key=key, kind=kind, quantity=exact, components=components, **(defaults | fields))


def of_kind(kind: Kind, **defaults: Any) -> Builder:
    """A builder of events of one kind, with fields that rows need not repeat."""

    def build(quantity: float | str, at: float, key: str = "", **fields: Any) -> StockEvent:
        return an_event(kind, quantity, at, key, **(defaults | fields))

    return build


_HERE = {"location": "EAST", "disposition": "sellable"}
receipt = of_kind("receipt", **_HERE)
shipment = of_kind("shipment", **_HERE)
adjustment = of_kind("adjustment", **_HERE)
count = of_kind("count", **_HERE)
snapshot = of_kind("snapshot", **_HERE)
unknown = of_kind("unknown_count", **_HERE)
transfer_shipped = of_kind("transfer_shipped", **_HERE)
transfer_received = of_kind("transfer_received", **_HERE)
disposition_changed = of_kind("disposition_changed", **_HERE)
return_received = of_kind("return_received", location="EAST", disposition="returns_hold")
announced = of_kind("inbound_announced", location="EAST", order_reference="PO-1")
inbound_cancelled = of_kind("inbound_cancelled", location="EAST", order_reference="PO-1")
requested = of_kind("reservation_requested", order_reference="SO-1", channel="web")
ordered = of_kind("order_recorded", order_reference="SO-1")
allocated = of_kind("reservation_allocated", order_reference="SO-1", location="EAST")
released = of_kind("reservation_released", order_reference="SO-1")
cancelled = of_kind("reservation_cancelled", order_reference="SO-1")
expired = of_kind("reservation_expired", order_reference="SO-1")
