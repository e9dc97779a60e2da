"""X12 envelope: any honest file is read, whatever separates it; a file that was cut off never is."""

import re

import pytest

from tests.transforms.arrival.edi import ISA, RECEIPT, SHIPMENT, interchange, segments, transaction_set
from transforms.arrival import x12_envelope
from transforms.arrival.limits import DecodeError
from transforms.arrival.x12_envelope import Segment, read_sets

WHOLE = interchange(transaction_set("945", SHIPMENT)).decode()
SHORT_ISA = re.sub(" +", "", ISA)


def _written(terminator: str = "~", element: str = "*", isa: str = ISA) -> str:
    lines = [isa, *segments(transaction_set("945", SHIPMENT))[1:]]
    return "".join(line.replace("*", element) + terminator for line in lines)


@pytest.mark.parametrize(
    ("story", "text"),
    [
        ("as the standard draws it", _written()),
        ("a line for each segment", _written("~\n")),
        ("Windows lines", _written("~\r\n")),
        ("blank lines between segments", _written("~\n\n")),
        ("lines end segments", _written("\n")),
        ("Windows lines end segments", _written("\r\n")),
        ("carriage returns end segments", _written("\r")),
        ("two characters end segments", _written("|~", isa=ISA)),
        ("control characters", _written("\x1c", "\x1d", ISA[:-1] + "\x1f")),
        ("pipes between elements", _written("~", "|")),
        ("ISA without its padding", _written(isa=SHORT_ISA)),
        ("ISA without padding, lines end segments", _written("\n", isa=SHORT_ISA)),
        ("ISA without component separator", _written(isa=ISA[:-1])),
        ("ISA without component separator, a line for each segment", _written("~\n", isa=ISA[:-1])),
        ("broken after 80 characters", "\n".join(re.findall(".{1,80}", _written()))),
        ("without the last terminator", _written()[:-1]),
        ("a byte order mark in front", "\ufeff" + _written("~\n")),
        ("blank lines in front", "\r\n\n" + _written("~\n")),
        ("the end of a DOS file behind", _written("~\r\n") + "\x1a"),
        ("an interchange acknowledgment inside", _written().replace("GS*", "TA1*000000980*260302*1300*A*000~GS*", 1)),
        ("control numbers without their zeros", _written().replace("IEA*1*000000981", "IEA*1*981")),
    ],
)
def test_a_set_is_read_from_a_file_with(story: str, text: str) -> None:
    (one,) = read_sets(text)
    assert one.opening.elements == ["945", "0001"]
    assert one.interchange.element(6) == "NORTH"
    assert one.interchange.element(13) == "000000981"
    assert one.group.element(8) == "004010"
    assert one.closing.elements == ["11", "0001"]
    assert [segment.id for segment in one.body] == ["W06", "N1", "LX", "W12", "N9", "N9", "LX", "W12", "W03"]
    assert one.body[3].elements == ["CC", "5", "5", "", "EA", "", "UK", "00614141000326"]
    assert one.notes == []


def test_sets_come_in_order_from_groups_and_interchanges() -> None:
    shipments = [transaction_set("945", SHIPMENT, control=f"000{n}") for n in (1, 2)]
    text = interchange(*shipments).decode() + "\ufeff" + interchange(transaction_set("944", RECEIPT)).decode()
    found = [(one.opening.element(1), one.opening.element(2)) for one in read_sets(text)]
    assert found == [("945", "0001"), ("945", "0002"), ("944", "0001")]


def test_interchanges_of_one_file_may_have_other_separators() -> None:
    found = read_sets(_written("\n", "|") + _written("~", "*"))
    assert [one.body[0].elements[1] for one in found] == ["WEB-1101", "WEB-1101"]


@pytest.mark.parametrize(
    ("right", "wrong", "note"),
    [
        ("GE*1*", "GE*2*", "GE01 says '2', found 1 sets"),
        ("GE*1*", "GE**", "GE01 says '', found 1 sets"),
        ("IEA*1*", "IEA*3*", "IEA01 says '3', found 1 groups"),
        ("IEA*1*", "IEA*01*", None),
    ],
)
def test_a_count_of_groups_or_sets_that_is_wrong_is_noted(right: str, wrong: str, note: str | None) -> None:
    (one,) = read_sets(WHOLE.replace(right, wrong))
    assert one.notes == ([note] if note else [])


