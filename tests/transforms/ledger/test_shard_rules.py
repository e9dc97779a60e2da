"""A group of events is entered, decided and published as one, and the clock alone can change what was said."""

import json
from collections import Counter
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.records import AvailabilityRow, ChannelUpdate, ClaimRow, Decision, Discrepancy, OutcomeCount, StockEvent
from tests.builders import (
    cancelled,
    count,
    hour,
    ordered,
    receipt,
    released,
    requested,
    shipment,
)
from tests.ledgers import MASTER, SHARED, a_shard, fold, on_hand
from tests.verdicts import WMS_OWNS
from transforms.ledger.ledger_state import dump_books, load_books
from transforms.ledger.outcome_rules import rejection_of_event
from transforms.ledger.shard_rules import Shard

SETS = [("BOLT", 2), ("NUT", 3)]


def answers(*groups: list[StockEvent], shard: Shard | None = None) -> dict[str, str]:
    """What was decided of each request, by key, after groups of events that arrive one after another."""
    shard = shard or a_shard()
    decisions = [one for group in groups for one in fold(shard, *group).decisions]
    return {one.transaction_key: one.outcome for one in decisions}


@pytest.mark.parametrize(
    ("story", "groups", "expected"),
    [
        ("enough", [[receipt(5, at=1), requested(5, at=2, key="a")]], {"a": "granted"}),
        ("not enough", [[receipt(5, at=1), requested(6, at=2, key="a")]], {"a": "refused"}),
        (
            "what arrived together is decided in order of time",
            [[receipt(5, at=1), requested(4, at=3, key="a"), requested(4, at=2, key="b", order_reference="SO-2")]],
            {"a": "refused", "b": "granted"},
        ),
        (
            "what arrived before is decided before",
            [[receipt(5, at=1), requested(4, at=3, key="a")], [requested(4, at=2, key="b", order_reference="SO-2")]],
            {"a": "granted", "b": "refused"},
        ),
        (
            "an order has taken it",
            [[receipt(5, at=1), ordered(4, at=2), requested(4, at=3, key="a", order_reference="SO-2")]],
            {"a": "refused"},
        ),
        (
            "a cancellation gives it back",
            [
                [receipt(5, at=1), ordered(4, at=2), cancelled(4, at=2.5)],
                [requested(4, at=3, key="a", order_reference="SO-2")],
            ],
            {"a": "granted"},
        ),
        (
            "a release too",
            [
                [receipt(5, at=1), requested(4, at=2, key="a"), released(4, at=2.5)],
                [requested(4, at=3, key="b", order_reference="SO-2")],
            ],
            {"a": "granted", "b": "granted"},
        ),
        (
            "a hold that has ended too",
            [
                [receipt(5, at=1), requested(4, at=2, key="a", expires_at=3)],
                [requested(4, at=4, key="b", order_reference="SO-2")],
            ],
            {"a": "granted", "b": "granted"},
        ),
        (
            "one that has not ended when the other was received does not",
            [
                [receipt(5, at=1), requested(4, at=2, key="a", expires_at=5)],
                [requested(4, at=4, key="b", order_reference="SO-2")],
            ],
            {"a": "granted", "b": "refused"},
        ),
        (
            "all of it in one group",
            [
                [
                    receipt(5, at=1),
                    requested(4, at=2, key="a", expires_at=5),
                    requested(4, at=4, key="b", order_reference="SO-2"),
                    requested(4, at=6, key="c", order_reference="SO-3"),
                ]
            ],
            {"a": "granted", "b": "refused", "c": "granted"},
        ),
        (
            "a channel without a policy",
            [[receipt(5, at=1), requested(1, at=2, key="a", channel="x")]],
            {"a": "refused"},
        ),
        ("the same again", [[receipt(5, at=1), *[requested(3, at=2, key="a")] * 2]], {"a": "granted"}),
    ],
)
def test_what_is_granted(story: str, groups: list[list[StockEvent]], expected: dict[str, str]) -> None:
    assert answers(*groups) == expected


