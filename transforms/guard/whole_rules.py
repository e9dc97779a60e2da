"""Whole rules: one complete snapshot as far as it is there in, what is missing, contradictory or too much of it out."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from schemas.encoding import unpack
from schemas.records import SnapshotPart, StockEvent

ZERO = Decimal(0)
Spot = tuple[str, str, str]  # item, lot, disposition
Rows = dict[Spot, Decimal]


class Rules(NamedTuple):
    """What the guard needs to know from outside."""

    owners_of: Callable[[str, str], frozenset[str]]
    approvals: Mapping[tuple[str, str], str]
    zero_share_max: Decimal
    move_share_max: Decimal


class Basis(NamedTuple):
    """The last snapshot of a location that went on."""

    occurred_at: datetime
    snapshot: str
    rows: Rows


class Whole:
    """One snapshot, as far as it is there."""

    def __init__(self, key: str, parts: list[SnapshotPart]) -> None:
        self.key, self.parts, self.first = key, parts, parts[0]
        events = [StockEvent.from_row(unpack(line)) for part in parts for line in part.lines]
        self.deliveries = events
        self.lines = {event.transaction_key: event for event in reversed(events)}
        messages = {part.part or part.message_id: part.refused for part in parts}
        self.refused = sum(messages.values())
        self.locations = sorted({location for part in parts for location in part.locations})

    def lacks(self) -> str:
        """What is still to come; "" if all is there."""
        parts = max((part.parts_announced or 0 for part in self.parts), default=0)
        numbers = len({part.part for part in self.parts})
        if numbers < parts:
            return f"{numbers} of {parts} parts are there"
        announced = max((part.lines_announced or 0 for part in self.parts), default=0)
        there = len(self.lines) + self.refused
        return f"{there} of {announced} lines are there" if there < announced else ""

    def contradicts(self) -> str:
        """Why it cannot be what it says it is; "" if nothing speaks against it."""
        if len({part.occurred_at for part in self.parts}) > 1:
            return "its parts are of several times"
        announced = {part.lines_announced for part in self.parts} - {None}
        there = len(self.lines) + self.refused
        if announced and announced != {there}:
            return f"{there} lines are there, announced were {', '.join(map(str, sorted(filter(None, announced))))}"
        totals = {part.total_announced for part in self.parts} - {None}
        total = sum((line.original_quantity for line in self.lines.values()), ZERO)
        if totals and totals != {total} and not self.refused:
            return f"its lines add up to {total}, the control total is {', '.join(map(str, totals))}"
        return ""

    def rows(self, location: str) -> Rows:
        found: Rows = {}
        for line in self.lines.values():
            if line.location == location:
                spot = (line.item, line.lot, line.disposition)
                found[spot] = found.get(spot, ZERO) + line.quantity
        return found

    def moves(self, location: str, basis: Basis | None, rules: Rules) -> str:
        """Why an owner's snapshot moves too much at a location; what is only compared moves nothing."""
        owners = rules.owners_of(location, "on_hand")
        if (owners and self.first.source not in owners) or self.refused:
            return ""
        rows = self.rows(location)
        before = {spot: quantity for spot, quantity in (basis.rows if basis else {}).items() if quantity}
        if not before:
            return "" if any(rows.values()) else f"nothing lies at {location} by it, and no snapshot went on before"
        gone = sum(not rows.get(spot) for spot in before)
        if gone > rules.zero_share_max * len(before):
            most = f"expected at most {rules.zero_share_max:%}"
            return f"{gone} of {len(before)} positions at {location} would be empty, {most}"
        moved = sum((abs(rows.get(spot, ZERO) - before.get(spot, ZERO)) for spot in rows.keys() | before.keys()), ZERO)
        lay = sum(before.values(), ZERO)
        if moved > rules.move_share_max * lay:
            return f"{moved} of {lay} at {location} would be moved, expected at most {rules.move_share_max:%}"
        return ""
