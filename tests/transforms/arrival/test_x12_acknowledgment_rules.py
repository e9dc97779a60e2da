"""X12 acknowledgment rules: each set is answered with the code of what is wrong with it, and only by its own faults."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.transforms.arrival.edi import RECEIPT, SHIPMENT, interchange, segments, transaction_set
from transforms.arrival.limits import DecodeError
from transforms.arrival.x12_acknowledgment_rules import answer_x12
from transforms.arrival.x12_format import decode_x12

AT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)


def told(payload: bytes, **options: Any) -> list[str]:
    """What the answer says between ST and SE."""
    (answer,) = answer_x12(payload, AT, options)
    lines = answer.payload.decode().split("~\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("ST"))
    end = next(n for n, line in enumerate(lines) if line.startswith("SE"))
    return lines[start + 1 : end]


def joined(*parts: str) -> bytes:
    return "".join(f"{part}~\n" for part in parts).encode()


def test_the_whole_answer_goes_back_to_the_sender() -> None:
    (answer,) = answer_x12(interchange(transaction_set("945", SHIPMENT)), AT, {})
    assert answer.payload.decode().split("~\n") == [
        "ISA*00*          *00*          *ZZ*EXAMPLECO      *ZZ*NORTH          *260302*1405*U*00401*000000981*0*P*>",
        "GS*FA*EXAMPLECO*NORTH*20260302*1405*981*X*004010",
        "ST*997*0001",
        "AK1*SW*981",
        "AK2*945*0001",
        "AK5*A",
        "AK9*A*1*1*1",
        "SE*6*0001",
        "GE*1*981",
        "IEA*1*000000981",
        "",
    ]
    assert (answer.receiver, answer.control_number, answer.accepted, answer.rejected) == ("NORTH", "000000981", 1, 0)


def test_the_answer_is_itself_good_x12_that_is_not_answered_again() -> None:
    (answer,) = answer_x12(interchange(transaction_set("945", SHIPMENT)), AT, {})
    (document,) = decode_x12(answer.payload, {})
    assert (document["set"], document.get("notes")) == ("997", None)
    assert answer_x12(answer.payload, AT, {}) == []


CUT = [*SHIPMENT[:6], SHIPMENT[-1]]


@pytest.mark.parametrize(
    ("story", "sets", "expected"),
    [
        (
            "one good, one of a kind that we do not take",
            [transaction_set("945", SHIPMENT), transaction_set("214", ["B10*1"], "0002")],
            ["AK2*945*0001", "AK5*A", "AK2*214*0002", "AK5*R*1", "AK9*P*2*2*1"],
        ),
        (
            "a wrong count, but the totals agree",
            [transaction_set("945", SHIPMENT, count=40)],
            ["AK2*945*0001", "AK5*E*4", "AK9*E*1*1*1"],
        ),
        ("lines are lost", [transaction_set("945", CUT, count=11)], ["AK2*945*0001", "AK5*R*4", "AK9*R*1*1*0"]),
        (
            "a segment at the wrong place",
            [transaction_set("944", RECEIPT), transaction_set("945", ["W12*CC*1"], "0002")],
            ["AK2*944*0001", "AK5*A", "AK2*945*0002", "AK5*R*5", "AK9*P*2*2*1"],
        ),
        (
            "the trailer is missing",
            [transaction_set("945", SHIPMENT)[:-1], transaction_set("944", RECEIPT, "0002")],
            ["AK2*945*0001", "AK5*R*2", "AK2*944*0002", "AK5*A", "AK9*P*2*2*1"],
        ),
        (
            "control numbers differ",
            [[*transaction_set("945", SHIPMENT)[:-1], "SE*11*0007"]],
            ["AK2*945*0001", "AK5*R*3", "AK9*R*1*1*0"],
        ),
    ],
)
def test_each_set_is_answered_for_itself(story: str, sets: Sequence[Sequence[str]], expected: list[str]) -> None:
    assert told(interchange(*sets)) == ["AK1*SW*981", *expected]


GOOD = segments(transaction_set("945", SHIPMENT))


@pytest.mark.parametrize(
    ("story", "payload", "last"),
    [
        ("the count of sets is wrong", joined(*GOOD[:-2], "GE*7*981", GOOD[-1]), "AK9*E*7*1*1*5"),
        ("the group's numbers differ", joined(*GOOD[:-2], "GE*1*5", GOOD[-1]), "AK9*E*1*1*1*4"),
        ("the group is not closed", joined(*GOOD[:-2], GOOD[-1]), "AK9*E*1*1*1*3"),
    ],
)
def test_a_group_is_answered_with_its_own_faults(story: str, payload: bytes, last: str) -> None:
    assert told(payload)[-1] == last


def test_each_interchange_of_a_file_has_an_answer_and_a_second_sending_the_same() -> None:
    once = interchange(transaction_set("945", SHIPMENT))
    first, second = answer_x12(once + once, AT, {})
    assert first == second


def test_a_sender_who_cannot_count_is_not_told_so_where_we_believe_him() -> None:
    assert told(interchange(transaction_set("846", ["BIA*00"], count=40)), segment_count="ignore")[2] == "AK5*E*4"


def test_what_is_no_interchange_cannot_be_answered() -> None:
    with pytest.raises(DecodeError):
        answer_x12(b"UNB+UNOC", AT, {})
