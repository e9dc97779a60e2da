"""X12 sets: every table can be used: what it names is named as segments are, and what it totals comes in its loops."""

import re

import pytest

from transforms.arrival.x12_sets import SETS, Loops

SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")


def _openers(loops: Loops) -> set[str]:
    return set(loops).union(*(_openers(inside) for inside in loops.values()))


@pytest.mark.parametrize("number", SETS)
def test_a_table_is_consistent(number: str) -> None:
    table = SETS[number]
    openers = _openers(table.loops)
    assert openers
    assert all(SEGMENT_ID.fullmatch(name) for name in openers | table.summary)
    assert not openers & table.summary, "a segment cannot open a loop and close all of them"
    for total in table.totals:
        assert total.segment in openers
        assert total.stated_in in table.summary
        assert (total.states == "sum") == (total.summed_position > 0)


def test_the_sets_that_move_stock_are_known() -> None:
    assert {"846", "850", "852", "856", "860", "867", "940", "943", "944", "945", "947", "997"} <= SETS.keys()
