"""Holds that give way: only unconfirmed ones, only to a higher class, whole, and no more of them than are needed."""

import pytest

from schemas.records import StockEvent
from tests.builders import allocated, cancelled, expired, ordered, receipt, requested, shipment
from tests.ledgers import MASTER, SHARED, a_shard, fold
from tests.published import Published
from transforms.kits.kit_rules import exploded
from transforms.ledger.hold_rules import hold_on
from transforms.ledger.shard_rules import Shard

GOLD_FIRST = {"priority_classes": ["gold", "standard"]}
CLASSES = {
    "web": {**SHARED["web"], "priority_class": "standard"},
    "b2b": {**SHARED["b2b"], "priority_class": "gold"},
}


def classed(*events: StockEvent, **channels: dict[str, object]) -> Shard:
    shard = a_shard({**CLASSES, **channels}, **GOLD_FIRST)
    fold(shard, *events, now=1)
    return shard


def hold(
    order: str, quantity: int, at: float, channel: str = "web", item: str = "BOLT", **fields: object
) -> StockEvent:
    asked = requested(quantity, at, f"asks {order} {item}", order_reference=order, channel=channel, item=item, **fields)
    return exploded(asked, MASTER.boms)


def answers(seen: Published) -> dict[str, str]:
    return {one.order_reference: one.outcome for one in seen.decisions}


def gone(seen: Published) -> list[tuple[str, str, int]]:
    return [(one.order_reference, one.item, int(one.preempted_quantity)) for one in seen.preemptions]


VIP = hold("VIP", 5, at=5, channel="b2b")


@pytest.mark.parametrize(
    ("story", "before", "outcome", "preempted"),
    [
        ("a hold of a lower class gives way", [hold("A", 5, 2)], "granted", [("A", "BOLT", 5)]),
        ("what is free is taken first", [hold("A", 3, 2)], "granted", [("A", "BOLT", 3)]),
        ("nothing gives way where there is enough", [], "granted", []),
        ("an order backs it", [hold("A", 5, 2), ordered(5, 3, order_reference="A", channel="web")], "refused", []),
        ("it is allocated", [hold("A", 5, 2), allocated(5, 3, order_reference="A")], "refused", []),
        ("some of it was shipped", [hold("A", 5, 2), shipment(1, 3, order_reference="A")], "refused", []),
        ("it has ended by itself", [hold("A", 5, 2, expires_at=4)], "granted", []),
        ("it was cancelled", [hold("A", 5, 2), cancelled(5, 3, order_reference="A")], "granted", []),
        ("it was given back", [hold("A", 5, 2), expired(5, 3, order_reference="A")], "granted", []),
        ("an equal class stays", [hold("A", 5, 2, channel="b2b")], "refused", []),
        (
            "several, until it is enough",
            [hold("A", 1, 2), hold("B", 4, 3)],
            "granted",
            [("A", "BOLT", 1), ("B", "BOLT", 4)],
        ),
    ],
)
def test_what_gives_way_to_a_request_for_five_of_five(
    story: str, before: list[StockEvent], outcome: str, preempted: list[tuple[str, str, int]]
) -> None:
    shard = classed(receipt(5, at=1))
    fold(shard, *before, now=4.5)
    seen = fold(shard, VIP, now=6)
    assert (answers(seen), sorted(gone(seen))) == ({"VIP": outcome}, preempted)
    assert len(seen.decisions) == 1
    for reference, item, _ in preempted:
        row = seen.claims()[item, reference]
        assert (row.status, row.open_quantity) == ("preempted", 0)


def test_a_hold_that_an_order_backs_in_part_stays_whole() -> None:
    """1 of the 5 held is ordered: the other 4 stay too, since the order may grow to what it holds."""
    shard = classed(receipt(5, at=1), hold("A", 5, 2), ordered(1, 3, order_reference="A", channel="web"))
    seen = fold(shard, hold("VIP", 4, at=5, channel="b2b"), now=6)
    assert (answers(seen), gone(seen)) == ({"VIP": "refused"}, [])


def test_no_more_holds_give_way_than_are_needed() -> None:
    """2 free and holds of 1, 3 and 2: for 5 the last two suffice, and of those one alone."""
    shard = classed(receipt(8, at=1), hold("A", 1, 2), hold("B", 3, 3), hold("C", 2, 4))
    seen = fold(shard, VIP, now=6)
    assert (answers(seen), gone(seen)) == ({"VIP": "granted"}, [("B", "BOLT", 3)])