@pytest.mark.parametrize("lines", range(2, len(WHOLE.splitlines())))
def test_a_file_that_lost_its_last_lines_is_never_read(lines: int) -> None:
    with pytest.raises(DecodeError, match=r"^cut off: ") as refused:
        read_sets("".join(WHOLE.splitlines(keepends=True)[:lines]))
    assert refused.value.reason == "envelope_mismatch"


@pytest.mark.parametrize("characters", range(120, len(WHOLE) - len("IEA*1*000000981~\n"), 7))
def test_a_file_that_was_cut_anywhere_is_never_read(characters: int) -> None:
    with pytest.raises(DecodeError) as refused:
        read_sets(WHOLE[:characters])
    assert refused.value.reason == "envelope_mismatch"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("SE*11*0001", "SE*11*0002", "SE02 is '0002', expected '0001' as in ST02"),
        ("GE*1*981", "GE*1*982", "GE02 is '982', expected '981' as in GS06"),
        ("IEA*1*000000981", "IEA*1*000000982", "IEA02 is '000000982', expected '000000981' as in ISA13"),
        ("SE*11*0001~\n", "", "cut off: set 945 0001 is not closed by SE before GE in segment 13"),
        ("GE*1*981~\n", "", "cut off: group 981 is not closed by GE"),
        ("IEA*1*000000981~\n", "", "cut off: interchange 000000981 is not closed by IEA"),
        ("LX*2~\n", ISA + "~\n", "cut off: set 945 0001 is not closed by SE before ISA in segment 10"),
    ],
)
def test_envelopes_that_do_not_match_are_refused(right: str, wrong: str, message: str) -> None:
    assert right in WHOLE
    with pytest.raises(DecodeError) as refused:
        read_sets(WHOLE.replace(right, wrong))
    assert (refused.value.reason, refused.value.message) == ("envelope_mismatch", message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the payload is empty"),
        ("\ufeff \n", "the payload is empty"),
        ("<html>502</html>", "starts with '<html>502</html>', expected ISA"),
        ("UNB+UNOA:3+SENDER'", 'starts with "UNB+UNOA:3+SENDER\'", expected ISA'),
        ("ISA", "'' after ISA cannot be the element separator"),
        ("ISA 00 ", "' ' after ISA cannot be the element separator"),
        (_written("*"), "'*' separates elements and ends segments too"),
        (_written("~~~"), "ISA ends with '>~~~', expected a component separator and a terminator"),
        (_written("x"), "ISA ends with '>x', expected a component separator and a terminator"),
        (WHOLE.replace("ST*945*0001~\n", ""), "segment 3 is W06, expected ST or GE"),
        (
            WHOLE.replace("GS*", "XX*"),
            "after ISA comes '>~\\nXX*SW*NORTH*EXAMPLECO*20260302*1315*9'..., expected a group",
        ),
        (
            WHOLE.replace("GS*", "XX*1~\nGS*"),
            "ISA ends with '>~\\nXX*1~\\n', expected a component separator and a terminator",
        ),
        (WHOLE.replace("GE*1*981~\n", "GE*1*981~\nXX*1~\n"), "segment 15 is XX, expected GS or IEA"),
        (WHOLE.replace("LX*2", "lx*2"), "segment 10 starts with 'lx', expected a segment's name"),
        (WHOLE.replace("LX*2", "LX" + "*" * 100), "segment 10 (LX) has more than 99 elements"),
        (WHOLE + "GS*SW~\n", "starts with 'GS*SW~\\n', expected ISA"),
        (WHOLE + "thank you", "starts with 'thank you', expected ISA"),
    ],
)
def test_what_is_no_interchange_is_refused(text: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        read_sets(text)
    assert (refused.value.reason, refused.value.message) == ("malformed_x12", message)


def test_segments_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x12_envelope, "ROWS_MAX", 5)
    with pytest.raises(DecodeError, match="more than 5 segments") as refused:
        read_sets(WHOLE)
    assert refused.value.reason == "too_large"


def test_empty_elements_are_absent_and_composites_stay_text() -> None:
    segment = Segment("SV1", ["HC>1", "", " 5 ", "   "], 7)
    assert segment.fields() == {"SV101": "HC>1", "SV103": "5"}
    assert (segment.element(3), segment.element(9)) == ("5", "")