@pytest.mark.parametrize(("nuts", "outcome"), [(6, "granted"), (5, "refused")])
def test_a_kit_is_granted_whole_or_not_at_all(nuts: int, outcome: str) -> None:
    shard = a_shard()
    kit = requested(2, at=2, key="a", item="SET", parts=[("BOLT", 4), ("NUT", 6)])
    seen = fold(shard, receipt(9, at=1), receipt(nuts, at=1, item="NUT"), kit)
    assert [one.outcome for one in seen.decisions] == [outcome]
    wanted = {item: row.open_quantity for (item, _), row in seen.claims().items()}
    assert wanted == ({"BOLT": 4, "NUT": 6} if outcome == "granted" else {"BOLT": 0, "NUT": 0})


def test_a_decision_says_what_was_asked_and_what_was_answered() -> None:
    shard = a_shard()
    seen = fold(shard, receipt(5, at=1), requested(9, at=2, key="a"), requested(2, at=3, key="b"))
    assert seen.decisions == [
        Decision("a", "BOLT", "SO-1", "web", "refused", Decimal(9), Decimal(0), "not_enough_available", "c-a", NOW_A),
        Decision("b", "BOLT", "SO-1", "web", "granted", Decimal(2), Decimal(2), "", "c-b", NOW_B),
    ]


NOW_A, NOW_B = hour(2 + 1 / 60), hour(3 + 1 / 60)


def test_a_group_is_entered_in_order_of_time_however_it_is_packed() -> None:
    events = [receipt(5, at=1), requested(4, at=2, key="a"), requested(4, at=3, key="b", order_reference="SO-2")]
    assert {str(answers(list(order))) for order in permutations(events)} == {"{'a': 'granted', 'b': 'refused'}"}


@pytest.mark.parametrize(
    ("story", "events", "counts"),
    [
        ("posted", [receipt(5, at=1)], {("posted", ""): 1}),
        ("a duplicate", [receipt(5, at=1)] * 3, {("posted", ""): 1, ("duplicate", ""): 2}),
        ("compared", [receipt(5, at=1, source="erp")], {("compared", ""): 1}),
        (
            "a conflict",
            [receipt(5, at=1, key="k"), receipt(6, at=1, key="k", received_at=9)],
            {("posted", ""): 1, ("dead_letter", "conflicting_duplicate"): 1},
        ),
        (
            "a conflict that wins",
            [receipt(5, at=1, key="k", received_at=9), receipt(6, at=2, key="k", received_at=8)],
            {("posted", ""): 1, ("dead_letter", "conflicting_duplicate"): 1},
        ),
        (
            "too old",
            [receipt(5, at=1), receipt(5, at=-900)],
            {("posted", ""): 2},
        ),
    ],
)
def test_each_event_is_counted_once(story: str, events: list[StockEvent], counts: dict[tuple[str, str], int]) -> None:
    seen = fold(a_shard(owners=WMS_OWNS), *events)
    assert seen.outcomes == counts


def test_an_event_that_is_put_out_of_the_books_later_is_counted_again() -> None:
    """As what it is now, in the group that put it out; the sums over all groups then hold each event once."""
    shard = a_shard()
    total = Counter(fold(shard, receipt(5, at=1, key="k", received_at=9)).outcomes)
    group = shard.fold([pack(receipt(6, at=2, key="k", received_at=8, source="desk"))], hour(24))
    assert group.counts == [
        OutcomeCount("desk", "event", "posted", "", 1),
        OutcomeCount("wms", "event", "posted", "", -1),
        OutcomeCount("wms", "event", "dead_letter", "conflicting_duplicate", 1),
    ]
    for one in group.counts:
        total[one.outcome, one.reason] += one.total
    assert total == {("posted", ""): 1, ("dead_letter", "conflicting_duplicate"): 1}


