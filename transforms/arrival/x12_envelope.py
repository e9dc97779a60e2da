"""X12 envelope: the text of an EDI file in, its transaction sets out, each with the interchange and group around it.

    ISA  GS  ST ... SE  ST ... SE  GE  GS ... GE  IEA  [the next ISA]

The separators are read from ISA by counting its elements, not its characters, since not everyone pads them. The
segment terminator is whatever stands between the last element of ISA and the next segment: one character, two, or the
end of the line. Lines may be broken anywhere when the terminator is not the end of the line.

What proves that a file is whole is strict: every set, group and interchange must be closed, by the control number that
opened it. What is merely counted (GE01, IEA01) is often wrong in good files: it becomes a note on the documents. Sets
are known by ST01 alone; the group's code (GS01) is passed on but not believed.

Source: ANSI ASC X12.5 (interchange control) and X12.6 (application control structure). Tokenized here, since pyx12's
reader takes ISA by position and only versions 00401 and 00501.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from transforms.arrival.limits import ROWS_MAX, DecodeError, excerpt, short

ISA_ELEMENTS = 16
ISA_CHARS_MAX = 250  # padded and terminated it has 106; this leaves room for broken lines
ELEMENTS_MAX = 99  # of a segment; designators have two digits
TERMINATOR_CHARS_MAX = 2
_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_BLANK = "\r\n\t "  # not str.isspace(), which takes the separators 0x1c to 0x1f for blanks
_BETWEEN_SEGMENTS = _BLANK + "\ufeff\x1a"  # files that were joined keep their byte order marks, DOS files their end


class Segment(NamedTuple):
    """One segment: W12*CC*72 is `id` W12, `elements` ("CC", "72"); `number` counts from 1 in the file."""

    id: str
    elements: list[str]
    number: int

    def element(self, position: int) -> str:
        """The element at a position as the standard counts them, from 1; empty where there is none."""
        return self.elements[position - 1].strip() if position <= len(self.elements) else ""

    def fields(self) -> dict[str, str]:
        """The elements that are not empty by their designators: {"W1201": "CC", "W1202": "72"}."""
        named = zip(_designators(self.id), self.elements, strict=False)
        return {name: text for name, value in named if (text := value.strip())}


class TransactionSet(NamedTuple):
    """What stands between ST and SE, and what stands around it."""

    interchange: Segment
    group: Segment
    opening: Segment
    body: list[Segment]
    closing: Segment
    notes: list[str]  # shared by the sets of an interchange


class _Separators(NamedTuple):
    element: str
    terminator: str
    body_at: int  # where the segment after ISA starts


def read_sets(text: str) -> list[TransactionSet]:
    """The transaction sets of all interchanges of a file, in order. Raises `DecodeError`."""
    segments = read_segments(text)
    sets: list[TransactionSet] = []
    for segment in segments:
        if segment.id != "ISA":
            raise _malformed(f"segment {segment.number} is {segment.id}, expected ISA to open an interchange")
        sets += _interchange(segment, segments)
    return sets


def read_segments(text: str) -> Iterator[Segment]:
    """The segments of a file, in order. Raises `DecodeError` where it ends inside one."""
    at = _skip_blank(text, 0)
    if at == len(text):
        raise _malformed("the payload is empty")
    separators: _Separators | None = None
    number = 0
    while at < len(text):
        number += 1
        if number > ROWS_MAX:
            raise DecodeError("too_large", f"more than {ROWS_MAX} segments")
        if separators is None:
            separators = _read_separators(text, at)
            segment, at = text[at : separators.body_at], separators.body_at
        else:
            segment, at = _cut(text, at, separators, number)
        elements = _unbroken(segment).split(separators.element)
        yield _checked(Segment(elements[0], elements[1:], number))
        if elements[0] == "IEA":
            separators = None
        at = _skip_blank(text, at)


def _cut(text: str, at: int, separators: _Separators, number: int) -> tuple[str, int]:
    """The segment at `at`, and where the next one starts. Only the very last may lack its terminator."""
    end = text.find(separators.terminator, at)
    if end >= 0:
        return text[at:end], end + len(separators.terminator)
    if not text.startswith("IEA" + separators.element, at):
        raise _truncated(f"the file ends inside segment {number}: {excerpt(text, at)}")
    return text[at:], len(text)


def _unbroken(segment: str) -> str:
    if "\n" in segment or "\r" in segment:
        segment = segment.replace("\r", "").replace("\n", "")
    return segment.strip(_BLANK)


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BETWEEN_SEGMENTS:
        at += 1
    return at


def _checked(segment: Segment) -> Segment:
    if not _SEGMENT_ID.fullmatch(segment.id):
        raise _malformed(f"segment {segment.number} starts with {excerpt(segment.id)}, expected a segment's name")
    if len(segment.elements) > ELEMENTS_MAX:
        raise _malformed(f"segment {segment.number} ({segment.id}) has more than {ELEMENTS_MAX} elements")
    return segment


def _read_separators(text: str, at: int) -> _Separators:
    head = text[at : at + ISA_CHARS_MAX]
    if not head.startswith("ISA"):
        raise _malformed(f"starts with {excerpt(head)}, expected ISA")
    element = head[3:4]
    if not element or element.isalnum() or element in _BLANK:
        raise _malformed(f"{element!r} after ISA cannot be the element separator")
    last = -1
    for _ in range(ISA_ELEMENTS):
        last = head.find(element, last + 1)
        if last < 0:
            raise _truncated(f"ISA has fewer than {ISA_ELEMENTS} elements between {element!r}: {excerpt(head)}")
    following = re.compile(rf"(?:GS|TA1|IEA){re.escape(element)}").search(head, last + 1)
    if following is None and at + ISA_CHARS_MAX > len(text):
        raise _truncated("the file ends with or soon after ISA")
    if following is None:
        raise _malformed(f"after ISA comes {excerpt(head, last + 1)}, expected a group")
    terminator = _terminator(text, at + last + 1, at + following.start())
    if terminator == element:
        raise _malformed(f"{element!r} separates elements and ends segments too")
    return _Separators(element, terminator, at + following.start())


def _terminator(text: str, component_at: int, next_at: int) -> str:
    """What ends a segment, given what stands between the last separator of ISA and the next segment."""
    between = text[component_at:next_at]
    component, rest = between[:1], between[1:]
    visible = rest.strip(_BLANK)
    if visible:
        if len(visible) > TERMINATOR_CHARS_MAX or visible.isalnum():
            raise _malformed(f"ISA ends with {excerpt(between)}, expected a component separator and a terminator")
        return visible
    if not component or component in _BLANK or component.isalnum():
        raise _malformed(f"ISA ends with {excerpt(between)}, expected a component separator and a terminator")
    if not rest:
        return component  # ISA16 was left out
    line_end = "\n" if "\n" in rest else "\r"
    if line_end not in rest:
        raise _malformed("blanks follow ISA, expected a segment terminator")
    return component if _line(text, next_at, line_end).endswith(component) else line_end


def _line(text: str, at: int, line_end: str) -> str:
    end = text.find(line_end, at)
    return text[at : end if end >= 0 else len(text)].rstrip(_BLANK)


def _interchange(isa: Segment, segments: Iterator[Segment]) -> list[TransactionSet]:
    control_number = isa.element(13)
    notes: list[str] = []
    sets: list[TransactionSet] = []
    groups = 0
    for segment in segments:
        if segment.id == "GS":
            groups += 1
            sets += _group(isa, segment, segments, notes)
        elif segment.id == "IEA":
            _match(segment, 2, control_number, "ISA13")
            _note_count(notes, segment, groups, "groups")
            return sets
        elif segment.id != "TA1":
            raise _malformed(f"segment {segment.number} is {segment.id}, expected GS or IEA")
    raise _truncated(f"interchange {control_number} is not closed by IEA")


def _group(isa: Segment, gs: Segment, segments: Iterator[Segment], notes: list[str]) -> list[TransactionSet]:
    sets: list[TransactionSet] = []
    for segment in segments:
        if segment.id == "ST":
            sets.append(_set(isa, gs, segment, segments, notes))
        elif segment.id == "GE":
            _match(segment, 2, gs.element(6), "GS06")
            _note_count(notes, segment, len(sets), "sets")
            return sets
        else:
            if segment.id == "IEA":
                break
            raise _malformed(f"segment {segment.number} is {segment.id}, expected ST or GE")
    raise _truncated(f"group {short(gs.element(6))} is not closed by GE")


def _set(isa: Segment, gs: Segment, st: Segment, segments: Iterator[Segment], notes: list[str]) -> TransactionSet:
    name = f"set {short(st.element(1))} {short(st.element(2))}"
    body: list[Segment] = []
    for segment in segments:
        if segment.id == "SE":
            _match(segment, 2, st.element(2), "ST02")
            return TransactionSet(isa, gs, st, body, segment, notes)
        if segment.id in ("ISA", "GS", "ST", "GE", "IEA"):
            raise _truncated(f"{name} is not closed by SE before {segment.id} in segment {segment.number}")
        body.append(segment)
    raise _truncated(f"{name} is not closed by SE")


def _match(closing: Segment, position: int, opened: str, name: str) -> None:
    closed = closing.element(position)
    if closed.lstrip("0") != opened.lstrip("0"):
        message = f"{closing.id}{position:02d} is {excerpt(closed)}, expected {excerpt(opened)} as in {name}"
        raise DecodeError("envelope_mismatch", message)


def _note_count(notes: list[str], closing: Segment, found: int, what: str) -> None:
    if closing.element(1).lstrip("0") != str(found):
        notes.append(f"{closing.id}01 says {excerpt(closing.element(1))}, found {found} {what}")


@lru_cache(maxsize=512)
def _designators(segment_id: str) -> tuple[str, ...]:
    return tuple(f"{segment_id}{position:02d}" for position in range(1, ELEMENTS_MAX + 1))


def _malformed(message: str) -> DecodeError:
    return DecodeError("malformed_x12", message)


def _truncated(message: str) -> DecodeError:
    return DecodeError("envelope_mismatch", f"cut off: {message}")
