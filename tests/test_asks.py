"""What users of such systems have asked for in public, each as a day in the books; those that the ledger answers.

 1  two buyers, one unit: exactly one wins        magento/inventory#3072, vendure#3508, woocommerce#44273, medusa#16569
 2  lines that share a component, in sum          medusa#16502
 3  nested kits, never a difference of minima     OCA/stock-logistics-availability#73
 4  a full sync gives nothing back                WooCommerceConnector#41: 80 were published where 51 were true
 5  back-dated movements over a count             erpnext#54295
 8  doubled and misordered webhooks               ShopifySharp#919, ecommerce_integrations PR#425
 9  a buffer for each channel, floor at zero      openlinker#1844
10  events for every cause, for each channel      saleor#19449
11  a sell unit is not a stock unit               woocommerce_fusion PR#257: 52,900 pieces are 52 boxes of 1,000
12  a repair that is itself right                 magento/inventory#2503: it doubled
13  one pool over several storefronts             magento/inventory#2727
14  expired, recalled, held lots are not sold     erpnext#2155
15  dead letters that a person can see and mend, no endless corrective loop

6 and 7 are about what is sent, see the tests of sending. Where each was seen stands beside it.
"""

import json
from decimal import Decimal
from itertools import permutations

import pytest

from schemas.encoding import pack
from schemas.records import ChannelUpdate, StockEvent
from tests.builders import (
    adjustment,
    allocated,
    cancelled,
    count,
    disposition_changed,
    hour,
    ordered,
    receipt,
    requested,
    return_received,
    shipment,
    snapshot,
    transfer_shipped,
)
from tests.ledgers import MASTER, SHARED, a_shard, fold, on_hand
from tests.published import Published
from tests.schemas.small_company import company
from tests.transforms.offers.offered import rules
from tests.verdicts import WMS_OWNS
from transforms.kits.kit_rules import exploded
from transforms.ledger.shard_rules import Shard


def outcomes(seen: Published) -> dict[str, str]:
    return {one.order_reference: one.outcome for one in seen.decisions}


def buyer(order: str, channel: str, at: float = 2, item: str = "BOLT", quantity: int = 1) -> StockEvent:
    event = requested(quantity, at, f"{order} {item}", item=item, channel=channel, order_reference=order)
    return exploded(event, MASTER.boms)


@pytest.mark.parametrize("bundled", [True, False], ids=["together", "one after another"])
@pytest.mark.parametrize("channels", [("web", "web"), ("web", "b2b")], ids=["one shop", "two shops"])
def test_ask_01_of_two_buyers_of_one_unit_exactly_one_wins(channels: tuple[str, str], bundled: bool) -> None:
    first, second = buyer("SO-1", channels[0]), buyer("SO-2", channels[1], at=2.5)
    for order in permutations([first, second, first, second]):  # each delivered twice
        shard = a_shard()
        fold(shard, receipt(1, at=1))
        seen = Published()
        for group in [list(order)] if bundled else [[event] for event in order]:
            seen.take(shard.fold([pack(event) for event in group], hour(3)))
        winner = "SO-1" if bundled else order[0].order_reference
        loser = {"SO-1": "SO-2", "SO-2": "SO-1"}[winner]
        assert outcomes(seen) == {winner: "granted", loser: "refused"}
        assert len(seen.decisions) == 2
        assert {seen.available()["BOLT", channel] for channel in ("web", "b2b")} == {0}


@pytest.mark.parametrize(
    ("story", "lines", "bolts", "answers"),
    [
        ("two kits that share bolts", [("SET", 2), ("CRATE", 1)], 9, ["granted", "granted"]),
        ("one bolt too few for both", [("SET", 2), ("CRATE", 1)], 8, ["granted", "refused"]),
        ("a kit and its own component", [("SET", 2), ("BOLT", 4)], 8, ["granted", "granted"]),
        ("each would fit alone", [("SET", 2), ("BOLT", 5)], 8, ["granted", "refused"]),
        ("one item on two lines", [("BOLT", 5), ("BOLT", 4)], 8, ["granted", "refused"]),
    ],
)
def test_ask_02_lines_of_one_order_that_share_a_component_are_checked_in_sum(
    story: str, lines: list[tuple[str, int]], bolts: int, answers: list[str]
) -> None:
    shard = a_shard()
    fold(shard, receipt(bolts, at=1), receipt(99, at=1, item="NUT"))
    parts = [
        buyer("SO-1", "web", 2 + number / 10, item, quantity)._replace(transaction_key=f"line {number}")
        for number, (item, quantity) in enumerate(lines)
    ]
    seen = fold(shard, *parts)
    assert [one.outcome for one in seen.decisions] == answers


