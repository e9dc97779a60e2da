"""X12 acknowledgment rules: a received interchange in, the 997 that answers it out, with a code for everything wrong.

    ISA GS(SW 981) ST(945 0001) ... GE IEA      ->    AK1*SW*981  AK2*945*0001  AK5*A  AK9*A*1*1*1

A set is accepted (A), accepted though its count is wrong where its totals prove it whole (E), or rejected (R). What
cannot even be cut into segments has no groups that could be named: there is nothing to answer, and it is a dead letter
anyway. A 997 is never answered by a 997. The answer repeats the control numbers of what it answers, so that a retry
makes the same answer again; two interchanges of one partner never share a number.

    AK5: 1 set not supported, 2 trailer missing, 3 control numbers differ, 4 count of segments, 5 segments in error
    AK9: 1 group not supported, 3 trailer missing, 4 control numbers differ, 5 count of sets

Source: ANSI ASC X12 004010, set 997, elements 715, 717, 718 and 716.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from transforms.arrival.limits import DecodeError, text_of
from transforms.arrival.x12_envelope import Segment, TransactionSet, read_segments
from transforms.arrival.x12_format import set_document

CODES_MAX = 5  # of one set or group

_ENVELOPE = ("ISA", "GS", "ST", "GE", "IEA")


class Answer(NamedTuple):
    """One 997 and to whom it goes."""

    receiver: str  # who sent what is answered
    control_number: str  # of the interchange that is answered
    accepted: int  # sets
    rejected: int
    payload: bytes


class _Set(NamedTuple):
    opening: Segment
    codes: list[str]
    is_accepted: bool


class _Group(NamedTuple):
    opening: Segment
    sets: list[_Set]
    codes: list[str]
    stated: str  # GE01


def answer_x12(payload: bytes, at: datetime, options: Mapping[str, Any]) -> list[Answer]:
    """A 997 for each interchange with something to answer. Raises `DecodeError` where there are no segments."""
    segments = list(read_segments(text_of(payload, options.get("encoding", "utf-8"))))
    starts = [at for at, segment in enumerate(segments) if segment.id == "ISA"]
    answers = []
    for start, end in zip(starts, [*starts[1:], len(segments)], strict=True):
        isa, inside = segments[start], segments[start + 1 : end]
        groups = [group for group in _groups(isa, inside, options) if group.opening.element(1) != "FA"]
        if groups:
            answers.append(_answer(isa, groups, at))
    return answers


def _groups(isa: Segment, segments: list[Segment], options: Mapping[str, Any]) -> Iterator[_Group]:
    at = 0
    while at < len(segments):
        if segments[at].id != "GS":
            at += 1
            continue
        opening, codes, stated = segments[at], ["3"], ""
        sets: list[_Set] = []
        at += 1
        while at < len(segments) and segments[at].id not in ("GS", "IEA"):
            segment = segments[at]
            if segment.id == "GE":
                stated = segment.element(1)
                codes = _group_codes(opening, segment, len(sets))
                at += 1
                break
            if segment.id == "ST":
                end = next((n for n in range(at + 1, len(segments)) if segments[n].id in (*_ENVELOPE, "SE")), at + 1)
                sets.append(_judged(isa, opening, segments[at:end], _closing(segments, end), options))
                at = end
            else:
                at += 1
        yield _Group(opening, sets, codes, stated or str(len(sets)))


def _closing(segments: list[Segment], at: int) -> Segment | None:
    return segments[at] if at < len(segments) and segments[at].id == "SE" else None


def _group_codes(gs: Segment, ge: Segment, found: int) -> list[str]:
    codes = ["4"] if ge.element(2).lstrip("0") != gs.element(6).lstrip("0") else []
    return [*codes, "5"] if ge.element(1).lstrip("0") != (str(found) if found else "") else codes


def _judged(
    isa: Segment, gs: Segment, inside: list[Segment], closing: Segment | None, options: Mapping[str, Any]
) -> _Set:
    """A set by the same rules by which it is decoded."""
    opening, body = inside[0], inside[1:]
    if closing is None:
        return _Set(opening, ["2"], is_accepted=False)
    if closing.element(2).lstrip("0") != opening.element(2).lstrip("0"):
        return _Set(opening, ["3"], is_accepted=False)
    miscounted = ["4"] if closing.element(1).lstrip("0") != str(len(body) + 2) else []
    try:
        set_document(TransactionSet(isa, gs, opening, body, closing, []), options)
    except DecodeError as error:
        code = {"unsupported_set": "1", "envelope_mismatch": "4"}.get(error.reason, "5")
        return _Set(opening, [code], is_accepted=False)
    return _Set(opening, miscounted, is_accepted=True)


def _answer(isa: Segment, groups: list[_Group], at: datetime) -> Answer:
    control = isa.element(13).zfill(9)[-9:]
    us, them = (isa.element(7), isa.element(8)), (isa.element(5), isa.element(6))
    number = control.lstrip("0") or "0"
    parties = f"{us[0]:2}*{us[1]:15}*{them[0]:2}*{them[1]:15}"
    segments = [
        f"ISA*00*{'':10}*00*{'':10}*{parties}*{at:%y%m%d*%H%M}*U*00401*{control}*0*{isa.element(15) or 'P'}*>",
        f"GS*FA*{us[1]}*{them[1]}*{at:%Y%m%d*%H%M}*{number}*X*004010",
    ]
    for n, group in enumerate(groups, start=1):
        body = _told(group)
        segments += [f"ST*997*{n:04d}", *body, f"SE*{len(body) + 2}*{n:04d}"]
    segments += [f"GE*{len(groups)}*{number}", f"IEA*1*{control}"]
    judged = [one for group in groups for one in group.sets]
    accepted = sum(one.is_accepted for one in judged)
    text = "".join(f"{_safe(segment)}~\n" for segment in segments)
    return Answer(them[1], isa.element(13), accepted, len(judged) - accepted, text.encode("ascii", "replace"))


def _told(group: _Group) -> list[str]:
    body = [f"AK1*{group.opening.element(1)}*{group.opening.element(6)}"]
    for one in group.sets:
        verdict = ("E" if one.codes else "A") if one.is_accepted else "R"
        body += [f"AK2*{one.opening.element(1)}*{one.opening.element(2)}"]
        body += ["*".join(["AK5", verdict, *one.codes[:CODES_MAX]])]
    accepted = sum(one.is_accepted for one in group.sets)
    if accepted == len(group.sets) and group.sets:
        verdict = "E" if group.codes or any(one.codes for one in group.sets) else "A"
    else:
        verdict = "P" if accepted else "R"
    counts = [group.stated, str(len(group.sets)), str(accepted)]
    return [*body, "*".join(["AK9", verdict, *counts, *group.codes[:CODES_MAX]])]


def _safe(segment: str) -> str:
    """What a sender wrote with other separators must not end our segments."""
    return segment.replace("~", " ").replace("\n", " ").replace("\r", " ")
