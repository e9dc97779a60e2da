"""The keyed stage gives what the rules give, and its timers wake it when the clock says so."""

from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
import pytest

from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import ChannelUpdate, ClaimRow
from tests import clocks
from tests.agreement import POLICY, master_of
from tests.builders import hour, receipt, requested, shipment
from tests.days import make_day
from tests.ledger_streams import SHARDS, bounded, in_order, seen, standing, stream, streamed, watch
from tests.ledgers import MASTER, a_shard
from transforms.clocks import clock_at
from transforms.ledger.grouping import GroupByShard
from transforms.ledger.streamed_shards import _FoldStateFn
from transforms.ledger.whole_shards import with_outputs

DAY = make_day(0, events=60)


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterable[None]:
    clocks.SEEN.clear()
    yield
    clocks.SEEN.clear()


class _OnState(beam.PTransform):
    """The unbounded path on whatever comes, with a clock of the test's own."""

    def __init__(self, master: MasterData, policy: Policy, clock: Any, shards: int = 1, *, ticks: bool = True) -> None:
        super().__init__()
        self.fn = _FoldStateFn(master, policy, clock, ticks=ticks)
        self.groups = GroupByShard(master, shards)

    def expand(self, events: Any) -> Any:
        return events | self.groups | with_outputs(self.fn)


def test_keyed_state_in_a_batch_runner_gives_what_the_rules_give() -> None:
    day = DAY
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        ledger = _OnState(master_of(day), POLICY, clock_at(day.now), SHARDS, ticks=False)
        watch(pipeline | beam.Create(in_order(day)) | ledger)
    on_state = standing(seen())
    assert on_state == standing(bounded(in_order(day), master_of(day), POLICY, day.now))


def holds(times: Sequence[float], *steps: tuple[str, Any]) -> list[tuple[str, int]]:
    """What is said of claims and to the web while a stream takes these steps; `times` are the clock's, one a call."""
    clocks.SCRIPT[:] = [hour(at) for at in times]
    taken = stream()
    for what, value in steps:
        if what == "events":
            taken.add_elements(value)
        else:
            taken.advance_processing_time(value)
    published = streamed(taken.advance_watermark_to_infinity(), _OnState(MASTER, a_shard().policy, clocks.scripted))
    assert published.went_back == []
    assert len(clocks.SCRIPT) == 1, "the stage looked at the clock less often than expected"
    told = []
    for record in clocks.SEEN:
        if isinstance(record, ClaimRow):
            told.append((f"{record.order_reference} {record.status}", int(record.open_quantity)))
        elif isinstance(record, ChannelUpdate) and (record.channel, record.item) == ("web", "BOLT"):
            told.append(("web", record.quantity))
    return told


NINE = hour(9).timestamp()
HELD = [receipt(5, at=1), requested(4, at=2, expires_at=9)]


def test_a_timer_ends_a_hold_without_any_event() -> None:
    assert holds([3, 9], ("events", HELD), ("until", NINE)) == [
        ("SO-1 granted", 4),
        ("web", 1),
        ("SO-1 closed", 0),
        ("web", 5),
    ]


def test_a_timer_does_not_fire_before_its_time() -> None:
    assert holds([3], ("events", HELD), ("until", NINE - 1)) == [("SO-1 granted", 4), ("web", 1)]


def test_a_timer_moves_with_what_is_due_next() -> None:
    """One timer for all that the clock changes: it fires for the first hold, then for the second."""
    later = requested(1, at=2, key="b", expires_at=11, order_reference="SO-2")
    steps = [("events", HELD), ("events", [later]), ("until", NINE), ("further", 2 * 3600)]
    assert holds([3, 4, 9, 11], *steps) == [
        ("SO-1 granted", 4),
        ("web", 1),
        ("SO-2 granted", 1),
        ("web", 0),
        ("SO-1 closed", 0),
        ("web", 4),
        ("SO-2 closed", 0),
        ("web", 5),
    ]


def test_an_event_after_a_timer_finds_the_books_as_the_timer_left_them() -> None:
    sale = [shipment(1, at=9.5)]
    assert holds([3, 9, 10], ("events", HELD), ("until", NINE), ("events", sale))[2:] == [
        ("SO-1 closed", 0),
        ("web", 5),
        ("web", 4),
    ]
