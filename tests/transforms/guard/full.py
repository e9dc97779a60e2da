"""Full: a few lines in, parts of complete snapshots of EAST as the front makes them out."""

from decimal import Decimal
from typing import Any

from schemas.encoding import pack
from schemas.records import SnapshotPart, StockEvent
from tests.builders import hour, snapshot
from transforms.guard.whole_rules import Rules

LIST = "wms:stock:L1"


def line(item: str, quantity: float, at: float = 1, key: str = LIST, **fields: Any) -> StockEvent:
    return snapshot(quantity, at, f"{key}:{item}", item=item, message_id=f"m {key}", **fields)


def part(*quantities: int, at: float = 1, key: str = LIST, **fields: Any) -> SnapshotPart:
    """One part whose lines say so many of SKU-0, SKU-1 and so on; others than EAST and wms by `fields`."""
    first, source = fields.pop("first", 0), fields.get("source", "wms")
    lines = [line(f"SKU-{first + n}", quantity, at, key, source=source) for n, quantity in enumerate(quantities)]
    made: dict[str, Any] = {
        "transaction_key": key,
        "source": "wms",
        "locations": ("EAST",),
        "occurred_at": hour(at),
        "received_at": hour(at + 0.5),
        "message_id": f"m {key} {fields.get('part', '')}",
        "correlation_id": "c",
        "mapping_version": "wms/stock@1",
        "lines": tuple(pack(one) for one in lines),
        "refused": 0,
        "part": "",
        "parts_announced": None,
        "lines_announced": None,
        "total_announced": None,
    }
    return SnapshotPart(**(made | fields))


def rules(*approved: str, zero: str = "0.5", move: str = "0.5", owner: str = "wms") -> Rules:
    return Rules(
        owners_of=lambda *_: frozenset({owner}),
        approvals={("wms", key): "somebody" for key in approved},
        zero_share_max=Decimal(zero),
        move_share_max=Decimal(move),
    )
