"""EDIFACT envelope: whole messages, service characters of any kind, and nothing swallowed without a word."""

import pytest

from tests.transforms.arrival.edifact import DESPATCH, STOCK, interchange, message
from transforms.arrival.edifact_envelope import read_messages, read_segments
from transforms.arrival.limits import DecodeError

WHOLE = interchange(message("DESADV", DESPATCH)).decode("iso8859-1")


def elements(text: str) -> list[list[str]]:
    (segment,) = read_segments(text)
    return segment.elements


@pytest.mark.parametrize(
    ("story", "text", "expected"),
    [
        ("components in elements", "QTY+21:5:PCE'", [["21", "5", "PCE"]]),
        ("empty ones keep their places", "LIN+1++4006381333931:SRV'", [["1"], [""], ["4006381333931", "SRV"]]),
        ("released separators are text", "FTX+A?+B:C?:D:?'E?''", [["A+B", "C:D", "'E'"]]),
        ("a released release character is one", "FTX+10 ??'", [["10 ?"]]),
        ("and leaves the separator after it alone", "FTX+A??+B'", [["A?"], ["B"]]),
        ("line breaks inside are dropped", "FTX+lo\r\nng'", [["long"]]),
        ("UNA names others", "UNA*|.# ~FTX|A#|B*C~", [["A|B", "C"]]),
        ("UNA without a release character", "UNA:+.  'FTX+A?+B'", [["A?"], ["B"]]),
    ],
)
def test_a_segment_is_cut(story: str, text: str, expected: list[list[str]]) -> None:
    assert elements(text) == expected


@pytest.mark.parametrize(
    ("story", "text"),
    [
        ("a line each", WHOLE),
        ("one line", WHOLE.replace("\n", "")),
        ("a byte order mark", "\ufeff" + WHOLE),
        ("DOS line ends and file end", WHOLE.replace("\n", "\r\n") + "\x1a"),
        ("UNA with the usual characters", "UNA:+.? '" + WHOLE),
        ("other characters", "UNA|*.! ~" + WHOLE.translate(str.maketrans(":+'", "|*~"))),
    ],
)
def test_a_message_is_read_however_it_is_written(story: str, text: str) -> None:
    (one,) = read_messages(text)
    assert [segment.id for segment in one.body] == ["BGM", "DTM", "CPS", "PAC", "LIN", "QTY", "LIN", "QTY", "CNT"]
    assert one.body[5].elements == [["12", "5", "PCE"]]
    assert one.notes == []


def test_several_interchanges_in_one_file_each_with_its_own_characters() -> None:
    text = "UNA|*.! ~" + WHOLE.translate(str.maketrans(":+'", "|*~")) + interchange(message("INVRPT", STOCK)).decode()
    assert [one.opening.part(2) for one in read_messages(text)] == ["DESADV", "INVRPT"]


def test_a_wrong_number_of_messages_is_noted() -> None:
    (one,) = read_messages(WHOLE.replace("UNZ+1+", "UNZ+7+"))
    assert one.notes == ["UNZ says '7', found 1"]


@pytest.mark.parametrize(
    ("story", "text", "reason", "message"),
    [
        ("nothing", " \r\n", "malformed_edifact", "the payload is empty"),
        ("X12", "ISA*00*'", "malformed_edifact", "segment 1 starts with 'ISA*00*', expected a segment's name"),
        ("no UNB", "UNH+1+ORDERS'", "malformed_edifact", "segment 1 is UNH, expected UNB to open an interchange"),
        ("cut in a segment", WHOLE[:-20], "envelope_mismatch", "cut off: the file ends inside segment 12: 'U"),
        ("cut after one", WHOLE[: WHOLE.index("UNT")], "envelope_mismatch", "cut off: message DESADV 1 is not closed"),
        ("no UNZ", WHOLE[: WHOLE.index("UNZ")], "envelope_mismatch", "cut off: interchange 981 is not closed by UNZ"),
        (
            "put together wrongly",
            WHOLE.replace("UNT+11+1", "UNT+11+2"),
            "envelope_mismatch",
            "the reference of UNT is '2', expected '1' as in UNH",
        ),
        (
            "another interchange's end",
            WHOLE.replace("UNZ+1+981", "UNZ+1+982"),
            "envelope_mismatch",
            "the reference of UNZ is '982', expected '981' as in UNB",
        ),
        (
            "a release character swallows the next segment",
            WHOLE.replace("PAC+2++CT'", "PAC+2++CT?'"),
            "envelope_mismatch",
            'in segment 6 a release character before "\'" swallows LIN',
        ),
        ("UNA cut off", "UNA:+", "envelope_mismatch", "cut off: the file ends inside UNA"),
        ("UNA that clashes", "UNA++.? 'X", "malformed_edifact", 'UNA says "++.? \'", expected four different'),
        ("letters", "UNB+UNOC'FOO+1'", "malformed_edifact", "segment 2 is FOO, expected UNH or UNZ"),
        ("too wide", "UNB" + "+" * 100 + "'", "malformed_edifact", "segment 1 (UNB) has more than 99 elements"),
    ],
)
def test_refused(story: str, text: str, reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        read_messages(text)
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)
