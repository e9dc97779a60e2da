"""X12 format: a tree under the standard's names; a miscount is told from a loss."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.transforms.arrival.edi import RECEIPT, SHIPMENT, STOCK, interchange, transaction_set
from transforms.arrival.limits import DEPTH_MAX, DecodeError
from transforms.arrival.x12_format import decode_x12

ENVELOPE = {
    "interchange": {
        "sender": "NORTH",
        "receiver": "EXAMPLECO",
        "date": "260302",
        "time": "1315",
        "control_number": "000000981",
        "usage": "P",
    },
    "group": {
        "functional_code": "SW",
        "sender": "NORTH",
        "receiver": "EXAMPLECO",
        "date": "20260302",
        "time": "1315",
        "control_number": "981",
    },
    "control_number": "0001",
}


def decoded(number: str, body: Sequence[str], count: int | None = None, **options: Any) -> Any:
    (document,) = decode_x12(interchange(transaction_set(number, body, count=count)), options)
    return document


def test_a_shipment_has_lines_in_lines() -> None:
    assert decoded("945", SHIPMENT) == {
        **ENVELOPE,
        "set": "945",
        "W06": [{"W0601": "F", "W0602": "WEB-1101", "W0603": "20260302", "W0604": "NS8991"}],
        "N1": [{"N101": "WH", "N102": "NORTH", "N103": "91", "N104": "NLOG7"}],
        "LX_loop": [
            {
                "LX": [{"LX01": "1"}],
                "W12_loop": [
                    {
                        "W12": [
                            {
                                "W1201": "CC",
                                "W1202": "5",
                                "W1203": "5",
                                "W1205": "EA",
                                "W1207": "UK",
                                "W1208": "00614141000326",
                            }
                        ],
                        "N9": [{"N901": "LI", "N902": "1"}, {"N901": "LT", "N902": "L7"}],
                    }
                ],
            },
            {
                "LX": [{"LX01": "2"}],
                "W12_loop": [
                    {
                        "W12": [
                            {
                                "W1201": "CC",
                                "W1202": "2",
                                "W1203": "2",
                                "W1205": "CA",
                                "W1207": "UK",
                                "W1208": "10614141000323",
                            }
                        ]
                    }
                ],
            },
        ],
        "W03": [{"W0301": "7"}],
    }


def test_a_receipt_has_lines() -> None:
    assert decoded("944", RECEIPT) == {
        **ENVELOPE,
        "set": "944",
        "W17": [{"W1701": "F", "W1702": "20260302", "W1703": "RC1", "W1704": "PO-1"}],
        "W07_loop": [
            {
                "W07": [{"W0701": "12", "W0702": "CA", "W0704": "UK", "W0705": "10614141000323"}],
                "N9": [{"N901": "LI", "N902": "1"}],
            },
            {"W07": [{"W0701": "3", "W0702": "EA", "W0704": "UK", "W0705": "00614141000326"}]},
        ],
        "W14": [{"W1401": "15"}],
    }


def test_a_stock_report_has_quantities_in_items_and_warehouses_in_quantities() -> None:
    assert decoded("846", STOCK) == {
        **ENVELOPE,
        "set": "846",
        "BIA": [{"BIA01": "00", "BIA02": "DD", "BIA03": "INV1", "BIA04": "20260302", "BIA05": "2300"}],
        "LIN_loop": [
            {
                "LIN": [{"LIN01": "1", "LIN02": "UK", "LIN03": "00614141000326"}],
                "QTY_loop": [
                    {"QTY": [{"QTY01": "17", "QTY02": "8", "QTY03": "EA"}]},
                    {
                        "QTY": [{"QTY01": "33", "QTY02": "5", "QTY03": "EA"}],
                        "SCH": [{"SCH01": "5", "SCH02": "EA", "SCH03": "WH", "SCH04": "EAST"}],
                    },
                ],
            }
        ],
    }


def test_a_notice_shows_shipment_and_order_from_the_item() -> None:
    body = ["BSN*00*S1*20260302*1300", "HL*1**S", "REF*BM*B7"]
    body += ["HL*2*1*O", "PRF*PO-A", "HL*3*2*I", "LIN**UP*1", "SN1**4*EA"]
    body += ["HL*4*1*O", "PRF*PO-B", "HL*5*4*I", "LIN**UP*1", "SN1**4*EA", "CTT*5"]
    shipment = {"HL": [{"HL01": "1", "HL03": "S"}], "REF": [{"REF01": "BM", "REF02": "B7"}]}
    first = {"HL": [{"HL01": "2", "HL02": "1", "HL03": "O"}], "PRF": [{"PRF01": "PO-A"}]}
    second = {"HL": [{"HL01": "4", "HL02": "1", "HL03": "O"}], "PRF": [{"PRF01": "PO-B"}]}
    item = {"LIN": [{"LIN02": "UP", "LIN03": "1"}], "SN1": [{"SN102": "4", "SN103": "EA"}]}
    assert decoded("856", body)["HL_loop"] == [
        {**shipment, "parents": {}},
        {**first, "parents": {"S": shipment}},
        {"HL": [{"HL01": "3", "HL02": "2", "HL03": "I"}], **item, "parents": {"S": shipment, "O": first}},
        {**second, "parents": {"S": shipment}},
        {"HL": [{"HL01": "5", "HL02": "4", "HL03": "I"}], **item, "parents": {"S": shipment, "O": second}},
    ]


def test_one_line_for_many_stores_lists_them_in_pairs() -> None:
    body = ["BEG*00*SA*PO-1**20260302", "PO1*1*13*EA**UK*00614141000326", "SDQ*EA*92*0001*5*0042*8", "CTT*1*13"]
    (line,) = decoded("850", body)["PO1_loop"]
    assert line["SDQ"] == [
        {
            "SDQ01": "EA",
            "SDQ02": "92",
            "SDQ03": "0001",
            "SDQ04": "5",
            "SDQ05": "0042",
            "SDQ06": "8",
            "pairs": [{"location": "0001", "quantity": "5"}, {"location": "0042", "quantity": "8"}],
        }
    ]


def test_the_set_decides_not_the_group_code() -> None:
    lying = interchange(transaction_set("944", RECEIPT))
    assert b"GS*SW*" in lying
    assert decode_x12(lying, {})[0]["set"] == "944"


def test_an_interchange_sent_twice_in_one_file_gives_its_documents_twice() -> None:
    once = interchange(transaction_set("945", SHIPMENT))
    documents = decode_x12(once + once, {})
    assert [document["set"] for document in documents] == ["945", "945"]
    assert documents[0] == documents[1]


@pytest.mark.parametrize(
    ("story", "number", "body", "count", "note"),
    [
        ("right", "945", SHIPMENT, 11, None),
        ("right, so that wrong totals are not looked at", "945", (*SHIPMENT[:-1], "W03*999"), 11, None),
        ("zeros before it", "945", SHIPMENT, "0011", None),
        ("the totals agree", "945", SHIPMENT, 19, "SE01 says '19' segments, found 11; the totals agree"),
        ("ST and SE not counted", "846", STOCK, 5, "SE01 says '5' segments, found 7; no totals to compare"),
        ("two short", "846", STOCK, 9, "SE01 says '9' segments, found 7; no totals to compare"),
        ("the lines are counted", "846", (*STOCK, "CTT*1"), 99, "SE01 says '99' segments, found 8; the totals agree"),
        ("no number", "944", RECEIPT, "X", "SE01 says 'X' segments, found 7; the totals agree"),
    ],
)
def test_a_segment_count_is_borne_when(
    story: str, number: str, body: Sequence[str], count: int, note: str | None
) -> None:
    assert decoded(number, body, count).get("notes") == ([f"set {number} 0001: {note}"] if note else None)


@pytest.mark.parametrize(
    ("story", "number", "body", "count", "message"),
    [
        (
            "a line is lost and the total knows",
            "945",
            [*SHIPMENT[:6], "W03*7"],
            11,
            "cut off or altered: set 945 0001: SE01 says '11' segments, found 9; W0301 says '7', found 5 in W12",
        ),
        (
            "a line is lost and the number of lines knows",
            "846",
            [*STOCK, "CTT*2"],
            11,
            "cut off or altered: set 846 0001: SE01 says '11' segments, found 8; CTT01 says '2', found 1 in LIN",
        ),
        (
            "a total that is no number proves nothing",
            "945",
            [*SHIPMENT[:-1], "W03*x"],
            12,
            "cut off or altered: set 945 0001: SE01 says '12' segments, found 11; W0301 says 'x', found 7 in W12",
        ),
        (
            "many are missing and no total tells",
            "846",
            STOCK,
            10,
            "perhaps cut off: set 846 0001: SE01 says '10' segments, found 7, and no total tells that nothing is lost",
        ),
    ],
)
def test_a_set_is_refused_when(story: str, number: str, body: Sequence[str], count: int, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decoded(number, body, count)
    assert (refused.value.reason, refused.value.message) == ("envelope_mismatch", message)


def test_a_sender_who_cannot_count_may_be_believed() -> None:
    assert "notes" not in decoded("846", STOCK, count=10, segment_count="ignore")


@pytest.mark.parametrize(
    ("number", "body", "options", "reason", "message"),
    [
        ("214", ["B10*1"], {}, "unsupported_set", "set '214' has no table of loops, expected one of 846, 850, 852,"),
        ("945", ["W06*F", "W12*CC*1"], {}, "malformed_x12", "segment 5 (W12) opens a loop outside the one around it"),
        ("846", ["QTY*33*1*EA"], {}, "malformed_x12", "segment 4 (QTY) opens a loop outside the one around it"),
        ("856", ["HL*1**S", "HL*2*7*O"], {}, "malformed_x12", "HL '2' names the parent '7' before it comes"),
        ("856", ["HL*1**S", "HL*1**S"], {}, "malformed_x12", "HL '1' comes twice"),
        ("856", ["HL*1*1*S"], {}, "malformed_x12", "HL '1' names the parent '1' before it comes"),
        ("945", ["W06*F*caf\xe9"], {"encoding": "ascii"}, "not_text", "byte 0xc3 at position"),
    ],
)
def test_refused(number: str, body: Sequence[str], options: Mapping[str, Any], reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decoded(number, body, **options)
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)


def test_levels_above_each_other_have_a_limit() -> None:
    chain = ["HL*0**L0", *(f"HL*{n}*{n - 1}*L{n}" for n in range(1, DEPTH_MAX + 1))]
    assert len(decoded("856", chain)["HL_loop"]) == DEPTH_MAX + 1
    with pytest.raises(DecodeError) as refused:
        decoded("856", [*chain, f"HL*{DEPTH_MAX + 1}*{DEPTH_MAX}*X"])
    assert refused.value.reason == "too_deep"


def test_a_mapping_may_bring_the_loops_of_a_set_that_is_new_to_us() -> None:
    document = decoded("830", ["BFR*05", "LIN*1*BP*A", "FST*8*C*W", "FST*9*C*W"], loops={"830": {"LIN": {"FST": None}}})
    assert document["LIN_loop"] == [
        {
            "LIN": [{"LIN01": "1", "LIN02": "BP", "LIN03": "A"}],
            "FST_loop": [
                {"FST": [{"FST01": "8", "FST02": "C", "FST03": "W"}]},
                {"FST": [{"FST01": "9", "FST02": "C", "FST03": "W"}]},
            ],
        }
    ]


def test_an_interchange_without_sets_is_refused_since_every_message_must_end_as_something() -> None:
    with pytest.raises(DecodeError, match="the interchange holds no transaction set") as refused:
        decode_x12(interchange(), {})
    assert refused.value.reason == "unsupported_set"