def test_where_all_of_them_are_not_enough_none_gives_way() -> None:
    shard = classed(receipt(4, at=1), hold("A", 2, 2), hold("B", 2, 3))
    seen = fold(shard, VIP, now=6)
    assert (answers(seen), gone(seen)) == ({"VIP": "refused"}, [])
    assert not seen.claims()["BOLT", "VIP"].open_quantity
    assert [claim.hold_at(VIP.received_at) for claim in shard.books["BOLT"].claims.values()] == [2, 2, 0]


def test_a_kit_gives_way_whole() -> None:
    """A SET takes 2 bolts and 3 nuts; who needs its bolts frees its nuts too."""
    shard = classed(receipt(4, at=1), receipt(6, at=1, item="NUT"), hold("A", 2, 2, item="SET"))
    seen = fold(shard, hold("VIP", 1, 5, "b2b"), now=6)
    assert gone(seen) == [("A", "SET", 2)]
    assert {item: row.status for (item, order), row in seen.claims().items() if order == "A"} == dict.fromkeys(
        ("BOLT", "NUT"), "preempted"
    )
    assert (seen.available()["BOLT", "web"], seen.available()["SET", "web"]) == (3, 1)


def test_a_request_for_a_kit_puts_out_holds_on_each_component() -> None:
    shard = classed(receipt(2, at=1), receipt(3, at=1, item="NUT"), hold("A", 1, 2), hold("B", 1, 3, item="NUT"))
    seen = fold(shard, hold("VIP", 1, 5, "b2b", "SET"), now=6)
    assert answers(seen) == {"VIP": "granted"}
    assert sorted(gone(seen)) == [("A", "BOLT", 1), ("B", "NUT", 1)]


def test_the_record_says_for_whom() -> None:
    seen = fold(classed(receipt(5, at=1), hold("A", 5, 2)), VIP, now=6)
    (one,) = seen.preemptions
    assert one[:1] + one[5:9] == ("asks A BOLT", "asks VIP BOLT", "BOLT", "VIP", "b2b")
    assert one.preempted_at == VIP.received_at


def test_without_classes_first_come_is_first_served() -> None:
    shard = a_shard()
    fold(shard, receipt(5, at=1), hold("A", 5, 2), now=3)
    assert answers(fold(shard, VIP, now=6)) == {"VIP": "refused"}


def test_an_order_that_comes_after_its_hold_gave_way_is_recorded_and_the_shortage_shown() -> None:
    shard = classed(receipt(5, at=1), hold("A", 5, 2))
    fold(shard, VIP, now=6)
    seen = fold(shard, ordered(5, 7, order_reference="A", channel="web"), now=8)
    assert seen.claims()["BOLT", "A"].status == "recorded"
    assert seen.alerts("oversell") == {("BOLT", ""): 5}


def test_who_gave_way_may_ask_again() -> None:
    shard = classed(receipt(5, at=1), hold("A", 5, 2))
    fold(shard, VIP, now=6)
    again = hold("A", 3, 8)._replace(transaction_key="asks again")
    seen = fold(shard, receipt(3, at=7), again, now=9)
    assert (answers(seen), seen.claims()["BOLT", "A"].open_quantity) == ({"A": "granted"}, 3)


def test_a_channel_without_a_class_comes_after_all_of_them() -> None:
    shard = classed(receipt(5, at=1), web=SHARED["web"], b2b={**SHARED["b2b"], "priority_class": "standard"})
    fold(shard, hold("A", 5, 2), now=3)
    assert gone(fold(shard, VIP, now=6)) == [("A", "BOLT", 5)]


def test_a_hold_is_all_that_its_order_was_granted_on_what_it_shares() -> None:
    shard = classed(receipt(9, at=1), receipt(9, at=1, item="NUT"), hold("A", 1, 2), hold("A", 1, 3, item="SET"))
    found = hold_on(shard.books, ["NUT"], "A", VIP.received_at)
    assert found is not None
    assert {item: sorted(grants) for item, grants in found.grants.items()} == {
        "BOLT": [("BOLT", "asks A BOLT"), ("SET", "asks A SET")],
        "NUT": [("SET", "asks A SET")],
    }
    assert hold_on(shard.books, ["NUT"], "B", VIP.received_at) is None
