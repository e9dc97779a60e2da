"""What is older than the retained history is forgotten, and nobody can tell by the figures."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.encoding import pack
from schemas.records import Discrepancy, StockEvent
from tests.agreement import clock, shard_of
from tests.builders import (
    Builder,
    announced,
    cancelled,
    count,
    hour,
    inbound_cancelled,
    ordered,
    receipt,
    requested,
    shipment,
    transfer_shipped,
)
from tests.days import make_day, perturb
from tests.ledgers import HERE, a_shard, books_after, cell, enter, fold, on_hand, rules
from tests.verdicts import WMS_OWNS
from transforms.ledger.horizon_rules import REMAINDERS_MAX, forget_before_horizon
from transforms.ledger.item_ledger import Place, check_conservation
from transforms.ledger.shard_rules import Shard

DAY = 24
OLD, NOW = -40 * DAY, 0  # with a history of thirty days
SETS = [("BOLT", 2), ("NUT", 3)]


def test_old_entries_go_and_recent_ones_stay() -> None:
    books = books_after([receipt(5, at=OLD, key="old"), receipt(4, at=-30 * DAY, key="at the limit"), receipt(3, NOW)])
    assert forget_before_horizon(books, rules()) == 1
    assert set(books["BOLT"].entries) == {"at the limit", "receipt@0"}
    assert on_hand(books) == {"": 12}
    check_conservation(books)


@pytest.mark.parametrize(
    ("story", "old", "late", "expected"),
    [
        ("movements", [receipt(9, at=OLD), shipment(2, at=OLD + 1)], shipment(1, at=-5), 5),
        ("a count", [receipt(9, at=OLD), count(7, at=OLD + 1), shipment(2, at=OLD + 2)], shipment(1, at=-5), 3),
        ("a count of now", [receipt(9, at=OLD), count(7, at=-4)], shipment(1, at=-5), 6),
        ("a late count", [receipt(9, at=OLD), shipment(1, at=-5)], count(7, at=-6), 5),
        ("a late count after all", [receipt(9, at=OLD), shipment(1, at=-5)], count(7, at=-4), 6),
    ],
)
def test_what_comes_late_finds_the_same_on_hand_as_if_nothing_were_forgotten(
    story: str, old: list[StockEvent], late: StockEvent, expected: int
) -> None:
    remembering = books_after([*old, shipment(1, at=NOW)])
    forgetting = books_after([*old, shipment(1, at=NOW)])
    forget_before_horizon(forgetting, rules())
    for books in (remembering, forgetting):
        enter(books, late)
        assert on_hand(books) == {"": expected}
        check_conservation(books)


def test_the_first_count_after_forgetting_opens_nothing() -> None:
    shard = a_shard()
    fold(shard, receipt(9, at=OLD), receipt(1, at=NOW), now=NOW)
    shard.forget()
    seen = fold(shard, count(8, at=NOW - 1), now=NOW)
    assert seen.discrepancies() == {("BOLT", *HERE, "count", "wms", "count@-1"): (9, 8)}


def test_what_is_gone_cannot_come_in_again() -> None:
    books = books_after([receipt(5, at=OLD, key="old"), receipt(3, at=NOW)])
    forget_before_horizon(books, rules())
    assert [result.reason for result in enter(books, receipt(5, at=OLD, key="old"))] == ["older_than_horizon"]
    assert on_hand(books) == {"": 8}


def test_a_kit_is_remembered_no_longer_than_its_newest_component() -> None:
    """Its old event must not be taken out of books that have folded it away."""
    old_kit = shipment(1, at=OLD, key="kit", item="SET", parts=SETS)
    books = books_after([old_kit, receipt(9, at=NOW), receipt(9, at=OLD + 1, item="NUT")])
    assert forget_before_horizon(books, rules()) == 1
    again = old_kit._replace(quantity=Decimal(2), received_at=old_kit.received_at - timedelta(hours=1))
    assert [result.reason for result in enter(books, again)] == ["older_than_horizon"]
    assert on_hand(books) == {"": 7}
    assert on_hand(books, "NUT") == {"": 6}


def test_an_old_event_on_a_kit_is_too_old_for_its_newest_component() -> None:
    books = books_after([receipt(9, at=NOW)])
    kit = shipment(1, at=OLD, item="SET", parts=SETS)
    assert [result.reason for result in enter(books, kit)] == ["older_than_horizon"]


def test_a_correction_from_before_the_horizon_does_not_win_over_what_is_in_the_books() -> None:
    books = books_after([receipt(5, at=NOW, key="k"), receipt(1, at=NOW)])
    earlier = receipt(7, at=OLD, key="k")
    assert [result.reason for result in enter(books, earlier)] == ["conflicting_duplicate"]
    assert on_hand(books) == {"": 6}


@pytest.mark.parametrize(
    ("story", "events", "remembered"),
    [
        ("an open order", [ordered(2, at=OLD)], True),
        ("an order shipped in full", [ordered(2, at=OLD), shipment(2, at=OLD + 1, order_reference="SO-1")], False),
        ("shipped a short time ago", [ordered(2, at=OLD), shipment(2, at=-1, order_reference="SO-1")], True),
        ("cancelled", [ordered(2, at=OLD), cancelled(2, at=OLD + 1)], False),
        ("a refused request", [requested(2, at=OLD, key="no")], False),
        ("a hold that has ended", [requested(2, at=OLD, key="yes", expires_at=OLD + 9)], False),
        ("a hold that ended after the horizon", [requested(2, at=OLD, key="yes", expires_at=-29 * DAY)], True),
    ],
)
def test_claims_are_forgotten_when_they_are_closed_and_old(
    story: str, events: list[StockEvent], remembered: bool
) -> None:
    by = rules(granted="yes")
    books = books_after([*events, receipt(1, at=NOW)], by)
    forget_before_horizon(books, by)
    assert ("SO-1" in books["BOLT"].claims) is remembered
    assert bool(books["BOLT"].expiring) is (remembered and "hold" in story)


@pytest.mark.parametrize(
    ("story", "events", "remembered"),
    [
        ("still to come", [announced(5, at=OLD)], True),
        ("arrived", [announced(5, at=OLD), receipt(5, at=OLD + 1, order_reference="PO-1")], False),
        ("arrived lately", [announced(5, at=OLD), receipt(5, at=-1, order_reference="PO-1")], True),
    ],
)
def test_inbound_is_forgotten_when_it_has_arrived_and_is_old(
    story: str, events: list[StockEvent], remembered: bool
) -> None:
    books = books_after([*events, receipt(1, at=NOW)])
    forget_before_horizon(books, rules())
    assert ("PO-1" in books["BOLT"].inbound) is remembered


def test_what_the_owner_posted_is_kept_for_the_others_to_be_compared_with() -> None:
    """A transfer has neither claim nor inbound to keep it, and the ERP tells of it an hour later."""
    shard = a_shard(owners=WMS_OWNS)
    fold(shard, transfer_shipped(4, at=1, order_reference="TR-1"), now=1)
    shard.forget()
    late = transfer_shipped(4, at=1, key="erp's", source="erp", order_reference="TR-1")
    assert fold(shard, late, now=9).discrepancies() == {}
    assert shard.books["BOLT"].posted == {("transfer_shipped", "EAST", "TR-1"): 4}


def test_what_nobody_can_report_any_more_is_not_kept() -> None:
    shard = a_shard(owners=WMS_OWNS)
    old = [transfer_shipped(4, at=OLD, order_reference="TR-1")]
    old += [transfer_shipped(5, at=OLD, key="erp's", source="erp", order_reference="TR-1")]
    old += [count(9, at=OLD + 1, key="theirs", source="erp"), count(3, at=OLD + 2), count(2, at=OLD + 3)]
    fold(shard, *old, receipt(1, at=NOW), now=NOW)
    ledger = shard.books["BOLT"]
    assert {identity[5] for identity in ledger.flagged} == {
        "transfer_shipped:TR-1",
        "theirs",
        f"count@{OLD + 2}",
        f"count@{OLD + 3}",
    }
    shard.forget()
    assert ledger.reports == {}
    assert {identity[5] for identity in ledger.flagged} == {"transfer_shipped:TR-1"}
    assert on_hand(shard.books) == {"": 3}


def test_reports_of_others_that_agreed_are_not_kept_nor_what_they_were_compared_with() -> None:
    shard = a_shard(owners=WMS_OWNS)
    old = [transfer_shipped(4, at=OLD, order_reference="TR-1")]
    old += [transfer_shipped(4, at=OLD, key="erp's", source="erp", order_reference="TR-1")]
    fold(shard, *old, receipt(1, at=NOW), now=NOW)
    shard.forget()
    assert (shard.books["BOLT"].posted, shard.books["BOLT"].reported) == ({}, {})


def test_a_report_that_disagreed_long_ago_is_cured_by_one_that_comes_now() -> None:
    """The ERP told of 5 where 4 left. What is missing comes 40 days later: nothing is compared with half of it."""
    shard = a_shard(owners=WMS_OWNS)
    old = [transfer_shipped(4, at=OLD, order_reference="TR-1")]
    old += [transfer_shipped(5, at=OLD, key="erp's", source="erp", order_reference="TR-1")]
    fold(shard, *old, receipt(1, at=NOW), now=NOW)
    shard.forget()
    seen = fold(shard, transfer_shipped(1, at=NOW, key="the fifth", order_reference="TR-1"), now=NOW + 2)
    key = ("BOLT", "EAST", "", "", "not_owner", "erp", "transfer_shipped:TR-1")
    assert seen.discrepancies() == {}
    assert seen.rows[Discrepancy][key][7:9] == (5, 5)


@pytest.mark.parametrize(
    ("story", "old", "late", "still_open"),
    [
        ("cancelled before it was ordered", [cancelled(3, at=OLD)], ordered(5, at=NOW), 2),
        ("more cancelled than ordered", [ordered(2, at=OLD), cancelled(3, at=OLD + 1)], ordered(5, at=NOW), 4),
        ("shipped before it was ordered", [shipment(4, at=OLD, order_reference="SO-1")], ordered(5, at=NOW), 1),
    ],
)
def test_what_an_order_still_owes_is_remembered(
    story: str, old: list[StockEvent], late: StockEvent, still_open: int
) -> None:
    books = books_after([*old, receipt(1, at=NOW)])
    forget_before_horizon(books, rules())
    assert books["BOLT"].entries.keys() == {"receipt@0"}
    enter(books, late)
    assert books["BOLT"].claims["SO-1"].open_at(hour(NOW)) == still_open


@pytest.mark.parametrize("kind", [receipt, inbound_cancelled], ids=["received", "cancelled"])
def test_what_a_supplier_still_owes_is_remembered(kind: Builder) -> None:
    """6 of 4 announced were received, or cancelled: of 5 announced now, 3 are still to come."""
    books = books_after([announced(4, at=OLD), kind(6, at=OLD + 1, order_reference="PO-1"), receipt(1, at=NOW)])
    forget_before_horizon(books, rules())
    enter(books, announced(5, at=NOW, key="again"))
    assert books["BOLT"].inbound["PO-1"].open() == 3


def test_of_what_is_owed_only_the_newest_is_remembered_and_each_in_few_words() -> None:
    far = [cancelled(1, at=OLD + number / 100, order_reference=f"SO-{number}") for number in range(REMAINDERS_MAX + 9)]
    busy = [cancelled(1, at=OLD + 1 + n / 100, key=f"c{n}", channel="web", order_reference="SO-1") for n in range(9)]
    books = books_after([*far, *busy, receipt(1, at=NOW)])
    forget_before_horizon(books, rules())
    claims = books["BOLT"].claims
    kept = {"SO-1", *(f"SO-{number}" for number in range(10, REMAINDERS_MAX + 9))}
    assert claims.keys() == kept
    assert (claims["SO-1"].cancelled, len(claims["SO-1"].names)) == (10, 1)


def test_a_late_hold_of_a_forgotten_claim_wakes_nobody() -> None:
    """The order was shipped and is forgotten; the end of its hold is still on the clock's list."""
    shard = a_shard()
    hold = requested(2, at=OLD, expires_at=5)
    fold(shard, receipt(9, at=OLD - 1), hold, shipment(2, at=OLD + 1, order_reference="SO-1"), now=OLD + 2)
    fold(shard, receipt(1, at=NOW), now=NOW)
    shard.forget()
    assert shard.books["BOLT"].claims == {}
    assert [type(one).__name__ for one in shard.advance(hour(6))] == []