@pytest.mark.parametrize(
    ("story", "bolts", "nuts", "crates", "sets"),
    [
        ("bolts decide", 14, 99, 2, 7),
        ("nuts decide", 99, 17, 2, 5),
        ("enough for the sets of a crate, not for its own bolt", 4, 99, 0, 2),
        ("nothing", 0, 99, 0, 0),
    ],
)
def test_ask_03_nested_kits_come_from_components_never_from_a_difference_of_minima(
    story: str, bolts: int, nuts: int, crates: int, sets: int
) -> None:
    """A crate takes 2 sets and a bolt: 5 bolts and 6 nuts. A set takes 2 bolts and 3 nuts."""
    shard = a_shard()
    seen = fold(shard, receipt(bolts, at=1), receipt(nuts, at=1, item="NUT"))
    assert (seen.available()["CRATE", "web"], seen.available()["SET", "web"]) == (crates, sets)


def test_ask_03_a_sold_kit_leaves_what_its_components_leave() -> None:
    """12 bolts and 15 nuts are 2 crates (10 and 12). One is sold: 7 bolts and 9 nuts are one more, and 3 sets."""
    shard = a_shard()
    fold(shard, receipt(12, at=1), receipt(15, at=1, item="NUT"))
    seen = fold(shard, exploded(ordered(1, at=2, item="CRATE", channel="web"), MASTER.boms))
    assert (seen.available()["CRATE", "web"], seen.available()["SET", "web"]) == (1, 3)
    assert seen.available()["BOLT", "web"] == 7


@pytest.mark.parametrize("kind", [snapshot, count], ids=["a snapshot", "a count"])
def test_ask_04_a_full_sync_does_not_give_back_what_is_sold_and_not_shipped(kind: type) -> None:
    """80 are on the shelf, 29 of them are sold: 51, before and after the warehouse sends its whole stock."""
    shard = a_shard()
    sold = [ordered(20, at=2, channel="web"), ordered(9, at=3, channel="b2b", order_reference="SO-2")]
    assert fold(shard, receipt(80, at=1), *sold).told()["BOLT", "web"] == 51
    seen = fold(shard, kind(80, at=4))
    assert seen.available()["BOLT", "web"] == 51
    assert seen.told() == {}


def test_ask_04_a_sync_taken_before_a_shipment_and_arriving_after_it_counts_nothing_twice() -> None:
    shard = a_shard()
    fold(shard, receipt(80, at=1), ordered(29, at=2, channel="web"), shipment(29, at=6, order_reference="SO-1"))
    seen = fold(shard, snapshot(80, at=5, received_at=9))
    assert on_hand(shard.books) == {"": 51}
    assert seen.available()["BOLT", "web"] == 51
    assert seen.discrepancies() == {}


def test_ask_05_movements_dated_back_over_a_count_end_right_in_any_order() -> None:
    """Received 10, shipped 3, counted 8, shipped 2: 6, and the count found one more than was known."""
    events = [receipt(10, at=1), shipment(3, at=2), count(8, at=3), shipment(2, at=4)]
    for order in permutations(events):
        shard, seen = a_shard(), Published()
        for event in order:
            seen.take(shard.fold([pack(event)], hour(9)))
        assert on_hand(shard.books) == {"": 6}
        assert seen.discrepancies() == {("BOLT", "EAST", "", "sellable", "count", "wms", "count@3"): (7, 8)}
        shard.check_conservation()


