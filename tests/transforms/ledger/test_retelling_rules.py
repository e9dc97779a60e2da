"""Books that went back to a checkpoint leave no view behind, whatever it was told since."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.records import ClaimRow, PositionRow, StockEvent
from tests.builders import count, hour, receipt, requested, shipment
from tests.ledgers import MASTER, a_shard
from tests.published import Published
from transforms.ledger.ledger_state import dump_books, load_books
from transforms.ledger.retelling_rules import Retelling, floor_at
from transforms.ledger.shard_rules import Shard


class Job:
    """One shard and the views it writes; a crash takes back the shard, and not the views."""

    def __init__(self) -> None:
        self.shard = a_shard()
        self.views = Published()
        self.policy = self.shard.policy
        self.checkpoint = b""

    def take(self, *events: StockEvent, at: float) -> list[Any]:
        records = self.shard.fold([pack(event) for event in events], hour(at)).records
        self.views.take_records(records)
        return records

    def save(self) -> None:
        self.checkpoint = dump_books(self.shard.books)

    def crash(self, at: float) -> None:
        self.shard = Shard(MASTER, self.policy, load_books(self.checkpoint))
        self.shard.retelling = Retelling(self.shard.books, floor_at(hour(at)))

    def shown(self) -> dict[str, Any]:
        assert self.views.went_back == [], "a view would refuse this as older"
        rows = self.views.rows
        return {
            "on hand": {key[1]: int(row.on_hand_quantity) for key, row in rows[PositionRow].items()},
            "claims": {key[1]: (row.status, int(row.open_quantity)) for key, row in rows[ClaimRow].items()},
            "web": self.views.told()["BOLT", "web"],
        }


def test_fewer_steps_after_the_crash_end_in_the_same_views() -> None:
    """Two holds end one after the other and raise the version twice; after the crash both end at once."""
    job = Job()
    holds = [requested(1, at=2, key=f"r{n}", order_reference=f"SO-{n}", expires_at=3 + n) for n in (1, 2)]
    job.take(receipt(9, at=1), *holds, at=2)
    job.save()
    for at in (4, 5):
        job.views.take_records(job.shard.advance(hour(at)))
    late = shipment(3, at=5)
    job.take(late, at=5)
    before = job.shown()
    job.crash(at=6)
    job.take(late, at=6)
    assert job.shown() == before


def test_a_channel_that_was_told_a_step_on_the_way_is_told_the_end() -> None:
    """Told 9, then 6 after the checkpoint; after the crash what brings it back to 9 comes in the same bundle."""
    job = Job()
    job.take(receipt(9, at=1), at=1)
    job.save()
    there, back = shipment(3, at=2), receipt(3, at=3, key="back")
    job.take(there, at=2)
    assert job.shown()["web"] == 6
    job.crash(at=4)
    job.take(there, back, at=4)
    assert job.shown()["web"] == 9


def test_a_row_of_what_did_not_happen_again_is_taken_back() -> None:
    """A request was granted after the checkpoint; after the crash its rival comes first."""
    job = Job()
    job.take(receipt(5, at=1), at=1)
    job.save()
    one = requested(5, at=2, key="one", order_reference="SO-1")
    other = requested(5, at=2, key="other", order_reference="SO-2")
    job.take(one, at=2)
    job.take(other, at=2)
    assert job.shown()["claims"] == {"SO-1": ("granted", 5), "SO-2": ("refused", 0)}
    job.crash(at=3)
    job.take(other, at=3)
    job.take(one, at=3)
    assert job.shown()["claims"] == {"SO-1": ("refused", 0), "SO-2": ("granted", 5)}


@pytest.mark.parametrize("crashes", [False, True])
def test_what_a_conflict_left_before_the_crash_is_taken_back(*, crashes: bool) -> None:
    """The later content of a key came first and counted; after the crash the earlier one does."""
    job = Job()
    job.take(receipt(5, at=1), at=1)
    job.save()
    later = receipt(7, at=2, key="k", location="WEST", received_at=9)
    earlier = receipt(2, at=2, key="k", received_at=8)
    job.take(later, at=9)
    assert job.shown()["on hand"] == {"EAST": 5, "WEST": 7}
    if crashes:
        job.crash(at=10)
    for event in (earlier, later):
        job.take(event, at=10)
    assert job.shown()["on hand"] == {"EAST": 7, "WEST": 0}
    job.shard.check_conservation()


def test_a_conflict_leaves_what_stands_under_its_key() -> None:
    """Two counts under one key: the later one is refused, and the first stays the base of what is on hand."""
    job = Job()
    job.take(receipt(5, at=1), count(3, at=2, key="k", received_at=3), at=3)
    job.save()
    job.crash(at=4)
    job.take(count(9, at=2, key="k", received_at=4), at=4)
    job.take(receipt(1, at=5, key="more"), at=5)
    assert job.shown()["on hand"] == {"EAST": 4}


def test_an_item_that_nothing_touches_is_not_told_again() -> None:
    job = Job()
    job.take(receipt(9, at=1), at=1)
    job.save()
    job.crash(at=2)
    assert [type(one) for one in job.take(receipt(1, at=2, item="NUT", key="n"), at=2) if one.item == "BOLT"] == []


def test_a_floor_is_above_all_that_was_told_a_second_before() -> None:
    assert floor_at(hour(9) + timedelta(seconds=1)) - floor_at(hour(9)) == 1_000_000
    assert floor_at(hour(9)) > 0
