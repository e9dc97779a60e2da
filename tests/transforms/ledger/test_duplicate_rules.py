"""Each fact once: repeats are told from contradictions, by receipt, however they come."""

from datetime import timedelta

import pytest

from schemas.records import StockEvent
from tests.builders import receipt
from transforms.ledger import duplicate_rules
from transforms.ledger.duplicate_rules import Seen, seen_of, tell_apart, within_window

FIRST = receipt(5, at=9, key="R-1")
AGAIN = FIRST._replace(message_id="sent again", received_at=FIRST.received_at + timedelta(hours=1))
OTHER = AGAIN._replace(quantity=FIRST.quantity + 1)
ELSEWHERE = FIRST._replace(item="NUT")

Told = tuple[list[StockEvent], list[StockEvent], list[StockEvent]]


@pytest.mark.parametrize(
    ("story", "events", "seen", "expected"),
    [
        ("a new fact passes", [FIRST], [], ([FIRST], [], [])),
        ("the same again is a repeat", [FIRST, AGAIN], [], ([FIRST], [AGAIN], [])),
        ("the first received counts, not the first in the group", [AGAIN, FIRST], [], ([FIRST], [AGAIN], [])),
        ("the same key with other content contradicts", [FIRST, OTHER], [], ([FIRST], [], [OTHER])),
        ("what was seen before is known", [AGAIN], [seen_of(FIRST)], ([], [AGAIN], [])),
        ("a contradiction of what was seen before", [OTHER], [seen_of(FIRST)], ([], [], [OTHER])),
        ("one key names different facts of different items", [FIRST, ELSEWHERE], [], ([FIRST, ELSEWHERE], [], [])),
    ],
)
def test_deliveries_are_told_apart(story: str, events: list[StockEvent], seen: list[Seen], expected: Told) -> None:
    told = tell_apart(events, seen)
    assert (told.new, told.repeated, told.contradicting) == expected
    assert told.remembered == [seen_of(event) for event in told.new]


def test_what_is_older_than_the_window_is_forgotten() -> None:
    marks = [seen_of(receipt(1, at=at, key=f"R{at}")) for at in (1, 5, 9)]
    assert within_window(marks, timedelta(hours=5)) == marks[1:]
    assert within_window([], timedelta(hours=5)) == []


def test_a_shard_never_remembers_more_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicate_rules, "SEEN_MAX", 2)
    marks = [seen_of(receipt(1, at=at, key=f"R{at}")) for at in (1, 5, 9)]
    assert within_window(marks, timedelta(days=5)) == marks[1:]