WEBHOOKS = [
    ordered(5, at=2, key="created", channel="web"),
    cancelled(2, at=3, key="line cancelled", channel="web"),
    allocated(3, at=4, key="paid and allocated", channel="web"),
    shipment(1, at=5, key="fulfilled in part", channel="web", order_reference="SO-1"),
]


def test_ask_08_webhooks_may_come_twice_and_in_any_order() -> None:
    """5 ordered, 2 cancelled, 3 allocated, 1 shipped: 2 are still wanted, from EAST, and 17 are left to sell."""
    for order in permutations(WEBHOOKS):
        shard, seen = a_shard(), Published()
        fold(shard, receipt(20, at=1))
        for event in [*order, *reversed(order)]:
            again = event._replace(message_id=f"again {event.message_id}")
            seen.take(shard.fold([pack(event), pack(again)], hour(9)))
        row = seen.claims()["BOLT", "SO-1"]
        assert (row.status, row.open_quantity, row.allocated_by_location) == ("allocated", 2, '{"EAST": "2"}')
        assert seen.available()["BOLT", "web"] == 17
        assert seen.outcomes == {("posted", ""): 4, ("duplicate", ""): 12}


def test_ask_08_a_paid_notice_of_a_cancelled_order_sells_nothing() -> None:
    shard = a_shard()
    paid = ordered(5, at=4, key="paid", channel="web")
    seen = fold(shard, receipt(20, at=1), cancelled(5, at=3), paid, paid)
    assert seen.claims()["BOLT", "SO-1"].open_quantity == 0
    assert seen.available()["BOLT", "web"] == 20


@pytest.mark.parametrize(("there", "web", "b2b"), [(20, 17, 20), (4, 1, 4), (3, 0, 3), (2, 0, 2), (0, 0, 0)])
def test_ask_09_a_buffer_is_of_one_channel_and_never_tells_less_than_nothing(there: int, web: int, b2b: int) -> None:
    shard = a_shard({**SHARED, "web": {**SHARED["web"], "buffer": 3}})
    seen = fold(shard, receipt(there, at=1))
    assert (seen.told()["BOLT", "web"], seen.told()["BOLT", "b2b"]) == (web, b2b)


def test_ask_09_a_shortage_is_told_as_zero() -> None:
    shard = a_shard({**SHARED, "web": {**SHARED["web"], "buffer": 3}})
    seen = fold(shard, receipt(2, at=1), ordered(9, at=2, channel="b2b"))
    assert (seen.told()["BOLT", "web"], seen.told()["BOLT", "b2b"]) == (0, 0)
    assert seen.alerts("oversell") == {("BOLT", ""): 7}


CAUSES = [
    ("a receipt", [receipt(1, at=5)], 9),
    ("a shipment of no order", [shipment(1, at=5)], 7),
    ("an adjustment", [adjustment(-2, at=5)], 6),
    ("a count", [count(3, at=5)], 1),
    ("stock put on hold", [disposition_changed(3, at=5, to_disposition="quality_hold")], 5),
    ("a transfer out", [transfer_shipped(3, at=5)], 5),
    ("a return found fit", [return_received(1, at=5, disposition="sellable")], 9),
    ("an order", [ordered(4, at=5, order_reference="SO-9", channel="b2b")], 4),
    ("a request", [requested(4, at=5, order_reference="SO-9", channel="b2b")], 4),
    ("a cancellation", [cancelled(2, at=5)], 10),
]


@pytest.mark.parametrize(("cause", "events", "left"), CAUSES, ids=[cause for cause, *_ in CAUSES])
def test_ask_10_whatever_changes_a_figure_every_channel_is_told_and_by_what(
    cause: str, events: list[StockEvent], left: int
) -> None:
    """Asked for: an event for every cause, for each channel, not only where stock was edited by hand."""
    shard = a_shard()
    fold(shard, receipt(10, at=1), ordered(2, at=2, channel="web"))
    seen = fold(shard, *events, now=6)
    updates = {key[1]: one for key, one in seen.rows[ChannelUpdate].items() if key[0] == "BOLT"}
    assert {channel: (one.previous_quantity, one.quantity) for channel, one in updates.items()} == {
        "web": (8, left),
        "b2b": (8, left),
    }
    assert {one.changed_by for one in updates.values()} == {events[-1].transaction_key}


