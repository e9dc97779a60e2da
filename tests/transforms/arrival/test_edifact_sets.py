"""EDIFACT sets: every table can be used: what it names is named as segments are, and what it totals opens a loop."""

import re

import pytest

from transforms.arrival.edifact_sets import MESSAGES
from transforms.arrival.x12_sets import Loops


def _openers(loops: Loops) -> set[str]:
    return set(loops).union(*(_openers(inside) for inside in loops.values()))


@pytest.mark.parametrize("name", MESSAGES)
def test_a_table_is_consistent(name: str) -> None:
    table = MESSAGES[name]
    openers = _openers(table.loops)
    assert openers
    assert all(re.fullmatch(r"[A-Z]{3}", segment) for segment in openers | table.summary)
    assert not openers & table.summary, "a segment cannot open a loop and close all of them"
    assert all(total.segment in openers and total.stated_in in table.summary for total in table.totals)


def test_the_messages_that_move_stock_are_known() -> None:
    assert {"INVRPT", "DESADV", "RECADV", "ORDERS"} <= MESSAGES.keys()
