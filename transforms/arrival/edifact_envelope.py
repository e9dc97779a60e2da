"""EDIFACT envelope: the text of an EDI file in, its messages out, each with the interchange around it.

    [UNA]  UNB  [UNG]  UNH ... UNT  UNH ... UNT  [UNE]  UNZ  [the next interchange]

Every message and interchange must be closed, by the reference that opened it. The number of messages (UNZ) is often
wrong in good files and becomes a note.

A release character before the terminator (`chars ?'`) makes it text, and the next segment a part of this one: its
quantity would be lost without a trace, while the count of segments may even be right, since the sender's program was
fooled too. Text in which a line break and a segment's name follow a released terminator is refused for that.

Source: ISO 9735, versions 1 to 4. Tokenized here, since pydifact takes wrong counts and swallowed segments as good.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from transforms.arrival.limits import ROWS_MAX, DecodeError, excerpt, short

ELEMENTS_MAX = 99  # of a segment, and components of an element; designators have two digits for each
_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{2}")
_BETWEEN_SEGMENTS = "\r\n\t \ufeff\x1a"

Element = list[str]


class Segment(NamedTuple):
    """One segment: QTY+21:5:PCE is `id` QTY, `elements` [["21", "5", "PCE"]]; `number` counts from 1 in the file."""

    id: str
    elements: list[Element]
    number: int
    swallowed: str  # the name of a segment that a release character may have drawn into this one

    def part(self, element: int, component: int = 1) -> str:
        """A component as the standard counts them, from 1; empty where there is none."""
        if element > len(self.elements) or component > len(self.elements[element - 1]):
            return ""
        return self.elements[element - 1][component - 1].strip()

    def fields(self) -> dict[str, str]:
        """The components that are not empty by their designators: {"QTY0101": "21", "QTY0102": "5"}."""
        return {
            _designator(self.id, at, inside): text
            for at, element in enumerate(self.elements, start=1)
            for inside, component in enumerate(element, start=1)
            if (text := component.strip())
        }


class Message(NamedTuple):
    """What stands between UNH and UNT, and what stands around it."""

    interchange: Segment
    opening: Segment
    body: list[Segment]
    closing: Segment
    notes: list[str]  # shared by the messages of an interchange


class Separators(NamedTuple):
    """The service characters: as UNA says, else the usual ones."""

    component: str = ":"
    element: str = "+"
    release: str = "?"
    terminator: str = "'"


def read_messages(text: str) -> list[Message]:
    """The messages of all interchanges of a file, in order. Raises `DecodeError`."""
    segments = read_segments(text)
    messages: list[Message] = []
    for segment in segments:
        if segment.id != "UNB":
            raise _malformed(f"segment {segment.number} is {segment.id}, expected UNB to open an interchange")
        messages += _interchange(segment, segments)
    return messages


def read_segments(text: str) -> Iterator[Segment]:
    """The segments of a file. Raises `DecodeError` where it ends inside one, or one was swallowed."""
    at = _skip_blank(text, 0)
    if at == len(text):
        raise _malformed("the payload is empty")
    separators, cut = Separators(), _cutter(Separators())
    number = 0
    while at < len(text):
        if text.startswith("UNA", at):
            separators, at = _read_separators(text, at)
            cut = _cutter(separators)
            at = _skip_blank(text, at)
            continue
        number += 1
        if number > ROWS_MAX:
            raise DecodeError("too_large", f"more than {ROWS_MAX} segments")
        found = cut.match(text, at)
        if found is None:
            raise _truncated(f"the file ends inside segment {number}: {excerpt(text, at)}")
        segment = _segment(found[1], separators, number)
        yield segment
        at = _skip_blank(text, found.end())
        if segment.id == "UNZ":
            separators, cut = Separators(), _cutter(Separators())


@lru_cache(maxsize=64)
def _cutter(separators: Separators) -> re.Pattern[str]:
    release, end = re.escape(separators.release), re.escape(separators.terminator)
    if separators.release == " ":
        return re.compile(f"([^{end}]*){end}")
    return re.compile(f"((?:[^{release}{end}]|{release}.)*+){end}", re.DOTALL)


def _read_separators(text: str, at: int) -> tuple[Separators, int]:
    service = text[at + 3 : at + 9]
    if len(service) < 6:
        raise _truncated(f"the file ends inside UNA: {excerpt(text, at)}")
    separators = Separators(service[0], service[1], service[3], service[5])
    if len(set(separators)) < len(separators) or any(one.isalnum() for one in separators):
        raise _malformed(f"UNA says {excerpt(service)}, expected four different service characters")
    return separators, at + 9


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BETWEEN_SEGMENTS:
        at += 1
    return at


def _segment(text: str, separators: Separators, number: int) -> Segment:
    swallowed = _swallowed(text, separators, number)
    plain = text if "\n" not in text and "\r" not in text else text.replace("\r", "").replace("\n", "")
    elements = [_split(part, separators.component, separators) for part in _outer(plain, separators)]
    name = elements[0][0].strip()
    if not _SEGMENT_ID.fullmatch(name):
        raise _malformed(f"segment {number} starts with {excerpt(plain)}, expected a segment's name")
    if len(elements) > ELEMENTS_MAX or any(len(element) > ELEMENTS_MAX for element in elements):
        raise _malformed(f"segment {number} ({name}) has more than {ELEMENTS_MAX} elements or components")
    return Segment(name, elements[1:], number, swallowed)


def _swallowed(text: str, separators: Separators, number: int) -> str:
    if separators.release + separators.terminator not in text:
        return ""
    found = _swallowing(separators).search(text)
    if found is None:
        return ""
    if "\n" in found[1] or "\r" in found[1]:
        message = f"in segment {number} a release character before {separators.terminator!r} swallows {found[2]}"
        raise DecodeError("envelope_mismatch", f"{message}: {excerpt(text, max(0, found.start() - 15))}")
    return found[2]


@lru_cache(maxsize=64)
def _swallowing(separators: Separators) -> re.Pattern[str]:
    release, end, element = (re.escape(one) for one in (separators.release, separators.terminator, separators.element))
    return re.compile(rf"{release}{end}([\r\n]*)([A-Z][A-Z0-9]{{2}}){element}")


def _outer(text: str, separators: Separators) -> list[str]:
    """Cut at the element separators that are not released; what is released stays so for the components."""
    if separators.release not in text or separators.release == " ":
        return text.split(separators.element)
    release, element = re.escape(separators.release), re.escape(separators.element)
    return [
        part[1] for part in re.finditer(rf"(?:^|{element})((?:[^{release}{element}]|{release}.)*+)", text, re.DOTALL)
    ]


def _split(text: str, separator: str, separators: Separators) -> Element:
    if separators.release not in text or separators.release == " ":
        return text.split(separator)
    release, between = re.escape(separators.release), re.escape(separator)
    parts = re.finditer(rf"(?:^|{between})((?:[^{release}{between}]|{release}.)*+)", text, re.DOTALL)
    return [re.sub(rf"{release}(.)", r"\1", part[1], flags=re.DOTALL) for part in parts]


def _interchange(unb: Segment, segments: Iterator[Segment]) -> list[Message]:
    reference = unb.part(5)
    notes: list[str] = []
    messages: list[Message] = []
    groups = 0
    for segment in segments:
        if segment.id == "UNH":
            messages.append(_message(unb, segment, segments, notes))
        elif segment.id == "UNG":
            groups += 1
        elif segment.id == "UNZ":
            _match(segment, reference, "UNB")
            _note_count(notes, segment, groups or len(messages))
            return messages
        elif segment.id != "UNE":
            raise _malformed(f"segment {segment.number} is {segment.id}, expected UNH or UNZ")
    raise _truncated(f"interchange {reference} is not closed by UNZ")


def _message(unb: Segment, unh: Segment, segments: Iterator[Segment], notes: list[str]) -> Message:
    name = f"message {short(unh.part(2))} {short(unh.part(1))}"
    body: list[Segment] = []
    for segment in segments:
        if segment.id == "UNT":
            _match(segment, unh.part(1), "UNH")
            return Message(unb, unh, body, segment, notes)
        if segment.id in ("UNB", "UNG", "UNH", "UNE", "UNZ"):
            raise _truncated(f"{name} is not closed by UNT before {segment.id} in segment {segment.number}")
        body.append(segment)
    raise _truncated(f"{name} is not closed by UNT")


def _match(closing: Segment, opened: str, name: str) -> None:
    closed = closing.part(2)
    if closed != opened:
        message = f"the reference of {closing.id} is {excerpt(closed)}, expected {excerpt(opened)} as in {name}"
        raise DecodeError("envelope_mismatch", message)


def _note_count(notes: list[str], closing: Segment, found: int) -> None:
    if closing.part(1).lstrip("0") != (str(found) if found else ""):
        notes.append(f"{closing.id} says {excerpt(closing.part(1))}, found {found}")


@lru_cache(maxsize=4096)
def _designator(name: str, element: int, component: int) -> str:
    return f"{name}{element:02d}{component:02d}"


def _malformed(message: str) -> DecodeError:
    return DecodeError("malformed_edifact", message)


def _truncated(message: str) -> DecodeError:
    return DecodeError("envelope_mismatch", f"cut off: {message}")
