"""On hand at one place is what a person would work out from its movements and counts, whatever came first."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import hour
from transforms.ledger.position_rules import Cell, Count, Move

Entry = Move | Count


def move(quantity: float | str, at: float, *, source: str = "wms", sequence: int | None = None) -> Move:
    return Move(hour(at), Decimal(str(quantity)), source, sequence)


def count(quantity: float, at: float, key: str = "", *, received_at: float | None = None, **fields: Any) -> Count:
    defaults = {"source": "wms", "sequence": None, "kind": "count", "key": key or f"count@{at}"}
    received = hour(at if received_at is None else received_at)
    return Count(occurred_at=hour(at), quantity=Decimal(quantity), received_at=received, **(defaults | fields))


def cell_after(*entries: Entry) -> Cell:
    cell = Cell()
    for entry in entries:
        enter(cell, entry)
    return cell


def enter(cell: Cell, entry: Entry) -> None:
    if isinstance(entry, Move):
        cell.add_move(entry)
    else:
        list(cell.add_count(entry))


def copy_of(entry: Entry) -> Entry:
    """Counts carry their difference, so each order of arrival needs its own."""
    if isinstance(entry, Move):
        return entry
    fields = ("occurred_at", "quantity", "source", "sequence", "received_at", "key", "kind")
    return Count(**{name: getattr(entry, name) for name in fields})


def figures(cell: Cell) -> tuple[int, dict[str, int]]:
    """On hand, and the difference that each count made."""
    return int(cell.quantity), {one.key: int(one.difference) for one in cell.counts}


STORIES: list[tuple[str, list[Entry], int, dict[str, int]]] = [
    ("nothing happened", [], 0, {}),
    ("goods come and go", [move(9, at=1), move(-4, at=2)], 5, {}),
    ("less than nothing is said, not hidden", [move(-4, at=2)], -4, {}),
    ("a count alone", [count(8, at=3)], 8, {"count@3": 8}),
    ("a count that is right", [move(8, at=1), count(8, at=3)], 8, {"count@3": 0}),
    ("a count that is not", [move(10, at=1), count(8, at=3)], 8, {"count@3": -2}),
    ("a movement after the count", [move(10, at=1), count(8, at=3), move(-1, at=4)], 7, {"count@3": -2}),
    ("a movement at its time is included", [count(8, at=3), move(-1, at=3)], 8, {"count@3": 9}),
    (
        "the example of the module",
        [move(10, at=9), count(8, at=12), move(-3, at=11), move(-1, at=13)],
        7,
        {"count@12": 1},
    ),
    (
        "each count answers for its own stretch",
        [move(5, at=1), count(4, at=2), move(3, at=3), count(9, at=4), move(1, at=5)],
        10,
        {"count@2": -1, "count@4": 2},
    ),
    (
        "of one source, a later sequence at the same time comes after",
        [count(8, at=3, sequence=5), move(-1, at=3, sequence=6)],
        7,
        {"count@3": 8},
    ),
    (
        "an equal sequence does not",
        [count(8, at=3, sequence=5), move(-1, at=3, sequence=5)],
        8,
        {"count@3": 9},
    ),
    (
        "another source's sequence says nothing",
        [count(8, at=3, sequence=5), move(-1, at=3, sequence=6, source="desk")],
        8,
        {"count@3": 9},
    ),
    (
        "of two counts at one time the sequence decides which is the last",
        [count(8, at=3, key="a", sequence=2), count(6, at=3, key="b", sequence=1)],
        8,
        {"b": 6, "a": 2},
    ),
    (
        "without a sequence the receipt does",
        [count(8, at=3, key="a", received_at=9), count(6, at=3, key="b", received_at=8)],
        8,
        {"b": 6, "a": 2},
    ),
    (
        "a count without a sequence includes what a later one of that time does not",
        [move(7, at=3, sequence=9), count(1, at=3, key="a"), count(2, at=3, key="b", sequence=5), count(4, at=4)],
        4,
        {"a": -6, "b": 1, "count@4": 2},
    ),
    (
        "what no count of that time includes belongs to the next",
        [move(7, at=3, sequence=9), count(2, at=3, sequence=5), count(4, at=4)],
        4,
        {"count@3": 2, "count@4": -5},
    ),
]


@pytest.mark.parametrize(("story", "entries", "on_hand", "differences"), STORIES)
def test_on_hand_after(story: str, entries: list[Entry], on_hand: int, differences: dict[str, int]) -> None:
    for order in permutations(entries):
        cell = cell_after(*map(copy_of, order))
        assert figures(cell) == (on_hand, differences), [getattr(one, "key", one) for one in order]


@pytest.mark.parametrize(("story", "entries", "on_hand", "differences"), STORIES)
def test_working_it_all_out_again_changes_nothing(
    story: str, entries: list[Entry], on_hand: int, differences: dict[str, int]
) -> None:
    cell = cell_after(*map(copy_of, entries))
    cell.recount()
    assert figures(cell) == (on_hand, differences)


def test_a_movement_says_whose_difference_it_changed() -> None:
    cell = cell_after(count(8, at=3), count(9, at=6))
    changed = [cell.add_move(move(1, at=at)) for at in (2, 3, 5, 7)]
    assert [one.key if one else None for one in changed] == ["count@3", "count@3", "count@6", None]


def test_a_count_says_whose_difference_it_changed() -> None:
    cell = cell_after(count(8, at=3), count(9, at=6))
    assert [one.key for one in cell.add_count(count(5, at=1))] == ["count@1", "count@3"]
    assert [one.key for one in cell.add_count(count(5, at=9))] == ["count@9"]
    assert [one.key for one in cell.add_count(count(4, at=9, key="again", received_at=10))] == [
        "count@1",
        "count@3",
        "count@6",
        "count@9",
        "again",
    ]


@pytest.mark.parametrize(
    ("story", "gone", "on_hand", "differences"),
    [
        ("the last count", "count@6", 7, {"count@3": 8}),
        ("the first count", "count@3", 9, {"count@6": 10}),
        ("one that is not there", "other", 9, {"count@3": 8, "count@6": 2}),
    ],
)
def test_a_count_is_taken_out(story: str, gone: str, on_hand: int, differences: dict[str, int]) -> None:
    cell = cell_after(count(8, at=3), move(-1, at=5), count(9, at=6))
    cell.remove_count(gone)
    assert figures(cell) == (on_hand, differences)


def test_of_two_equal_movements_one_is_taken_out() -> None:
    cell = cell_after(move(2, at=5), move(2, at=5), move(1, at=5), count(9, at=4))
    cell.remove_move(move(2, at=5))
    assert figures(cell) == (12, {"count@4": 9})
    assert sorted(int(one.quantity) for one in cell.moves) == [1, 2]


@pytest.mark.parametrize(
    ("at", "on_hand"), [(0, 0), (1, 10), (2, 10), (3, 8), (4, 8), (5, 7), (6, 9), (7, 9), (8, 4), (99, 4)]
)
def test_on_hand_at_any_moment_of_the_past(at: float, on_hand: int) -> None:
    cell = cell_after(move(10, at=1), count(8, at=3), move(-1, at=5), count(9, at=6), move(-5, at=8))
    assert cell.quantity_as_of(hour(at)) == on_hand


def test_what_no_count_of_a_moment_includes_is_on_hand_then() -> None:
    cell = cell_after(count(8, at=3, sequence=5), move(-1, at=3, sequence=6), move(-2, at=3, sequence=4))
    assert cell.quantity_as_of(hour(3)) == 7


@pytest.mark.parametrize(
    ("story", "entries", "is_opening"),
    [
        ("nothing came before", [count(8, at=3), move(1, at=4)], True),
        ("a movement came before", [count(8, at=3), move(1, at=2)], False),
        ("a movement at its time", [count(8, at=3), move(1, at=3)], False),
        ("one that its sequence puts after it", [count(8, at=3, sequence=1), move(1, at=3, sequence=2)], True),
        (
            "and then one that it includes",
            [count(8, at=3, sequence=1), move(1, at=3, sequence=2), move(1, at=3)],
            False,
        ),
    ],
)
def test_the_first_count_is_an_opening_if_nothing_was_expected(
    story: str, entries: list[Entry], is_opening: bool
) -> None:
    cell = cell_after(*entries)
    assert cell.is_opening(cell.counts[0]) is is_opening


def test_the_second_count_opens_nothing() -> None:
    cell = cell_after(count(8, at=3), count(9, at=4))
    assert [cell.is_opening(one) for one in cell.counts] == [True, False]


def test_folding_history_away_leaves_on_hand_and_the_sum_of_differences() -> None:
    cell = cell_after(move(10, at=1), count(8, at=3), move(-1, at=5), count(9, at=6), move(-5, at=8))
    cell.forget_before(hour(5.5))
    assert (cell.opening, cell.has_opening, cell.folded_differences) == (7, True, -2)
    assert figures(cell) == (4, {"count@6": 2})
    assert cell.differences() == 0
    cell.forget_before(hour(5.5))
    assert cell.folded_differences == -2
    assert not cell.is_opening(cell.counts[0])


moves = st.builds(
    move,
    st.integers(-9, 9),
    st.integers(0, 5),
    source=st.sampled_from(["wms", "desk"]),
    sequence=st.sampled_from([None, 1, 2, 3]),
)
counts = st.builds(
    count,
    st.integers(0, 9),
    st.integers(0, 5),
    received_at=st.integers(5, 7),
    source=st.sampled_from(["wms", "desk"]),
    sequence=st.sampled_from([None, 1, 2]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Movements, some of them equal, and counts, each with a key of its own."""
    entries = draw(st.lists(st.one_of(moves, counts), max_size=12))
    for number, entry in enumerate(entries):
        if isinstance(entry, Count):
            entry.key = f"count {number}"
    return entries


@given(histories(), st.data())
def test_any_order_and_any_detour_ends_in_the_same_figures(entries: list[Entry], data: st.DataObject) -> None:
    """Entered as they come, or with some taken out and entered once more."""
    plain = cell_after(*map(copy_of, entries))
    cell = Cell()
    for entry in data.draw(st.permutations(entries)):
        enter(cell, copy_of(entry))
        if data.draw(st.booleans()):
            cell.remove_move(entry) if isinstance(entry, Move) else cell.remove_count(entry.key)
            enter(cell, copy_of(entry))
    assert figures(cell) == figures(plain)
    assert cell.differences() + sum((one.quantity for one in cell.moves), Decimal(0)) == cell.quantity
    plain.recount()
    assert figures(cell) == figures(plain)


@given(histories(), st.integers(0, 6))
def test_forgetting_never_changes_a_figure(entries: list[Entry], cut: int) -> None:
    cell = cell_after(*map(copy_of, entries))
    on_hand, differences, then = cell.quantity, cell.differences(), cell.quantity_as_of(hour(9))
    cell.forget_before(hour(cut))
    assert (cell.quantity, cell.differences(), cell.quantity_as_of(hour(9))) == (on_hand, differences, then)
    cell.recount()
    assert cell.quantity == on_hand
