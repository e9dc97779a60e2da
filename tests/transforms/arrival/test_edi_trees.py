"""EDI trees: segments find their loop, and a wrong count is borne only where nothing can be lost."""

from typing import Any, NamedTuple

import pytest

from transforms.arrival.edi_trees import Count, count_notes, grow
from transforms.arrival.limits import DecodeError


class Named(NamedTuple):
    id: str
    number: int


def grown(names: str) -> tuple[dict[str, Any], Any]:
    document: dict[str, Any] = {}
    body = [Named(name, number) for number, name in enumerate(names.split(), start=1)]
    return document, grow(document, body, {"L": {"Q": None}}, {"T"}, lambda segment: segment.number)  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("story", "names", "expected"),
    [
        ("before the first loop", "H L", {"H": [1], "L_loop": [{"L": [2]}]}),
        ("inside the innermost loop", "L Q D", {"L_loop": [{"L": [1], "Q_loop": [{"Q": [2], "D": [3]}]}]}),
        ("a new line closes the old", "L Q L", {"L_loop": [{"L": [1], "Q_loop": [{"Q": [2]}]}, {"L": [3]}]}),
        ("the summary closes all", "L Q T D", {"L_loop": [{"L": [1], "Q_loop": [{"Q": [2]}]}], "T": [3], "D": [4]}),
    ],
)
def test_a_segment_hangs(story: str, names: str, expected: dict[str, Any]) -> None:
    assert grown(names) == (expected, None)


def test_a_segment_that_opens_a_loop_nowhere_is_returned() -> None:
    assert grown("H Q")[1] == Named("Q", 2)


@pytest.mark.parametrize(
    ("story", "stated", "totals", "notes"),
    [
        ("right", "7", [(False, "not looked at")], []),
        ("the totals agree", "9", [(True, "")], ["set 1: SE01 says '9' segments, found 7; the totals agree"]),
        ("two short", "9", [], ["set 1: SE01 says '9' segments, found 7; no totals to compare"]),
        ("more than were sent", "2", [], ["set 1: SE01 says '2' segments, found 7; no totals to compare"]),
    ],
)
def test_a_count_is_borne(story: str, stated: str, totals: list[tuple[bool, str]], notes: list[str]) -> None:
    assert count_notes(Count("set 1", "SE01", stated, 7, totals)) == notes


@pytest.mark.parametrize(("stated", "totals"), [("10", []), ("9", [(True, ""), (False, "T01 says '2', found 1")])])
def test_a_count_is_not_borne(stated: str, totals: list[tuple[bool, str]]) -> None:
    with pytest.raises(DecodeError) as refused:
        count_notes(Count("set 1", "SE01", stated, 7, totals))
    assert refused.value.reason == "envelope_mismatch"
