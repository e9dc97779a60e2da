"""A shipment that nobody confirmed in time is an alert, raised and cured by the clock and by what is told."""

from itertools import permutations

import pytest

from schemas.encoding import pack
from schemas.records import Alert, StockEvent
from tests.builders import allocated, cancelled, hour, ordered, receipt, shipment
from tests.ledgers import a_shard, fold
from tests.published import Published
from transforms.ledger.confirmation_rules import due_at
from transforms.ledger.ledger_state import dump_books, load_books
from transforms.ledger.shard_rules import Shard

HOURS = {"limits": {"confirmation_hours": {"EAST": 4}}}
ORDER = [receipt(9, at=1), ordered(5, at=7, channel="web"), allocated(5, at=8)]


def late(seen: Published) -> dict[tuple[str, str], int]:
    return {key: int(quantity) for key, quantity in seen.alerts("late_confirmation").items()}


def at(shard: Shard, when: float) -> Published:
    seen = Published()
    seen.take_records(shard.advance(hour(when)))
    return seen


def test_the_clock_raises_the_alert_and_the_shipment_cures_it() -> None:
    shard = a_shard(**HOURS)
    assert late(fold(shard, *ORDER, now=9)) == {}
    assert shard.due_at() == hour(12)
    raised = at(shard, 12)
    assert late(raised) == {("BOLT", "EAST"): 5}
    (alert,) = raised.rows[Alert].values()
    assert alert.message == "EAST has not confirmed 5 of BOLT in time: ask if they left"
    assert late(fold(shard, shipment(2, at=12, order_reference="SO-1"), now=13)) == {("BOLT", "EAST"): 3}
    cured = fold(shard, shipment(3, at=13, order_reference="SO-1"), now=14)
    assert [(one.kind, one.quantity) for one in cured.rows[Alert].values()] == [("late_confirmation", 0)]


@pytest.mark.parametrize(
    ("story", "events", "when", "expected"),
    [
        ("in time", [shipment(5, at=11, order_reference="SO-1")], 13, 0),
        ("a part of it in time", [shipment(3, at=11, order_reference="SO-1")], 13, 2),
        ("cancelled meanwhile", [cancelled(5, at=11)], 13, 0),
        ("more was told later", [ordered(2, at=9, key="m"), allocated(2, at=10, key="more")], 13, 5),
        ("and that is late too", [ordered(2, at=9, key="m"), allocated(2, at=10, key="more")], 14, 7),
        ("told to another place", [ordered(2, at=9, key="m"), allocated(2, at=10, location="WEST", key="w")], 99, 5),
    ],
)
def test_what_is_late_in_any_order_of_arrival(story: str, events: list[StockEvent], when: float, expected: int) -> None:
    for order in permutations([*ORDER[1:], *events]):
        shard, seen = a_shard(**HOURS), Published()
        for number, event in enumerate([ORDER[0], *order]):
            seen.take(shard.fold([pack(event)], hour(11 + number / 10)))
        seen.take_records(shard.advance(hour(when)))
        assert late(seen) == ({("BOLT", "EAST"): expected} if expected else {})
        assert not seen.went_back


def test_an_allocation_that_is_corrected_is_not_waited_for() -> None:
    shard = a_shard(**HOURS)
    fold(shard, *ORDER, now=9)
    corrected = ORDER[2]._replace(quantity=ORDER[2].quantity - 2, received_at=hour(7), message_id="a")
    fold(shard, corrected, now=9)
    assert late(at(shard, 12)) == {("BOLT", "EAST"): 3}


def test_a_restart_waits_on() -> None:
    shard = a_shard(**HOURS)
    fold(shard, *ORDER, now=9)
    again = Shard(shard.master, shard.policy, load_books(dump_books(shard.books)), owners_of=shard.rules.owners_of)
    assert again.due_at() == hour(12)
    assert late(at(again, 12)) == {("BOLT", "EAST"): 5}


def test_without_a_limit_nobody_waits() -> None:
    shard = a_shard()
    assert late(fold(shard, *ORDER, now=99)) == {}
    assert due_at(("SO-1", "EAST", hour(8)), {}) is None
