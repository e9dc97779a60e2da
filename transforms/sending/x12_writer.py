"""X12 writer: the segments of a transaction set in, one interchange with its envelope, control numbers and counts out.

    [["BIA", "00", "SI", "264"], [["LIN", "1", "SK", "MUG"], ["QTY", "33", 5]], ["CTT", 1]]

Lists within the list are spread out, so a template's `each` needs no care. The one set stands in one group in one
interchange; all three carry the number of the call.

Source: ANSI ASC X12 004010, X12.5 and X12.6: interchange and functional group structure.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

ELEMENT, COMPONENT, SEGMENT = "*", ">", "~"
CONTROL_NUMBER_MAX = 999_999_999
ELEMENT_CHARS_MAX = 264  # more than any element of the sets that we send may have
GROUPS = {"846": "IB", "855": "PR", "940": "OW", "943": "AR"}

_FORBIDDEN = re.compile(r"[*>~\x00-\x1f\x7f-\x9f]|[^\x00-\xff]")


def x12_interchange(payload: Any, options: Mapping[str, Any]) -> bytes:
    """One interchange in Latin-1; ValueError for a value that X12 has no way to carry.

    `options`: `set`, `sender`, `receiver`, `number`, `date` as YYYYMMDD, `time` as HHMM; qualifiers default to ZZ.
    """
    name, number = str(options["set"]), int(options["number"])
    if not 0 < number <= CONTROL_NUMBER_MAX:
        raise ValueError(f"control number {number}, expected one of nine digits")
    date, time, usage = str(options["date"]), str(options["time"]), str(options.get("usage", "P"))
    ends = [str(options.get(f"{end}_qualifier", "ZZ")) for end in ("sender", "receiver")]
    sender, receiver = str(options["sender"]), str(options["receiver"])
    control = f"{number:09}"
    inside = [_segment(segment) for segment in _segments(payload)]
    isa = ["ISA", "00", " " * 10, "00", " " * 10, ends[0], f"{_checked(sender):<15}", ends[1]]
    isa += [f"{_checked(receiver):<15}", date[2:], time, "U", "00401", control, "0", usage, COMPONENT]
    if len(sender) > 15 or len(receiver) > 15:
        raise ValueError(f"sender {sender!r} or receiver {receiver!r}, expected at most 15 characters")
    lines = [
        ELEMENT.join(isa),
        _segment(["GS", GROUPS[name], sender, receiver, date, time, number, "X", "004010"]),
        _segment(["ST", name, control]),
        *inside,
        _segment(["SE", len(inside) + 2, control]),
        _segment(["GE", 1, number]),
        _segment(["IEA", 1, control]),
    ]
    return "".join(f"{line}{SEGMENT}\n" for line in lines).encode("latin-1")


def _segments(payload: Any) -> Iterator[list[Any]]:
    if payload and isinstance(payload[0], str):
        yield payload
    else:
        for part in payload:
            yield from _segments(part)


def _segment(parts: list[Any]) -> str:
    """A segment; empty elements at its end are left away, as the standard wants."""
    texts = ["" if part is None else _checked(str(part)) for part in parts]
    while texts and not texts[-1]:
        texts.pop()
    return ELEMENT.join(texts)


def _checked(text: str) -> str:
    found = _FORBIDDEN.search(text)
    if found:
        raise ValueError(f"{text[:40]!r} has {found[0]!r} in it, which X12 has no way to carry")
    if len(text) > ELEMENT_CHARS_MAX:
        raise ValueError(f"{text[:40]!r}… has {len(text)} characters, expected at most {ELEMENT_CHARS_MAX}")
    return text
