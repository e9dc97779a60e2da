"""What a channel holds back of a kit, or of its components, is neither told nor granted."""

from decimal import Decimal

import pytest

from tests.builders import requested
from tests.schemas.small_company import GIFT, company
from tests.transforms.offers.offered import B2B, EAST, rules, stock
from transforms.kits.kit_rules import exploded
from transforms.offers.offer_rules import granted, offers_for

MASTER = company([GIFT], ownership=[])  # a GIFT takes 1 MUG and 0.5 kg of BEANS
THERE = {"MUG": stock(9), "BEANS": stock({EAST: 99}, item="BEANS")}


@pytest.mark.parametrize(
    ("story", "item", "held_back", "most"),
    [
        ("an item of which some is held back", "MUG", "MUG", 7),
        ("a kit of which some is held back", "GIFT", "GIFT", 7),
        ("a kit whose component is held back", "GIFT", "MUG", 7),
        ("a component of a kit that is held back", "MUG", "GIFT", 9),
        ("some of every item is held back: of a kit it comes off the components, once", "GIFT", "", 7),
        ("some of every item is held back", "MUG", "", 7),
    ],
)
def test_no_more_is_granted_than_is_told(story: str, item: str, held_back: str, most: int) -> None:
    by = rules(MASTER, channels={"web": B2B}, safety_stock=[{"quantity": 2, "item": held_back, "channel": "web"}])
    told = {one.channel: one.figure.quantity for one in offers_for(item, THERE.__getitem__, MASTER, by)}
    assert told == {"web": most}

    def answer(quantity: int) -> Decimal:
        request = exploded(requested(quantity, at=9, item=item), MASTER.boms)
        return granted(request, THERE.__getitem__, MASTER, by)

    assert [answer(most), answer(most + 1)] == [Decimal(most), Decimal(0)]