def test_what_is_refused_can_be_read_and_sent_again() -> None:
    shard = a_shard()
    late = receipt(6, at=1, key="k", received_at=9, lot="L1")
    (rejection,) = fold(shard, receipt(5, at=1, key="k"), late).rejections
    assert rejection == rejection_of_event(late, "conflicting_duplicate", rejection.message)
    assert (rejection.outcome, rejection.stage, rejection.format) == ("dead_letter", "ledger", "stock_event")
    assert (rejection.source, rejection.message_id, rejection.transaction_key) == ("wms", "message of k", "k")
    payload = json.loads(rejection.payload)
    assert (payload["quantity"], payload["lot"], payload["occurred_at"]) == ("6", "L1", "2026-03-02T01:00:00+00:00")


def test_what_a_conflict_put_out_is_a_dead_letter_with_its_own_payload() -> None:
    first = receipt(5, at=1, key="k", received_at=9)
    (rejection,) = fold(a_shard(), first, receipt(6, at=2, key="k", received_at=8)).rejections
    assert rejection == rejection_of_event(first, "conflicting_duplicate", rejection.message)


def test_the_end_of_a_hold_is_published_when_the_clock_gets_there() -> None:
    shard = a_shard()
    fold(shard, receipt(5, at=1), requested(4, at=2, expires_at=9), now=3)
    assert shard.due_at() == hour(9)
    assert shard.advance(hour(8)) == []
    records = shard.advance(hour(9))
    assert [(row.open_quantity, row.status) for row in records if isinstance(row, ClaimRow)] == [(0, "closed")]
    told = {row.channel: row.quantity for row in records if isinstance(row, ChannelUpdate)}
    assert told == {"web": 5, "b2b": 5}
    assert shard.advance(hour(9)) == []
    assert shard.due_at() is None


def test_a_hold_that_was_prolonged_ends_later() -> None:
    shard = a_shard()
    fold(shard, receipt(5, at=1), requested(1, at=2, key="a", expires_at=9), now=3)
    fold(shard, requested(1, at=3, key="b", expires_at=12), now=4)
    assert shard.advance(hour(9)) == []
    assert [row.open_quantity for row in shard.advance(hour(12)) if isinstance(row, ClaimRow)] == [0]


def test_reports_are_compared_when_they_have_settled() -> None:
    shard = a_shard(owners=WMS_OWNS)
    fold(shard, shipment(2, at=1, order_reference="SO-1", source="erp"), now=1)
    assert shard.due_at() == hour(2)
    fold(shard, shipment(1, at=1.5, key="more", order_reference="SO-1", source="erp"), now=1.5)
    assert shard.advance(hour(2)) == []
    (row,) = (row for row in shard.advance(hour(2.5)) if isinstance(row, Discrepancy))
    assert (row.expected_quantity, row.reported_quantity) == (0, 3)


def test_a_hold_between_two_requests_of_one_group_ends_for_the_figures_too() -> None:
    """Each request is decided as of its receipt; what is published afterwards is as of now."""
    shard = a_shard()
    events = [requested(3, at=1, key="a", expires_at=5), requested(2, at=2, key="b", order_reference="SO-2")]
    seen = fold(shard, receipt(9, at=0), *events, now=12)
    assert [int(one.granted_quantity) for one in seen.decisions] == [3, 2]
    assert seen.available() == {("BOLT", "web"): 7, ("BOLT", "b2b"): 7, **KITS_WITHOUT_NUTS}


KITS_WITHOUT_NUTS = {(kit, channel): 0 for kit in ("SET", "CRATE") for channel in ("web", "b2b")}


