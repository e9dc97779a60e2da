"""EDIFACT format: a tree under the standard's names; counts that lie are told from lines that are lost."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.transforms.arrival.edifact import DESPATCH, STOCK, interchange, message
from transforms.arrival.edifact_format import decode_edifact
from transforms.arrival.limits import DecodeError


def decoded(name: str, body: Sequence[str], count: int | str | None = None, **options: Any) -> Any:
    (document,) = decode_edifact(interchange(message(name, body, count=count)), options)
    return document


def test_a_despatch_advice_has_lines_in_packages() -> None:
    assert decoded("DESADV", DESPATCH) == {
        "interchange": {
            "sender": "NORTH",
            "receiver": "EXAMPLECO",
            "date": "260302",
            "time": "1315",
            "control_number": "981",
            "test": "",
        },
        "type": "DESADV",
        "version": "D:01B:UN:EAN011",
        "control_number": "1",
        "BGM": [{"BGM0101": "351", "BGM0201": "DES-1", "BGM0301": "9"}],
        "DTM": [{"DTM0101": "11", "DTM0102": "202603021300", "DTM0103": "203"}],
        "CPS_loop": [
            {
                "CPS": [{"CPS0101": "1"}],
                "PAC_loop": [{"PAC": [{"PAC0101": "2", "PAC0301": "CT"}]}],
                "LIN_loop": [
                    {
                        "LIN": [{"LIN0101": "1", "LIN0301": "00614141000326", "LIN0302": "SRV"}],
                        "QTY": [{"QTY0101": "12", "QTY0102": "5", "QTY0103": "PCE"}],
                    },
                    {
                        "LIN": [{"LIN0101": "2", "LIN0301": "10614141000323", "LIN0302": "SRV"}],
                        "QTY": [{"QTY0101": "12", "QTY0102": "2", "QTY0103": "CT"}],
                    },
                ],
            }
        ],
        "CNT": [{"CNT0101": "2", "CNT0102": "2"}],
    }


def test_what_follows_a_quantity_in_a_stock_report_belongs_to_it() -> None:
    assert decoded("INVRPT", STOCK)["LIN_loop"] == [
        {
            "LIN": [{"LIN0101": "1", "LIN0301": "00614141000326", "LIN0302": "SRV"}],
            "QTY_loop": [
                {
                    "QTY": [{"QTY0101": "145", "QTY0102": "8", "QTY0103": "PCE"}],
                    "LOC": [{"LOC0101": "18", "LOC0201": "N1"}],
                }
            ],
        }
    ]


def test_an_order_names_the_stores_that_its_lines_go_to() -> None:
    body = [
        "BGM+220+PO-1+9",
        "LIN+1++4006381333931:SRV",
        "QTY+21:9",
        "LOC+7+0001",
        "QTY+11:5",
        "LOC+7+0042",
        "QTY+11:4",
    ]
    (line,) = decoded("ORDERS", [*body, "UNS+S"])["LIN_loop"]
    assert [(loc["LOC"][0]["LOC0201"], loc["QTY"][0]["QTY0102"]) for loc in line["LOC_loop"]] == [
        ("0001", "5"),
        ("0042", "4"),
    ]


def test_lines_without_packages_are_lines() -> None:
    assert len(decoded("RECADV", ["BGM+632+R-1+9", "LIN+1++4006381333931:SRV", "QTY+194:5"])["LIN_loop"]) == 1


@pytest.mark.parametrize(
    ("syntax", "encoding", "options"),
    [
        ("UNOC", "iso8859-1", {}),
        ("UNOD", "iso8859-2", {}),
        ("UNOA", "utf-8", {}),
        ("UNOA", "cp1252", {"encoding": "cp1252"}),
    ],
)
def test_the_character_set_is_the_one_that_the_interchange_names(
    syntax: str, encoding: str, options: dict[str, Any]
) -> None:
    text = interchange(message("ORDERS", ["BGM+220+Gr\xfc\xdfe+9"])).decode("iso8859-1").replace("UNOC", syntax)
    assert decode_edifact(text.encode(encoding), options)[0]["BGM"][0]["BGM0201"] == "Gr\xfc\xdfe"


@pytest.mark.parametrize(
    ("story", "name", "body", "count", "note"),
    [
        ("right", "DESADV", DESPATCH, 11, None),
        ("zeros before it", "DESADV", DESPATCH, "0011", None),
        ("the totals agree", "DESADV", DESPATCH, 14, "UNT says '14' segments, found 11; the totals agree"),
        ("first and last not counted", "INVRPT", STOCK, 5, "UNT says '5' segments, found 7; no totals to compare"),
    ],
)
def test_a_count_of_segments_is_borne_when(
    story: str, name: str, body: Sequence[str], count: int, note: str | None
) -> None:
    assert decoded(name, body, count).get("notes") == ([f"message {name} 1: {note}"] if note else None)


SWALLOWING = [*STOCK[:2], "FTX+AAI+++10 % off?'LIN+1++00614141000326:SRV", *STOCK[3:]]


@pytest.mark.parametrize(
    ("story", "name", "body", "count", "message"),
    [
        (
            "a line is lost and the number of lines knows",
            "DESADV",
            [*DESPATCH[:6], "CNT+2:2"],
            11,
            "cut off or altered: message DESADV 1: UNT says '11' segments, found 9; CNT+2 says '2', found 1 LIN",
        ),
        (
            "many are missing and no total tells",
            "INVRPT",
            STOCK,
            10,
            "perhaps cut off: message INVRPT 1: UNT says '10' segments, found 7, and no total tells that nothing",
        ),
        (
            "a release character swallowed one, and the count knows",
            "INVRPT",
            SWALLOWING,
            8,
            "message INVRPT 1: UNT says '8' segments, found 7; in segment 5 a release character swallows LIN",
        ),
    ],
)
def test_a_message_is_refused_when(story: str, name: str, body: Sequence[str], count: int, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decoded(name, body, count)
    assert refused.value.reason == "envelope_mismatch"
    assert refused.value.message.startswith(message)


def test_text_that_only_looks_like_a_segment_stays_text_where_the_count_is_right() -> None:
    (note,) = decoded("ORDERS", ["BGM+220+1+9", "FTX+AAI+++size 7?'LIN+x"])["FTX"]
    assert note == {"FTX0101": "AAI", "FTX0401": "size 7'LIN", "FTX0501": "x"}


def test_a_sender_who_cannot_count_may_be_believed() -> None:
    assert "notes" not in decoded("INVRPT", STOCK, count=10, segment_count="ignore")


@pytest.mark.parametrize(
    ("name", "body", "reason", "message"),
    [
        ("IFTMIN", ["BGM+1"], "unsupported_set", "message 'IFTMIN' has no table of loops, expected one of INVRPT,"),
        ("INVRPT", ["QTY+145:1"], "malformed_edifact", "segment 3 (QTY) opens a group outside the one around it"),
    ],
)
def test_refused(name: str, body: Sequence[str], reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decoded(name, body)
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)


def test_an_interchange_without_messages_is_refused_since_every_message_must_end_as_something() -> None:
    with pytest.raises(DecodeError, match="the interchange holds no message") as refused:
        decode_edifact(interchange(), {})
    assert refused.value.reason == "unsupported_set"


def test_a_mapping_may_bring_the_loops_of_a_message_that_is_new_to_us() -> None:
    assert len(decoded("IFTMIN", ["GID+1", "GID+2"], loops={"IFTMIN": {"GID": None}})["GID_loop"]) == 2
