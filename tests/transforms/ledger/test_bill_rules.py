"""An order of a kit goes by the bill that it was placed by, whatever the kit is made of when the rest of it happens."""

from itertools import permutations

import pytest

from schemas.encoding import pack
from schemas.records import StockEvent
from tests.builders import allocated, cancelled, hour, ordered, receipt, released, requested, shipment
from tests.ledgers import contents, fold, on_hand
from tests.published import Published
from tests.schemas.small_company import company
from tests.transforms.offers.offered import B2B, rules
from transforms.kits.kit_rules import exploded
from transforms.ledger.bill_rules import billed, billed_at, goes_by_its_order
from transforms.ledger.ledger_state import dump_books, load_books
from transforms.ledger.shard_rules import Shard

CHANGE = "2026-03-02T10:00:00"
MASTER = company(
    boms=[
        {
            "kit": "GIFT",
            "assembly": "on_demand",
            "effective_to": CHANGE,
            "components": [{"item": "MUG", "quantity": 1}, {"item": "BEANS", "quantity": 2}],
        },
        {
            "kit": "GIFT",
            "assembly": "on_demand",
            "effective_from": CHANGE,
            "components": [{"item": "MUG", "quantity": 3}, {"item": "HAMPER", "quantity": 1}],
        },
    ],
    ownership=[],
)
PARTS = ("MUG", "BEANS", "HAMPER")


def a_shard() -> Shard:
    return Shard(MASTER, rules(MASTER, channels={"web": B2B}).policy)


def gift(event: StockEvent) -> StockEvent:
    return exploded(event._replace(item="GIFT"), MASTER.boms)


def still_open(seen: Published) -> dict[str, int]:
    return {item: int(row.open_quantity) for (item, _), row in seen.claims().items() if row.open_quantity}


ORDER = gift(ordered(2, at=9, channel="web"))  # 2 MUG and 4 BEANS
THERE = [receipt(20, at=1, key=item, item=item) for item in PARTS]


@pytest.mark.parametrize(
    ("story", "later", "expected"),
    [
        ("cancelled", [cancelled(2, at=11)], {}),
        ("cancelled in part", [cancelled(1, at=11)], {"MUG": 1, "BEANS": 2}),
        ("shipped", [shipment(2, at=11, order_reference="SO-1")], {}),
        ("shipped in part", [shipment(1, at=11, order_reference="SO-1")], {"MUG": 1, "BEANS": 2}),
        ("ordered once more", [ordered(1, at=11, key="more")], {"MUG": 3, "BEANS": 6}),
        ("cancelled before the change", [cancelled(1, at=9.5)], {"MUG": 1, "BEANS": 2}),
    ],
)
def test_what_becomes_of_an_order_goes_by_its_own_bill_in_any_order_of_arrival(
    story: str, later: list[StockEvent], expected: dict[str, int]
) -> None:
    for order in permutations([ORDER, *map(gift, later)]):
        shard, seen = a_shard(), Published()
        seen.take(shard.fold([pack(event) for event in THERE], hour(12)))
        for event in order:
            seen.take(shard.fold([pack(event)], hour(12)))
            shard.check_conservation()
        assert still_open(seen) == expected
        assert not seen.went_back


def test_a_shipment_takes_what_the_order_claimed_off_the_shelf() -> None:
    shard = a_shard()
    fold(shard, *THERE, gift(shipment(2, at=11, order_reference="SO-1")))
    assert [on_hand(shard.books, item) for item in PARTS] == [{"": 14}, {"": 20}, {"": 18}]
    seen = fold(shard, ORDER)
    assert [on_hand(shard.books, item) for item in PARTS] == [{"": 18}, {"": 16}, {"": 20}]
    assert seen.positions()["HAMPER", "EAST", "", "sellable"] == 20


def test_an_order_that_takes_a_hold_over_claims_nothing_twice() -> None:
    shard = a_shard()
    seen = fold(shard, *THERE, gift(requested(2, at=9)), gift(ordered(2, at=11, channel="web")))
    assert still_open(seen) == {"MUG": 2, "BEANS": 4}