def test_ask_10_a_hold_that_ends_by_itself_is_told_too() -> None:
    """Nothing happened but the time, and still both channels hear of it."""
    shard = a_shard()
    fold(shard, receipt(10, at=1), requested(4, at=2, expires_at=8), now=3)
    seen = Published()
    seen.take_records(shard.advance(hour(8)))
    assert {key: quantity for key, quantity in seen.told().items() if key[0] == "BOLT"} == {
        ("BOLT", "web"): 10,
        ("BOLT", "b2b"): 10,
    }


@pytest.mark.parametrize(("pieces", "boxes"), [("52900", 52), ("52999.999", 52), ("53000", 53), ("999", 0), ("0", 0)])
def test_ask_11_a_sell_unit_is_not_a_stock_unit(pieces: str, boxes: int) -> None:
    boxed = company(
        items=[{"item": "BOLT", "base_unit": "each", "divisible": "yes"}],
        item_units=[{"item": "BOLT", "unit": "box", "factor": "1000"}],
        listings=[{"channel": "web", "listing": "W-BOLT", "item": "BOLT", "sell_unit": "box"}],
        boms=(),
        lots=[],
        item_codes=[],
        unit_codes=[],
        ownership=[],
    )
    shard = Shard(boxed, rules(boxed, channels=SHARED).policy)
    assert fold(shard, receipt(pieces, at=1)).told() == {("BOLT", "web"): boxes}


def test_ask_12_a_report_of_a_source_that_does_not_own_the_stock_repairs_nothing() -> None:
    """It is shown beside what the owner says; a repair that adds it up again would double it."""
    shard = a_shard(owners=WMS_OWNS)
    seen = fold(shard, receipt(80, at=1), *[snapshot(75, at=2, key="erp's", source="erp")] * 2)
    assert on_hand(shard.books) == {"": 80}
    assert seen.told()["BOLT", "web"] == 80
    expected = {("BOLT", "EAST", "", "sellable", "not_owner", "erp", "erp's"): (Decimal(80), Decimal(75))}
    assert seen.discrepancies() == expected


def test_ask_12_a_correction_counts_once_and_what_explains_it_later_is_not_added_to_it() -> None:
    """The books say 80, the ERP 85, which is believed; the receipt of 5 that was missing comes after the repair."""
    shard = a_shard(owners={("EAST", "on_hand"): frozenset({"wms", "reconcile"})})
    seen = fold(shard, receipt(80, at=1), snapshot(85, at=2, key="erp's", source="erp"))
    drift = ("BOLT", "EAST", "", "sellable", "not_owner", "erp", "erp's")
    assert seen.discrepancies() == {drift: (Decimal(80), Decimal(85))}
    repair = count(85, at=2, key="repair", source="reconcile", received_at=5)
    late = receipt(5, at=1.5, key="late", received_at=6)
    for event in (repair, repair, late, repair):
        seen.take(shard.fold([pack(event)], hour(24)))
        assert on_hand(shard.books) == {"": 85}
        assert drift not in seen.discrepancies()


def test_ask_13_one_pool_over_several_storefronts_stays_one_pool() -> None:
    """Whoever sells, all are told what is left; and what is left is granted once, not once in each shop."""
    shops = dict.fromkeys(("web", "b2b"), SHARED["web"])
    shard = a_shard(shops)
    told = [fold(shard, receipt(10, at=1)).told()]
    told.append(fold(shard, ordered(4, at=2, channel="web")).told())
    told.append(fold(shard, ordered(1, at=3, channel="b2b", order_reference="SO-2")).told())
    bolts = [{channel: quantity for (item, channel), quantity in one.items() if item == "BOLT"} for one in told]
    assert bolts == [{"web": 10, "b2b": 10}, {"web": 6, "b2b": 6}, {"web": 5, "b2b": 5}]
    seen = fold(shard, buyer("SO-3", "web", 4, quantity=5), buyer("SO-4", "b2b", 5, quantity=5))
    assert outcomes(seen) == {"SO-3": "granted", "SO-4": "refused"}
    assert {seen.available()["BOLT", name] for name in shops} == {0}


