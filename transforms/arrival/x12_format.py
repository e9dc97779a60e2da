"""X12 format: an EDI file in, one document for each transaction set out, its segments under the standard's designators.

    {"interchange": {"sender": ..., "control_number": ..., "usage": "P", ...}, "group": {...},
     "set": "945", "control_number": "0001",
     "W06": [{"W0601": "F", "W0602": "WEB-1101"}],            heading and summary segments: lists of occurrences
     "LX_loop": [{"LX": [{"LX01": "1"}],                      loops: lists of the same, nested as `x12_sets` says
                  "W12_loop": [{"W12": [{"W1201": "CC", "W1202": "72"}], "N9": [...]}]}],
     "notes": ["SE01 says 19 segments, found 9; ..."]}        only where something was wrong and bearable

Empty elements are absent, composite elements stay text. The pairs of store and quantity of an SDQ are also listed
under its `pairs`. A hierarchical level (HL, in an 856) has all levels above it under `parents`, by their level code, so
that a mapping sees shipment, order and pack from the item: `line.parents.O.PRF[0].PRF01`.

A wrong segment count (SE01) is forgiven where the totals of the set agree. Without totals it is forgiven if no more
than two segments are missing (some do not count ST and SE); more may be lines that were lost.

Options: `encoding` ("utf-8"); `loops`, shapes of further sets: {"830": {"LIN": {"FST": {}}}}; `segment_count: ignore`
for senders who cannot count.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from transforms.arrival.edi_trees import Count, Node, count_notes, grow
from transforms.arrival.limits import DEPTH_MAX, DecodeError, Document, excerpt, text_of, too_deep
from transforms.arrival.x12_envelope import Segment, TransactionSet, read_sets
from transforms.arrival.x12_sets import SETS, Loops, SetTable, Total

_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{0,15})?|")


def decode_x12(payload: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A document for each transaction set of the file, in order. Raises `DecodeError`."""
    sets = read_sets(text_of(payload, options.get("encoding", "utf-8")))
    if not sets:
        raise DecodeError("unsupported_set", "the interchange holds no transaction set")
    return [set_document(one, options) for one in sets]


def _table(one: TransactionSet, options: Mapping[str, Any]) -> SetTable:
    more: Mapping[str, Loops] = options.get("loops", {})
    number = one.opening.element(1)
    if number in more:
        return SetTable("of the mapping", more[number])
    if number not in SETS:
        known = ", ".join(SETS)
        message = f"set {excerpt(number)} has no table of loops, expected one of {known} or of format_options.loops"
        raise DecodeError("unsupported_set", message)
    return SETS[number]


def set_document(one: TransactionSet, options: Mapping[str, Any]) -> Document:
    """The tree of one set. Raises `DecodeError`."""
    table = _table(one, options)
    notes = list(one.notes)
    if options.get("segment_count") != "ignore":
        notes += _count_notes(one, table)
    isa, gs, st = one.interchange, one.group, one.opening
    document: Node = {
        "interchange": {
            "sender": isa.element(6),
            "receiver": isa.element(8),
            "date": isa.element(9),
            "time": isa.element(10),
            "control_number": isa.element(13),
            "usage": isa.element(15),
        },
        "group": {
            "functional_code": gs.element(1),
            "sender": gs.element(2),
            "receiver": gs.element(3),
            "date": gs.element(4),
            "time": gs.element(5),
            "control_number": gs.element(6),
        },
        "set": st.element(1),
        "control_number": st.element(2),
    }
    if notes:
        document["notes"] = notes
    astray = grow(document, one.body, table.loops, table.summary, _fields)
    if astray is not None:
        message = f"segment {astray.number} ({astray.id}) opens a loop outside the one around it"
        raise DecodeError("malformed_x12", message)
    if "HL_loop" in document:
        _name_parents(document["HL_loop"])
    return document


def _fields(segment: Segment) -> Node:
    fields: Node = segment.fields()  # type: ignore[assignment]
    if segment.id == "SDQ":
        fields["pairs"] = _pairs(segment)
    return fields


def _pairs(segment: Segment) -> list[dict[str, str]]:
    """SDQ*EA*92*0001*5*0007*8: five for store 0001, eight for store 0007."""
    positions = range(3, len(segment.elements) + 1, 2)
    return [{"location": segment.element(at), "quantity": segment.element(at + 1)} for at in positions]


def _name_parents(levels: list[Node]) -> None:
    """Put all levels above a level under its `parents`, by level code, without the parents of their own."""
    own: dict[str, Node] = {}
    above: dict[str, dict[str, Node]] = {}
    for level in levels:
        fields = level["HL"][0]
        number, parent = fields.get("HL01", ""), fields.get("HL02", "")
        if parent and parent not in own:
            raise DecodeError(
                "malformed_x12", f"HL {excerpt(number)} names the parent {excerpt(parent)} before it comes"
            )
        if number in own:
            raise DecodeError("malformed_x12", f"HL {excerpt(number)} comes twice")
        parents = {**above[parent], own[parent]["HL"][0].get("HL03", ""): own[parent]} if parent else {}
        if len(parents) > DEPTH_MAX:
            raise too_deep("hierarchical levels")
        own[number], above[number] = dict(level), parents
        level["parents"] = parents


def _count_notes(one: TransactionSet, table: SetTable) -> list[str]:
    name = f"set {one.opening.element(1)} {one.opening.element(2)}"
    totals = [line for total in table.totals for line in _compared(one, total)]
    return count_notes(Count(name, "SE01", one.closing.element(1), len(one.body) + 2, totals))


def _compared(one: TransactionSet, total: Total) -> list[tuple[bool, str]]:
    """Whether a total agrees, with a line that says what it states and what is there; nothing if it is not given."""
    stated_in = (segment for segment in one.body if segment.id == total.stated_in)
    text = next((text for segment in stated_in if (text := segment.element(total.position))), "")
    if not text:
        return []
    stated, found = _number(text), _found(one, total)
    line = f"{total.stated_in}{total.position:02d} says {excerpt(text)}, found {found} in {total.segment}"
    return [(stated is not None and stated == found, line)]


def _found(one: TransactionSet, total: Total) -> Decimal | None:
    its = [segment for segment in one.body if segment.id == total.segment]
    if total.states == "count":
        return Decimal(len(its))
    numbers = [_number(segment.element(total.summed_position)) for segment in its]
    return None if None in numbers else sum((number for number in numbers if number is not None), Decimal(0))


def _number(text: str) -> Decimal | None:
    return Decimal(text or "0") if _NUMBER.fullmatch(text) else None
