"""X12 sets: for each kind of transaction set which segments open a line, which close the lines, what totals must agree.

This is the data by which a flat list of segments becomes a tree. `loops` nests as the standard does: in a 945 every LX
opens a line, inside which every W12 opens an item. A segment that opens nothing belongs to the innermost loop that is
open; one of `summary` closes all of them. The quantities and line counts that senders add at the end of a set tell a
miscounted file from one that lost lines.

Source: ANSI ASC X12 004010, the sets' segment tables.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Loops = Mapping[str, Any]  # the segment that opens a loop -> the loops inside it


class Total(NamedTuple):
    """What a summary element states: how often `segment` comes, or the sum of one of its elements."""

    stated_in: str
    position: int
    states: Literal["count", "sum"]
    segment: str
    summed_position: int = 0


class SetTable(NamedTuple):
    """The shape of one transaction set."""

    name: str
    loops: Loops
    summary: frozenset[str] = frozenset()
    totals: tuple[Total, ...] = ()


def _counted(segment: str, quantity_position: int = 0) -> tuple[Total, ...]:
    """CTT01 counts the lines; CTT02, where it is used, adds up their quantities."""
    lines = Total("CTT", 1, "count", segment)
    return (lines, Total("CTT", 2, "sum", segment, quantity_position)) if quantity_position else (lines,)


CTT = frozenset({"CTT"})

SETS: Mapping[str, SetTable] = {
    "846": SetTable("inventory inquiry or advice", {"LIN": {"QTY": {}}}, CTT, _counted("LIN")),
    "850": SetTable("purchase order", {"PO1": {}}, CTT, _counted("PO1", 2)),
    "852": SetTable("product activity data", {"LIN": {"ZA": {}}}, CTT, _counted("LIN")),
    "855": SetTable("purchase order acknowledgment", {"PO1": {"ACK": {}}}, CTT, _counted("PO1", 2)),
    "856": SetTable("ship notice", {"HL": {}}, CTT, _counted("HL")),
    "860": SetTable("purchase order change", {"POC": {}}, CTT, _counted("POC")),
    "867": SetTable("product transfer and resale", {"PTD": {"QTY": {}}}, CTT),  # its senders count different lines
    "940": SetTable(
        "warehouse shipping order", {"LX": {"W01": {}}}, frozenset({"W76"}), (Total("W76", 1, "sum", "W01", 1),)
    ),
    "943": SetTable(
        "stock transfer shipment advice", {"W04": {}}, frozenset({"W03"}), (Total("W03", 1, "sum", "W04", 1),)
    ),
    "944": SetTable(
        "stock transfer receipt advice", {"W07": {}}, frozenset({"W14"}), (Total("W14", 1, "sum", "W07", 1),)
    ),
    "945": SetTable(
        "warehouse shipping advice", {"LX": {"W12": {}}}, frozenset({"W03"}), (Total("W03", 1, "sum", "W12", 3),)
    ),
    "947": SetTable("warehouse inventory adjustment advice", {"W19": {}}),
    "997": SetTable("functional acknowledgment", {"AK2": {}}, frozenset({"AK9"})),
}
