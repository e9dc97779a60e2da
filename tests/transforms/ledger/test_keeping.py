"""The ledger gives the same rows from a file as from a stream."""

from collections.abc import Iterable

import pytest

from schemas.encoding import pack
from tests import clocks
from tests.agreement import POLICY, master_of
from tests.builders import hour, receipt, requested
from tests.days import Day, make_day
from tests.ledger_streams import SHARDS, bounded, ended, in_order, standing, stream, streamed
from tests.ledgers import MASTER, a_shard
from tests.published import Published
from transforms.ledger.keeping import KeepLedger
from transforms.ledger.shard_rules import Shard

DAYS = [make_day(seed, events=60) for seed in range(3)]


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterable[None]:
    clocks.SEEN.clear()
    yield
    clocks.SEEN.clear()


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


def test_a_pinned_clock_sets_no_timer() -> None:
    """It would fire at once, and again, for ever."""
    policy = a_shard().policy
    held = [receipt(5, at=1), requested(4, at=2, expires_at=9)]
    steps = stream().add_elements(held).advance_processing_time(2 * hour(9).timestamp()).advance_watermark_to_infinity()
    published = streamed(steps, KeepLedger(MASTER, policy, hour(3)))
    assert [row.status for row in published.claims().values()] == ["granted"]
