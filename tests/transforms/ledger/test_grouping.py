"""Events of a bundle travel as one element for each shard, and items that kits connect share a shard."""

from collections.abc import Iterable
from itertools import chain

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from schemas.encoding import unpack, unsqueeze
from schemas.records import SnapshotClosed, StockEvent
from tests.builders import receipt, shipment
from tests.ledgers import MASTER
from transforms.kits.kit_rules import families
from transforms.ledger import grouping
from transforms.ledger.entry_rules import as_entry
from transforms.ledger.grouping import SHARDS, Group, GroupByShard, _GroupAllFn, _GroupFn, shard_of
from transforms.ledger.ledger_rules import as_event

FAMILY_OF = families(MASTER.boms)


@pytest.mark.parametrize(("item", "shard"), [("OIL", 24), ("MILK", 34), ("BOLT", 51)])
def test_the_shard_of_an_item_never_changes(item: str, shard: int) -> None:
    """Its books are kept under that number: another formula would lose them."""
    assert shard_of(item, FAMILY_OF) == shard


def test_items_that_kits_connect_share_a_shard() -> None:
    assert {shard_of(item, FAMILY_OF) for item in ("BOLT", "NUT", "SET", "CRATE")} == {51}


def test_items_spread_over_the_shards() -> None:
    used = [shard_of(f"SKU-{number}", {}) for number in range(64 * 100)]
    assert set(used) == set(range(SHARDS))
    assert max(used.count(shard) for shard in range(SHARDS)) < 200
    assert {shard_of(f"SKU-{number}", {}, 3) for number in range(100)} == {0, 1, 2}


def bundle(events: Iterable[StockEvent], shards: int = SHARDS) -> list[Group]:
    """What leaves one bundle, in its order."""
    fn = _GroupFn(FAMILY_OF, shards)
    fn.start_bundle()
    during = list(chain.from_iterable(fn.process(event, 0) for event in events))
    return during + [one.value for one in fn.finish_bundle()]


def opened(groups: Iterable[Group]) -> list[tuple[int, list[StockEvent]]]:
    return [(shard, [as_event(one) for one in unpack(packed)]) for shard, packed in groups]


def test_a_bundle_makes_one_group_for_each_shard() -> None:
    bolts = [receipt(5, at=1), shipment(2, at=2, item="SET", parts=[("BOLT", 4), ("NUT", 6)])]
    oil = [receipt(3, at=1, item="OIL")]
    assert opened(bundle([bolts[0], *oil, bolts[1]])) == [(51, bolts), (24, oil)]
    assert bundle([]) == []


def test_a_group_that_is_full_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "GROUP_EVENTS_MAX", 2)
    events = [receipt(1, at=at) for at in range(5)]
    assert opened(bundle(events)) == [(51, events[:2]), (51, events[2:4]), (51, events[4:])]


def test_nothing_is_lost_or_doubled_on_the_way_through_beam() -> None:
    events = [receipt(1, at=at, item=f"SKU-{at % 7}") for at in range(50)]
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        groups = pipeline | beam.Create(events) | GroupByShard(MASTER, 3)
        assert_that(groups | "Unpack" >> beam.FlatMap(lambda group: map(as_event, unpack(group[1]))), equal_to(events))
        shards = groups | beam.Keys() | beam.Distinct()
        assert_that(shards, equal_to([0, 1, 2]), label="shards")


def test_several_collections_are_grouped_without_being_flattened() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        some = pipeline | "Some" >> beam.Create([receipt(1, at=1)])
        others = pipeline | "Others" >> beam.Create([shipment(2, at=2, item="NUT")])
        groups = (some, others) | GroupByShard(MASTER)
        found = groups | beam.FlatMap(lambda group: [as_event(one).kind for one in unpack(group[1])])
        assert_that(found, equal_to(["receipt", "shipment"]))


def test_groups_that_wait_for_the_end_of_files_are_squeezed() -> None:
    events = [receipt(1, at=at) for at in range(500)]
    fn = _GroupAllFn(FAMILY_OF, 64, squeezed=True)
    fn.start_bundle()
    ((shard, group),) = [one for event in events for one in fn.process(event)] + [
        one.value for one in fn.finish_bundle()
    ]
    assert opened([(shard, unsqueeze(group))]) == opened(bundle(events))
    assert len(group) * 5 < len(bundle(events)[0][1])


def test_a_closed_snapshot_goes_to_every_shard() -> None:
    at = receipt(1, at=1).occurred_at
    closed = SnapshotClosed("list", "wms", "EAST", at, at, "m", "c")
    fn = _GroupFn(FAMILY_OF, 3)
    fn.start_bundle()
    assert list(fn.process(closed, 0)) == []
    groups = [one.value for one in fn.finish_bundle()]
    assert [(shard, [as_entry(one) for one in unpack(packed)]) for shard, packed in groups] == [
        (0, [closed]),
        (1, [closed]),
        (2, [closed]),
    ]


def test_what_a_snapshot_no_longer_names_goes_only_to_the_shard_of_the_item() -> None:
    at = receipt(1, at=1).occurred_at
    gone = (("BOLT", "", "sellable"), ("OIL", "", "sellable"))
    fn = _GroupFn(FAMILY_OF, 3)
    fn.start_bundle()
    list(fn.process(SnapshotClosed("list", "wms", "EAST", at, at, "m", "c", at, gone), 0))
    notices = {one.value[0]: as_entry(unpack(one.value[1])[0]) for one in fn.finish_bundle()}
    found = {spot[0]: shard for shard, one in notices.items() for spot in getattr(one, "gone", ())}
    assert found == {item: shard_of(item, FAMILY_OF, 3) for item in ("BOLT", "OIL")}