@pytest.mark.parametrize(("lot", "sold"), [("NEW", 9), ("OLD", 0), ("HELD", 0), ("BACK", 0), ("NOBODY KNOWS IT", 9)])
def test_ask_14_expired_held_and_recalled_lots_are_not_sold(lot: str, sold: int) -> None:
    shard = a_shard()
    seen = fold(shard, receipt(9, at=1, item="MILK", lot=lot), buyer("SO-1", "web", item="MILK"), now=12)
    assert outcomes(seen) == {"SO-1": "granted" if sold else "refused"}
    assert seen.told()["MILK", "web"] == max(0, sold - 1)
    assert on_hand(shard.books, "MILK") == {lot: 9}


def test_ask_14_a_lot_that_expires_overnight_is_told_at_midnight_without_any_event() -> None:
    shard = a_shard()
    fold(shard, receipt(9, at=1, item="MILK", lot="NEW"), now=12)
    assert shard.due_at() == hour(24 * 60)  # the first of May
    seen = Published()
    seen.take_records(shard.advance(hour(24 * 60)))
    assert seen.told() == {("MILK", "web"): 0, ("MILK", "b2b"): 0}


@pytest.mark.parametrize("disposition", ["quality_hold", "quarantine", "damaged", "returns_hold"])
def test_ask_14_stock_on_hold_is_not_sold_until_somebody_releases_it(disposition: str) -> None:
    shard = a_shard()
    seen = fold(shard, receipt(9, at=1, disposition=disposition), buyer("SO-1", "web"))
    assert (outcomes(seen), seen.told()["BOLT", "web"]) == ({"SO-1": "refused"}, 0)
    released = disposition_changed(4, at=5, disposition=disposition, to_disposition="sellable")
    assert fold(shard, released).told() == {("BOLT", "web"): 4, ("BOLT", "b2b"): 4}


def test_ask_14_a_return_is_not_sold_before_it_was_looked_at() -> None:
    shard = a_shard()
    seen = fold(shard, receipt(1, at=1), shipment(1, at=2), return_received(1, at=3))
    assert seen.told()["BOLT", "web"] == 0
    fit = disposition_changed(1, at=4, disposition="returns_hold", to_disposition="sellable")
    assert fold(shard, fit).told()["BOLT", "web"] == 1


def test_ask_15_what_was_refused_names_the_value_and_can_be_sent_again_mended() -> None:
    """Asked for: dead letters that a person can see, mend and replay. The mended one has a key of its own."""
    shard = a_shard()
    wrong = receipt(12, at=2, key="R-1", received_at=9)
    seen = fold(shard, receipt(10, at=1, key="R-1"), wrong)
    (letter,) = seen.rejections
    assert (letter.reason, letter.transaction_key) == ("conflicting_duplicate", "R-1")
    assert "quantity 12 (kept: 10)" in letter.message
    assert json.loads(letter.payload)["quantity"] == "12"
    mended = wrong._replace(transaction_key="R-1 corrected", quantity=Decimal(2))
    assert fold(shard, mended).told()["BOLT", "web"] == 12


def test_ask_15_a_replay_of_everything_is_no_loop() -> None:
    """A replay that comes again and again posts nothing twice, refuses the same, and tells no channel anything."""
    shard = a_shard()
    day = [receipt(10, at=1), ordered(4, at=2, channel="web"), receipt(9, at=3, key="receipt@1", received_at=9)]
    first = fold(shard, *day)
    assert first.told()["BOLT", "web"] == 6
    for _ in range(3):
        again = fold(shard, *day)
        assert again.told() == {}
        assert again.outcomes == {("duplicate", ""): 2, ("dead_letter", "conflicting_duplicate"): 1}
        assert [one.transaction_key for one in again.rejections] == ["receipt@1"]
