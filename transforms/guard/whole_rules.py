"""Whole rules: one complete snapshot as far as it is there in, what is missing, contradictory or too much of it out."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from schemas.records import SnapshotPart
from transforms.guard.part_lines import lines_of, part_id
from transforms.guard.table_rules import ZERO, Compared, Table


class Rules(NamedTuple):
    """What the guard needs to know from outside."""

    owners_of: Callable[[str, str, datetime | None], frozenset[str]]
    approvals: Mapping[tuple[str, str], str]
    zero_share_max: Decimal
    move_share_max: Decimal
    history: timedelta = timedelta(days=30)
    wait: timedelta = timedelta(hours=2)  # for the rest of a snapshot
    held: timedelta = timedelta(hours=72)  # for a person

    def posts(self, source: str, location: str, at: datetime) -> bool:
        """Whether what a source says of a location at a time is posted, not only compared."""
        owners = self.owners_of(location, "on_hand", at)
        return not owners or source in owners


class Whole:
    """One snapshot, as far as it is there, beside the tables of the ones before."""

    def __init__(self, key: str, parts: list[SnapshotPart], tables: Mapping[str, Table] | None = None) -> None:
        self.key, self.first = key, parts[0]
        self.parts = parts
        self.locations = sorted({location for part in parts for location in part.locations})
        self.compared = {location: Compared((tables or {}).get(location)) for location in self.locations}
        self.refused = sum({part_id(part): part.refused for part in parts}.values())
        self.total = ZERO
        keys: set[str] = set()
        self.repeated = 0  # lines that were there before
        for line in lines_of(parts):
            if line.key in keys:
                self.repeated += 1
                continue
            keys.add(line.key)
            self.total += line.original_quantity
            self.compared.setdefault(line.location, Compared(None)).take(line)
        self.line_count = len(keys)

    def lines(self) -> Iterator[bytes]:
        """All of it, packed, with what is there twice."""
        return (line for part in self.parts for line in part.lines)

    def lacks(self) -> str:
        """What is still to come; "" if all is there."""
        parts = max((part.parts_announced or 0 for part in self.parts), default=0)
        numbers = len({part.part for part in self.parts})
        if numbers < parts:
            return f"{numbers} of {parts} parts are there"
        announced = max((part.lines_announced or 0 for part in self.parts), default=0)
        there = self.line_count + self.refused
        return f"{there} of {announced} lines are there" if there < announced else ""

    def contradicts(self) -> str:
        """Why it cannot be what it says it is; "" if nothing speaks against it."""
        if len({part.occurred_at for part in self.parts}) > 1:
            return "its parts are of several times"
        announced = {part.lines_announced for part in self.parts} - {None}
        there = self.line_count + self.refused
        if announced and announced != {there}:
            return f"{there} lines are there, announced were {', '.join(map(str, sorted(filter(None, announced))))}"
        totals = {part.total_announced for part in self.parts} - {None}
        if totals and totals != {self.total} and not self.refused:
            return f"its lines add up to {self.total}, the control total is {', '.join(map(str, totals))}"
        return ""

    def moves(self, location: str, rules: Rules) -> str:
        """Why an owner's snapshot moves too much at a location; what is only compared moves nothing."""
        if self.refused or not rules.posts(self.first.source, location, self.first.occurred_at):
            return ""
        compared = self.compared[location]
        positions, lay = compared.lay_before()
        if not positions:
            there = any(compared.changed.values())
            return "" if there else f"nothing lies at {location} by it, and no snapshot went on before"
        differences = list(compared.differences())
        gone = sum(bool(before) and not now for before, now in differences)
        if gone > rules.zero_share_max * positions:
            most = f"expected at most {rules.zero_share_max:%}"
            return f"{gone} of {positions} positions at {location} would be empty, {most}"
        moved = sum((abs(now - before) for before, now in differences), ZERO)
        if moved > rules.move_share_max * lay:
            return f"{moved} of {lay} at {location} would be moved, expected at most {rules.move_share_max:%}"
        return ""

    def is_plain(self) -> bool:
        """Whether all of it is there, once, so that what it does not say again can be said for it."""
        compared = all(one.is_plain for one in self.compared.values())
        return compared and not (self.repeated or self.refused or self.lacks() or self.contradicts())