def test_an_item_without_events_of_its_own_has_nothing_to_forget() -> None:
    books = books_after([shipment(1, at=NOW, item="SET", parts=SETS)])
    assert forget_before_horizon(books, rules()) == 0
    assert cell(books, item="NUT").quantity == -3


def test_on_any_day_forgetting_all_the_time_changes_no_position() -> None:
    """With a history of five hours on a day of twelve, much is forgotten and much arrives too late."""
    forgotten = late = 0
    for seed in range(60):
        day = make_day(seed, events=50)
        bundles = perturb(day, seed)
        shards = [shard_of(day), shard_of(day)]
        for shard in shards:
            shard.rules = shard.rules._replace(history=timedelta(hours=5))
        for now, bundle in zip(clock(day, len(bundles), seed), bundles, strict=True):
            for shard in shards:
                fold = shard.fold([pack(event) for event in bundle], now)
                late += sum(count.total for count in fold.counts if count.reason == "older_than_horizon")
            forgotten += forget_before_horizon(shards[0].books, shards[0].rules)
            shards[0].check_conservation()
            assert positions(shards[0]) == positions(shards[1]), f"day {seed}"
    assert forgotten > 500
    assert late > 500


def positions(shard: Shard) -> dict[str, dict[Place, Decimal]]:
    return {
        item: {place: cell.quantity for place, cell in ledger.cells.items() if cell.quantity}
        for item, ledger in shard.books.items()
    }
