"""The keyed stage gives the same rows from a file as from a stream, and its timers wake it when the clock says so."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.testing.test_stream import TestStream

from schemas.encoding import pack
from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import (
    AvailabilityRow,
    ChannelUpdate,
    ClaimRow,
    InboundRow,
    OutcomeCount,
    PositionRow,
    PromiseRow,
    StockEvent,
)
from tests import clocks
from tests.agreement import POLICY, master_of
from tests.builders import hour, receipt, requested, shipment
from tests.days import Day, make_day
from tests.ledgers import MASTER, a_shard
from tests.published import Published
from transforms.clocks import clock_at, utc_now
from transforms.ledger.grouping import GroupByShard
from transforms.ledger.keeping import KeepLedger, _FoldStateFn, _with_outputs
from transforms.ledger.shard_rules import Shard
from transforms.record_coders import RecordCoder

SHARDS = 3
DAYS = [make_day(seed, events=60) for seed in range(3)]
TestStream.__test__ = False  # pytest takes it for a test by its name


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterable[None]:
    clocks.SEEN.clear()
    yield
    clocks.SEEN.clear()


def seen() -> Published:
    published = Published()
    published.take_records(clocks.SEEN)
    published.take_counts(one for one in clocks.SEEN if isinstance(one, OutcomeCount))
    return published


def watch(kept: Any) -> None:
    kept.records | "SeeRecords" >> beam.Map(clocks.see)
    kept.counts | "SeeCounts" >> beam.Map(clocks.see)


def in_order(day: Day) -> list[StockEvent]:
    return sorted(day.events, key=lambda event: (event.occurred_at, event.received_at, event.transaction_key))


def bounded(events: Iterable[StockEvent], master: MasterData, policy: Policy, now: datetime) -> Published:
    clocks.SEEN.clear()
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        watch(pipeline | beam.Create(events) | KeepLedger(master, policy, now, SHARDS))
    return seen()


def streamed(steps: TestStream, ledger: beam.PTransform) -> Published:
    clocks.SEEN.clear()
    with beam.Pipeline(runner=BundleBasedDirectRunner(), options=PipelineOptions(streaming=True)) as pipeline:
        watch(pipeline | steps | ledger)
    return seen()


def stream() -> TestStream:
    return TestStream(coder=RecordCoder(StockEvent)).advance_watermark_to(0)


def standing(published: Published) -> dict[str, Any]:
    """What holds in the end, without how often and when it was told on the way."""
    rows = (PositionRow, ClaimRow, InboundRow, AvailabilityRow)
    found: dict[str, Any] = {
        row.__name__: {key: one._replace(version=0) for key, one in published.rows[row].items()} for row in rows
    }
    return found | {
        "discrepancies": published.discrepancies(POLICY.limits.count_tolerance),
        "oversold": published.alerts("oversell"),
        "negative": published.alerts("negative_on_hand"),
        "told": published.told(),
        "promised": {key: one.promised_quantity for key, one in published.rows[PromiseRow].items()},
        **ended(published),
    }


def ended(published: Published) -> dict[str, Any]:
    return {
        "outcomes": published.outcomes,
        "decisions": sorted(published.decisions),
        "rejections": sorted(published.rejections, key=str),
    }


@pytest.mark.parametrize("day", DAYS)
def test_a_file_gives_what_the_rules_give(day: Day) -> None:
    by_hand = Published().take(Shard(master_of(day), POLICY).fold([pack(event) for event in day.events], day.now))
    from_file = bounded(day.events, master_of(day), POLICY, day.now)
    assert from_file.rows == by_hand.rows
    assert ended(from_file) == ended(by_hand)


@pytest.mark.parametrize("day", DAYS)
def test_a_stream_that_comes_in_order_gives_what_a_file_gives(day: Day) -> None:
    steps, events = stream(), in_order(day)
    for at in range(0, len(events), 7):
        steps.add_elements(events[at : at + 7])
    ledger = KeepLedger(master_of(day), POLICY, day.now, SHARDS)
    from_stream = streamed(steps.advance_watermark_to_infinity(), ledger)
    assert standing(from_stream) == standing(bounded(events, master_of(day), POLICY, day.now))


class _OnState(beam.PTransform):
    """The unbounded path on whatever comes, with a clock of the test's own."""

    def __init__(self, master: MasterData, policy: Policy, clock: Any, shards: int = 1, *, ticks: bool = True) -> None:
        super().__init__()
        self.fn = _FoldStateFn(master, policy, clock, ticks=ticks)
        self.groups = GroupByShard(master, shards)

    def expand(self, events: Any) -> Any:
        return events | self.groups | _with_outputs(self.fn)


def test_keyed_state_in_a_batch_runner_gives_what_the_rules_give() -> None:
    day = DAYS[0]
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        ledger = _OnState(master_of(day), POLICY, clock_at(day.now), SHARDS, ticks=False)
        watch(pipeline | beam.Create(in_order(day)) | ledger)
    on_state = standing(seen())
    assert on_state == standing(bounded(day.events, master_of(day), POLICY, day.now))


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


def test_a_pinned_clock_sets_no_timer() -> None:
    """It would fire at once, and again, for ever."""
    policy = a_shard().policy
    steps = stream().add_elements(HELD).advance_processing_time(2 * NINE).advance_watermark_to_infinity()
    published = streamed(steps, KeepLedger(MASTER, policy, hour(3)))
    assert [row.status for row in published.claims().values()] == ["granted"]


def test_the_clock_on_the_wall_is_in_utc() -> None:
    assert str(utc_now().tzinfo) == "UTC"
