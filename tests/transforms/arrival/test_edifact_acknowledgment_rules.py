"""EDIFACT acknowledgment rules: each message is answered with the code of what is wrong with it."""

from datetime import UTC, datetime

import pytest

from tests.transforms.arrival.edifact import DESPATCH, STOCK, UNB, interchange, message
from transforms.arrival.edifact_acknowledgment_rules import answer_edifact
from transforms.arrival.edifact_format import decode_edifact

AT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)


def told(payload: bytes) -> list[str]:
    """What the answer says between UNH and UNT."""
    (answer,) = answer_edifact(payload, AT, {})
    return answer.payload.decode().split("'\n")[2:-3]


def test_the_whole_answer_goes_back_to_the_sender() -> None:
    (answer,) = answer_edifact(interchange(message("DESADV", DESPATCH)), AT, {})
    assert answer.payload.decode().split("'\n") == [
        "UNB+UNOC:3+EXAMPLECO:14+NORTH:14+260302:1405+981++CONTRL",
        "UNH+1+CONTRL:D:3:UN",
        "UCI+981+NORTH:14+EXAMPLECO:14+7",
        "UCM+1+DESADV:D:01B:UN+7",
        "UNT+4+1",
        "UNZ+1+981",
        "",
    ]
    assert (answer.receiver, answer.accepted, answer.rejected) == ("NORTH", 1, 0)


def test_the_answer_is_itself_good_edifact_that_is_not_answered_again() -> None:
    (answer,) = answer_edifact(interchange(message("DESADV", DESPATCH)), AT, {})
    (document,) = decode_edifact(answer.payload, {})
    assert (document["type"], document.get("notes")) == ("CONTRL", None)
    assert answer_edifact(answer.payload, AT, {}) == []


UCI = "UCI+981+NORTH:14+EXAMPLECO:14+7"


@pytest.mark.parametrize(
    ("story", "payload", "expected"),
    [
        (
            "one good, one that is not agreed",
            interchange(message("INVRPT", STOCK), message("IFTMIN", ["BGM+1"], "2")),
            [UCI, "UCM+1+INVRPT:D:01B:UN+7", "UCM+2+IFTMIN:D:01B:UN+4+17"],
        ),
        (
            "lines are lost",
            interchange(message("DESADV", [*DESPATCH[:6], "CNT+2:2"], count=11)),
            [UCI, "UCM+1+DESADV:D:01B:UN+4+29"],
        ),
        (
            "references differ",
            interchange([*message("INVRPT", STOCK)[:-1], "UNT+7+9"]),
            [UCI, "UCM+1+INVRPT:D:01B:UN+4+28"],
        ),
        ("no end", interchange(message("INVRPT", STOCK)[:-1]), [UCI, "UCM+1+INVRPT:D:01B:UN+4+29"]),
        (
            "a segment at the wrong place",
            interchange(message("INVRPT", ["QTY+145:1"])),
            [UCI, "UCM+1+INVRPT:D:01B:UN+4+18"],
        ),
        (
            "the end of another interchange",
            interchange(message("INVRPT", STOCK)).replace(b"UNZ+1+981", b"UNZ+1+7"),
            ["UCI+981+NORTH:14+EXAMPLECO:14+4+28", "UCM+1+INVRPT:D:01B:UN+7"],
        ),
    ],
)
def test_each_message_is_answered_for_itself(story: str, payload: bytes, expected: list[str]) -> None:
    assert told(payload) == expected


def test_service_characters_in_names_are_released() -> None:
    payload = interchange(message("INVRPT", STOCK)).replace(UNB.encode(), b"UNB+UNOC:3+N?+O:14+E?'C:14+260302:1315+981")
    assert told(payload)[0] == "UCI+981+N?+O:14+E?'C:14+7"