def test_a_hold_moves_to_the_bill_of_an_order_that_turns_out_to_be_older() -> None:
    shard = a_shard()
    fold(shard, *THERE, gift(requested(2, at=11)))
    assert shard.books["HAMPER"].claims["SO-1"].granted == 2
    seen = fold(shard, gift(ordered(1, at=9, channel="web")))
    assert still_open(seen) == {"MUG": 2, "BEANS": 4}
    assert shard.books["HAMPER"].claims["SO-1"].granted == 0


def test_a_correction_that_takes_the_first_order_out_books_the_rest_again() -> None:
    """The order is said to be of 11 o'clock by a message received before: its cancellation goes by the new bill."""
    shard = a_shard()
    fold(shard, *THERE, ORDER, gift(cancelled(1, at=12)), now=13)
    corrected = gift(ORDER._replace(occurred_at=hour(11), received_at=hour(9), message_id="a"))
    seen = fold(shard, corrected, now=13)
    assert still_open(seen) == {"MUG": 3, "HAMPER": 1}
    assert [one.reason for one in seen.rejections] == ["conflicting_duplicate"]


def test_two_orders_of_one_kit_go_by_a_bill_each() -> None:
    other = ordered(1, at=11, key="other", channel="web", order_reference="SO-2")
    seen = fold(a_shard(), *THERE, ORDER, gift(other), gift(cancelled(2, at=12)))
    assert still_open(seen) == {"MUG": 3, "HAMPER": 1}


def test_without_an_order_an_event_goes_by_its_own_day() -> None:
    shard = a_shard()
    fold(shard, *THERE, gift(shipment(1, at=11)), gift(cancelled(1, at=11, order_reference="SO-9")))
    assert on_hand(shard.books, "HAMPER") == {"": 19}
    assert not goes_by_its_order(shipment(1, at=11, item="GIFT"), MASTER.boms)
    assert not goes_by_its_order(shipment(1, at=11, order_reference="SO-1", item="MUG"), MASTER.boms)


def test_an_order_is_remembered_with_its_bill_as_long_as_it_is_open_and_no_longer() -> None:
    """After 40 days the order itself is forgotten, its claim is not: what is cancelled then is what it claimed."""
    shard = a_shard()
    far = 40 * 24
    fold(shard, *THERE, ORDER, now=12)
    fold(shard, *(receipt(1, at=far, item=item, key=f"{item} now") for item in PARTS), now=far)
    shard.forget()
    assert "SO-1" in shard.books["GIFT"].orders
    assert shard.books["GIFT"].entries == {}
    again = Shard(MASTER, shard.policy, load_books(dump_books(shard.books)))
    assert contents(again.books["GIFT"]) == contents(shard.books["GIFT"])
    seen = fold(again, gift(cancelled(2, at=far)), now=far)
    assert {item: int(row.open_quantity) for (item, _), row in seen.claims().items()} == {"MUG": 0, "BEANS": 0}
    fold(again, *(receipt(1, at=2 * far, item=item, key=f"{item} later") for item in ("GIFT", *PARTS)), now=2 * far)
    again.forget()
    assert again.books["GIFT"].orders == {}


def test_a_request_for_the_rest_of_an_order_is_decided_by_the_bill_of_the_order() -> None:
    """1 hamper is there and 20 of what the first bill takes."""
    shard = a_shard()
    fold(shard, *THERE[:2], ORDER)
    books = shard.books["GIFT"]
    more = gift(requested(2, at=11, key="more"))
    assert billed_at(books, more) == hour(9)
    assert [part.item for part in billed(books, more, MASTER.boms).components] == ["BEANS", "MUG"]
    assert [one.outcome for one in fold(shard, more).decisions] == ["granted"]


def test_what_is_given_back_long_after_is_what_was_held() -> None:
    shard = a_shard()
    seen = fold(shard, *THERE, gift(requested(2, at=9)), gift(allocated(1, at=11)), gift(released(1, at=12)))
    assert still_open(seen) == {"MUG": 1, "BEANS": 2}
    assert shard.books["HAMPER"].claims == {}
