"""The ledger gives the same rows from a file as from a stream."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from schemas.records import StockEvent
from tests import clocks
from tests.agreement import POLICY, master_of
from tests.builders import hour, receipt, requested
from tests.days import Day, make_day
from tests.full_lists import noted, packed
from tests.ledger_streams import SHARDS, bounded, ended, in_order, standing, stream, streamed
from tests.ledgers import MASTER, a_shard, books_after
from tests.published import Published
from transforms.ledger.books_files import Handoff, write_books
from transforms.ledger.keeping import KeepLedger
from transforms.ledger.key_rules import KeyRegistry
from transforms.ledger.shard_rules import Shard

DAYS = [make_day(seed, events=60) for seed in range(3)]


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterable[None]:
    clocks.SEEN.clear()
    yield
    clocks.SEEN.clear()


@pytest.mark.parametrize("day", DAYS)
def test_a_file_gives_what_the_rules_give(day: Day) -> None:
    reused = KeyRegistry().note([noted(day.events)])
    entries = [packed(one) for one in (*day.events, *reused)]
    by_hand = Published().take(Shard(master_of(day), POLICY).fold(entries, day.now))
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


REUSED = [receipt(5, at=1, key="k"), receipt(7, at=2, key="k", item="NUT"), receipt(1, at=3, key="k", item="OIL")]
FIRST_OF_ALL = receipt(3, at=0.5, key="k", item="MILK", lot="NEW")


def places(published: Published) -> dict[str, int]:
    return {key[0]: int(quantity) for key, quantity in published.positions().items()}


@pytest.mark.parametrize("events", [REUSED, REUSED[::-1], [*REUSED[1:], REUSED[0], *REUSED]])
def test_a_key_of_several_items_counts_once_from_a_file(events: list[StockEvent]) -> None:
    published = bounded(events, MASTER, a_shard().policy, hour(24))
    assert places(published) == {"BOLT": 5}
    assert {(one.reason, int(one.received_at.hour)) for one in published.rejections} == {
        ("conflicting_duplicate", 2),
        ("conflicting_duplicate", 3),
    }
    assert published.outcomes["posted", ""] == 1
    assert sum(published.outcomes.values()) == len(events)


@pytest.mark.parametrize("events", [REUSED, REUSED[::-1], [REUSED[1], REUSED[2], REUSED[0]]])
def test_a_key_of_several_items_counts_once_from_a_stream_whenever_its_first_comes(events: list[StockEvent]) -> None:
    steps = stream()
    for event in (*events, FIRST_OF_ALL, *REUSED):
        steps.add_elements([event])
    published = streamed(steps.advance_watermark_to_infinity(), KeepLedger(MASTER, a_shard().policy, hour(24)))
    assert places(published) == {"MILK": 3}
    assert published.went_back == []
    assert +published.outcomes == {("posted", ""): 1, ("dead_letter", "conflicting_duplicate"): 6}
    assert {one.reason for one in published.rejections} == {"conflicting_duplicate"}


def test_a_key_that_the_deployment_before_used_for_another_item_counts_no_more(tmp_path: Path) -> None:
    write_books(tmp_path, 0, books_after([receipt(5, at=1, key="k", item="OIL")]), hour(2))
    handoff = Handoff(take_from=str(tmp_path))
    steps = stream().add_elements([receipt(7, at=2, key="k")]).advance_watermark_to_infinity()
    published = streamed(steps, KeepLedger(MASTER, a_shard().policy, hour(24), SHARDS, handoff=handoff))
    assert places(published) == {"OIL": 5}
