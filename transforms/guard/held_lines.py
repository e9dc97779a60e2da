"""Held lines: a line of a snapshot that is parked or refused in, what the views are to show of it out."""

from datetime import datetime

from schemas.encoding import to_json
from schemas.records import Rejection, Settlement, StockEvent
from transforms.rejections import Why, of_event

STAGE = "guard"
HELD = "snapshot_held"


def rejection_of_line(line: StockEvent, message: str, snapshot: str) -> Rejection:
    """A line that is parked until a person lets its snapshot through."""
    why = Why(STAGE, HELD, message, "parked", f"snapshot:{line.source}:{snapshot}")
    return of_event(line, why, "stock_event", to_json(line).encode())


def settlement_of_line(line: StockEvent, settled_as: str, now: datetime) -> Settlement:
    """How what was held of a line ended; "" opens it again."""
    version = int(now.timestamp() * 1_000_000)
    return Settlement(line.message_id, line.event_index, HELD, settled_as, now, version)
