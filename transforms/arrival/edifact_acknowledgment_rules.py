"""EDIFACT acknowledgment rules: a received interchange in, the CONTRL message that answers it out.

    UNB UNH(DESADV 1) ... UNZ(981)    ->    UCI+981+NORTH:14+EXAMPLECO:14+7'  UCM+1+DESADV:D:01B:UN+7'

A message is acknowledged (7) or rejected (4) by the rules by which it is decoded, with the code of what is wrong: 17
no such message agreed, 28 references do not match, 29 a count that does not match, 18 anything else. The interchange is
rejected as a whole where its end is missing or is that of another one. A CONTRL is never answered.

Source: ISO 9735 part 4, message CONTRL; code list 0085.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from transforms.arrival.edifact_envelope import Message, Segment, read_segments
from transforms.arrival.edifact_format import edifact_text, message_document
from transforms.arrival.limits import DecodeError
from transforms.arrival.x12_acknowledgment_rules import Answer

ACKNOWLEDGED, REJECTED = "7", "4"
NO_AGREEMENT, UNSPECIFIED, REFERENCES, COUNT = "17", "18", "28", "29"

_ENVELOPE = ("UNB", "UNG", "UNH", "UNE", "UNZ")
_CODES = {"unsupported_set": NO_AGREEMENT, "envelope_mismatch": COUNT}


def answer_edifact(payload: bytes, at: datetime, options: Mapping[str, Any]) -> list[Answer]:
    """A CONTRL for each interchange with something to answer. Raises `DecodeError` where there are no segments."""
    segments = list(read_segments(edifact_text(payload, options)))
    starts = [n for n, segment in enumerate(segments) if segment.id == "UNB"]
    answers = []
    for start, end in zip(starts, [*starts[1:], len(segments)], strict=True):
        answer = _answer(segments[start], segments[start + 1 : end], at, options)
        answers += [answer] if answer is not None else []
    return answers


def _answer(unb: Segment, segments: list[Segment], at: datetime, options: Mapping[str, Any]) -> Answer | None:
    judged: list[tuple[Segment, str]] = []
    for n, opening in enumerate(segments):
        if opening.id != "UNH" or opening.part(2) == "CONTRL":
            continue
        end = next((m for m in range(n + 1, len(segments)) if segments[m].id in (*_ENVELOPE, "UNT")), len(segments))
        closing = segments[end] if end < len(segments) and segments[end].id == "UNT" else None
        judged.append((opening, _code(unb, opening, segments[n + 1 : end], closing, options)))
    if not judged:
        return None
    trailer = segments[-1] if segments and segments[-1].id == "UNZ" else None
    wrong = COUNT if trailer is None else REFERENCES if trailer.part(2) != unb.part(5) else ""
    return _written(unb, judged, wrong, at)


def _code(
    unb: Segment, opening: Segment, body: list[Segment], closing: Segment | None, options: Mapping[str, Any]
) -> str:
    """What is wrong with a message; empty if nothing is."""
    if closing is None:
        return COUNT
    if closing.part(2) != opening.part(1):
        return REFERENCES
    try:
        message_document(Message(unb, opening, body, closing, []), options)
    except DecodeError as error:
        return _CODES.get(error.reason, UNSPECIFIED)
    return ""


def _written(unb: Segment, judged: list[tuple[Segment, str]], wrong: str, at: datetime) -> Answer:
    reference, sender, receiver = _escaped(unb.part(5)), _party(unb, 2), _party(unb, 3)
    uci = ["UCI", reference, sender, receiver, REJECTED if wrong else ACKNOWLEDGED, *([wrong] if wrong else [])]
    body = ["+".join(uci)]
    for opening, code in judged:
        kind = ":".join(_escaped(opening.part(2, at)) for at in range(1, 5))
        body.append(
            "+".join(["UCM", _escaped(opening.part(1)), kind, REJECTED if code else ACKNOWLEDGED, code]).rstrip("+")
        )
    segments = [f"UNB+UNOC:3+{receiver}+{sender}+{at:%y%m%d:%H%M}+{reference}++CONTRL", "UNH+1+CONTRL:D:3:UN"]
    segments += [*body, f"UNT+{len(body) + 2}+1", f"UNZ+1+{reference}"]
    accepted = 0 if wrong else sum(not code for _, code in judged)
    text = "".join(f"{segment}'\n" for segment in segments)
    return Answer(unb.part(2), unb.part(5), accepted, len(judged) - accepted, text.encode("iso8859-1", "replace"))


def _party(unb: Segment, element: int) -> str:
    return ":".join(_escaped(part) for at in (1, 2) if (part := unb.part(element, at)))


def _escaped(text: str) -> str:
    for letter in "?+:'":
        text = text.replace(letter, "?" + letter)
    return text
