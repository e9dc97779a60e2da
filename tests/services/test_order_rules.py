"""An order is promised whole or not; lines that share a component do not get it twice."""

from decimal import Decimal
from typing import Any

import pytest

from services.order_rules import ComponentAnswer, LineAnswer, OrderLine, base_quantity, check_order
from tests.transforms.offers.offered import MASTER, rules, stock
from transforms.offers.availability_rules import ItemStock

ALL_THERE: dict[str, ItemStock] = {"MUG": stock(10), "BEANS": stock(100, item="BEANS"), "BOX": stock(100, item="BOX")}


def line(item: str, quantity: int | str) -> OrderLine:
    return OrderLine(item, Decimal(quantity))


def check(*lines: OrderLine, stocks: dict[str, ItemStock] = ALL_THERE, **fields: Any) -> Any:
    return check_order("b2b", lines, lambda item: stocks.get(item) or stock(0, item=item), MASTER, rules(**fields))


@pytest.mark.parametrize(
    ("story", "quantities", "promised", "is_promised"),
    [
        ("what is there", [10], [10], True),
        ("one more than is there", [11], [0], False),
        ("two lines of what is there", [4, 6], [4, 6], True),
        ("two lines that each fit and together do not", [6, 6], [6, 0], False),
        ("a third line finds less", [5, 5, 1], [5, 5, 0], False),
    ],
)
def test_lines_of_one_item_are_checked_in_sum(
    story: str, quantities: list[int], promised: list[int], is_promised: bool
) -> None:
    answer = check(*(line("MUG", quantity) for quantity in quantities))
    assert [one.promised_quantity for one in answer.lines] == promised
    assert answer.can_be_promised is is_promised
    assert answer.components == (ComponentAnswer("MUG", Decimal(sum(quantities)), Decimal(10)),)


def test_a_kit_and_its_component_are_checked_in_sum() -> None:
    kit = next(name for name, boms in MASTER.boms.items() if boms[0].components)
    component, each = next((one.item, one.quantity) for one in MASTER.boms[kit][0].components)
    plenty = {part.item: stock(1_000, item=part.item) for part in MASTER.boms[kit][0].components}
    stocks = {**plenty, component: stock(int(each) * 4, item=component)}
    alone = check(line(kit, 3), stocks=stocks)
    both = check(line(kit, 3), line(component, each * 2), stocks=stocks)
    assert (alone.can_be_promised, both.can_be_promised) == (True, False)
    assert both.lines[0] == LineAnswer(line(kit, 3), Decimal(3))
    assert both.lines[1].promised_quantity == 0


def test_a_ring_fenced_pool_is_not_promised_twice_by_one_order() -> None:
    b2b = {"definition": "sellable", "locations": ["EAST"], "pool": {"kind": "fixed", "quantity": 4}}
    answer = check(line("MUG", 4), line("MUG", 4), channels={"b2b": b2b})
    assert not answer.can_be_promised
    assert answer.components == (ComponentAnswer("MUG", Decimal(8), Decimal(4)),)


def test_a_quantity_is_in_the_channel_s_sell_unit_unless_it_says_otherwise() -> None:
    listing = next(one for one in MASTER.listings.values() if one.sell_factor != 1)
    of = (MASTER, listing.item, listing.channel, Decimal(2))
    assert base_quantity(*of, "") == 2 * listing.sell_factor
    assert base_quantity(*of, MASTER.items[listing.item].base_unit) == 2
    assert base_quantity(*of, "furlong") is None