def test_an_earlier_receipt_that_changes_the_last_count_is_published() -> None:
    """The copy is a duplicate, and yet on hand is another: of two counts of one time it now comes first."""
    shard = a_shard()
    fold(shard, count(7, at=5, key="a", received_at=9), count(6, at=5, key="b", received_at=8))
    again = fold(shard, count(7, at=5, key="a", received_at=7, message_id="again"))
    assert again.outcomes == {("duplicate", ""): 1}
    assert again.positions() == {("BOLT", "EAST", "", "sellable"): 6}
    assert again.told()["BOLT", "web"] == 6


def test_figures_of_kits_follow_their_components_at_any_depth() -> None:
    shard = a_shard()
    fold(shard, receipt(20, at=1))
    seen = fold(shard, receipt(20, at=2, item="NUT"))
    assert seen.available() == {
        ("CRATE", "b2b"): 3,
        ("CRATE", "web"): 3,
        ("SET", "b2b"): 6,
        ("SET", "web"): 6,
    }
    row = seen.rows[AvailabilityRow]["SET", "web"]
    assert (row.changed_by, row.version) == ("receipt@2", 2)


def test_a_report_that_is_only_compared_works_out_no_figures() -> None:
    shard = a_shard(owners=WMS_OWNS)

    def published(event: StockEvent) -> set[type[Any]]:
        return {type(row) for row in shard.fold([pack(event)], hour(24)).records}

    assert AvailabilityRow in published(receipt(5, at=1, source="wms"))
    assert published(count(7, at=2, source="erp", key="c")) == {Discrepancy}
    assert published(count(5, at=3, source="erp", key="d")) == set()
    assert AvailabilityRow in published(receipt(1, at=4, source="wms", key="r"))


def test_channels_are_told_only_what_differs_from_the_last() -> None:
    shard = a_shard({**SHARED, "b2b": {**SHARED["b2b"], "cap": 3}})
    assert fold(shard, receipt(5, at=1)).told() == {
        ("BOLT", "web"): 5,
        ("BOLT", "b2b"): 3,
        **KITS_WITHOUT_NUTS,
    }
    seen = fold(shard, shipment(1, at=2))
    assert seen.told() == {("BOLT", "web"): 4}
    assert seen.available()["BOLT", "b2b"] == 3


def test_the_same_books_events_and_clock_give_the_same_records() -> None:
    first = [receipt(9, at=1), requested(4, at=2, key="a", expires_at=9), ordered(3, at=3, order_reference="SO-2")]
    second = [pack(event) for event in (shipment(1, at=4), requested(4, at=5, key="b"), count(5, at=6))]
    shard = a_shard()
    fold(shard, *first, now=8)
    other = Shard(MASTER, shard.policy, load_books(dump_books(shard.books)), owners_of=shard.rules.owners_of)
    assert other.due_at() == shard.due_at()
    assert other.fold(second, hour(12)) == shard.fold(second, hour(12))
    assert dump_books(other.books) == dump_books(shard.books)


def test_a_shard_that_was_read_again_does_not_repeat_what_the_clock_did() -> None:
    shard = a_shard()
    fold(shard, receipt(9, at=1), requested(4, at=2, expires_at=5), now=3)
    shard.advance(hour(6))
    other = Shard(MASTER, shard.policy, load_books(dump_books(shard.books)))
    assert other.advance(hour(7)) == []


def test_nothing_vanishes() -> None:
    shard = a_shard()
    fold(shard, receipt(9, at=1), shipment(2, at=2), count(5, at=3))
    shard.check_conservation()
    assert on_hand(shard.books) == {"": 5}
    shard.books["BOLT"].transfer("supplier", Decimal(1))
    with pytest.raises(AssertionError, match="accounts of BOLT"):
        shard.check_conservation()


def test_an_event_on_an_item_that_nobody_lists_makes_its_rows_and_no_figures() -> None:
    seen = fold(a_shard(), receipt(9, at=1, item="OIL"))
    kinds: dict[Any, int] = {kind.__name__: len(rows) for kind, rows in seen.rows.items() if rows}
    assert kinds == {"PositionRow": 1}
