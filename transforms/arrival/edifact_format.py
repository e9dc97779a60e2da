"""EDIFACT format: an EDI file in, one document for each message out, its segments under the standard's designators.

    {"interchange": {"sender": ..., "receiver": ..., "control_number": ..., "test": ""},
     "type": "DESADV", "version": "D:96A:UN:EAN007", "control_number": "ME000001",
     "BGM": [{"BGM0101": "351", "BGM0201": "DES587441"}],     element 02, component 01
     "CPS_loop": [{"CPS": [{"CPS0101": "1"}],                 loops, nested as `edifact_sets` says
                   "LIN_loop": [{"LIN": [...], "QTY": [{"QTY0101": "12", "QTY0102": "20"}]}]}],
     "notes": ["UNT says 41 segments, found 40; ..."]}        only where something was wrong and bearable

Every designator has element and component, whether a sender writes the component's separator or not. Empty components
are absent. What is bearable is said in `edi_trees`; a count that is off where a release character may have swallowed a
segment is not.

The character set is the one that UNB names (UNOC is ISO 8859-1) unless the option `encoding` says otherwise. Further
options: `loops`, shapes of further messages; `segment_count: ignore` for senders who cannot count.
"""

import re
from collections.abc import Mapping
from typing import Any

from transforms.arrival.edi_trees import Count, Node, count_notes, grow
from transforms.arrival.edifact_envelope import Message, Segment, read_messages
from transforms.arrival.edifact_sets import MESSAGES
from transforms.arrival.limits import DecodeError, Document, excerpt, text_of
from transforms.arrival.x12_sets import Loops, SetTable

ENCODINGS = {  # by the syntax identifier of UNB; A and B are ASCII, which UTF-8 reads
    b"UNOC": "iso8859-1", b"UNOD": "iso8859-2", b"UNOE": "iso8859-5", b"UNOF": "iso8859-7", b"UNOG": "iso8859-3",
    b"UNOH": "iso8859-4", b"UNOI": "iso8859-6", b"UNOJ": "iso8859-8", b"UNOK": "iso8859-9",
}  # fmt: skip
HEAD_BYTES = 200  # in which UNB must come

_SYNTAX = re.compile(rb"UNB.(UNO[A-Z])", re.DOTALL)


def decode_edifact(payload: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A document for each message of the file, in order. Raises `DecodeError`."""
    messages = read_messages(edifact_text(payload, options))
    if not messages:
        raise DecodeError("unsupported_set", "the interchange holds no message")
    return [message_document(one, options) for one in messages]


def edifact_text(payload: bytes, options: Mapping[str, Any]) -> str:
    """The payload as text in the character set that it names."""
    syntax = _SYNTAX.search(payload[:HEAD_BYTES])
    named = ENCODINGS.get(syntax[1], "utf-8") if syntax else "utf-8"
    return text_of(payload.removeprefix(b"\xef\xbb\xbf"), options.get("encoding", named))


def _table(one: Message, options: Mapping[str, Any]) -> SetTable:
    more: Mapping[str, Loops] = options.get("loops", {})
    name = one.opening.part(2)
    if name in more:
        return SetTable("of the mapping", more[name])
    if name not in MESSAGES:
        known = ", ".join(MESSAGES)
        message = f"message {excerpt(name)} has no table of loops, expected one of {known} or of format_options.loops"
        raise DecodeError("unsupported_set", message)
    return MESSAGES[name]


def message_document(one: Message, options: Mapping[str, Any]) -> Document:
    """The tree of one message. Raises `DecodeError`."""
    table = _table(one, options)
    notes = list(one.notes)
    if options.get("segment_count") != "ignore":
        notes += _count_notes(one, table)
    unb, unh = one.interchange, one.opening
    document: Node = {
        "interchange": {
            "sender": unb.part(2),
            "receiver": unb.part(3),
            "date": unb.part(4),
            "time": unb.part(4, 2),
            "control_number": unb.part(5),
            "test": unb.part(11),
        },
        "type": unh.part(2),
        "version": ":".join(part for at in range(2, 6) if (part := unh.part(2, at))),
        "control_number": unh.part(1),
    }
    if notes:
        document["notes"] = notes
    astray = grow(document, one.body, table.loops, table.summary, Segment.fields)
    if astray is not None:
        message = f"segment {astray.number} ({astray.id}) opens a group outside the one around it"
        raise DecodeError("malformed_edifact", message)
    return document


def _count_notes(one: Message, table: SetTable) -> list[str]:
    name = f"message {one.opening.part(2)} {one.opening.part(1)}"
    count = Count(name, "UNT", one.closing.part(1), len(one.body) + 2, _totals(one, table))
    swallowing = next((segment for segment in one.body if segment.swallowed), None)
    if swallowing is not None and count.stated.lstrip("0") != str(count.found):
        said = f"{name}: UNT says {excerpt(count.stated)} segments, found {count.found}"
        where = f"in segment {swallowing.number} a release character swallows {swallowing.swallowed}"
        raise DecodeError("envelope_mismatch", f"{said}; {where}")
    return count_notes(count)


def _totals(one: Message, table: SetTable) -> list[tuple[bool, str]]:
    """What CNT+2 says of the number of lines; nothing if it is not given."""
    lines = []
    for total in table.totals:
        stated = (part.part(1, 2) for part in one.body if part.id == total.stated_in and part.part(1) == "2")
        text = next(stated, "")
        if text:
            found = sum(1 for part in one.body if part.id == total.segment)
            agrees = text.lstrip("0") == (str(found) if found else "")
            lines.append((agrees, f"CNT+2 says {excerpt(text)}, found {found} {total.segment}"))
    return lines
