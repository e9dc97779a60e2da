"""What the views say would be told by another policy is what a job tells that takes that policy over."""

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pipelines.dry_run import Change, compared
from pipelines.view_figures import figures_by
from pipelines.view_stock import ViewStock, read_stock
from schemas.policy_spec import Policy
from schemas.records import ChannelUpdate, SourceHeard
from tests.agreement import POLICY, clock, master_of, packed, shard_of
from tests.builders import count, hour, unknown
from tests.days import LOCATIONS, Day
from tests.ledgers import MASTER, SHARED, a_shard
from tests.test_invariants import arrived, days
from tests.transforms.offers.offered import rules
from tests.written_views import write
from transforms.ledger.entry_rules import packed_entry
from transforms.ledger.hearing_rules import Hearing
from transforms.ledger.shard_rules import Shard
from transforms.publication.view_database import create_views

DAYS = int(os.environ.get("SELLABLE_DRY_DAYS", "60"))


def views_of(path: Path, records: Any) -> ViewStock:
    create_views(path)
    write(path, *records)
    return read_stock(path)


def another_policy(seed: int) -> Policy:
    """Other feeds, other limits of channels, sometimes a channel less."""
    random = Random(f"policy {seed}")
    feeds = []
    for source in ("wms-east", "wms-west", "3pl-north", "tms"):
        feed: dict[str, Any] = {"source": source, "locations": random.sample(LOCATIONS, random.randint(1, 3))}
        if random.random() < 0.8:
            feed["silent_after_minutes"] = random.choice((30, 60, 240, 900))
        feed["floor_after_minutes"] = random.choice((10, 120, 600))
        if random.random() < 0.7:
            feed["floor"] = random.choice(({"quantity": 2}, {"share": "0.5"}, {"share": "0.1"}))
        if random.random() < 0.3:
            feed["items"] = {"except": ["SKU-1", "SKU-2"]}
        feeds.append(feed)
    plain = POLICY.model_dump(mode="json", by_alias=True, exclude_unset=True)
    plain |= {"version": "another", "feeds": feeds}
    plain["channels"]["web"]["buffer"] = random.choice((0, 0, 2))
    if random.random() < 0.2:
        del plain["channels"]["b2b"]
    return Policy.model_validate(plain)


def test_the_table_of_a_dry_run_is_the_difference_of_what_a_job_tells_by_either_policy(tmp_path: Path) -> None:
    """Made days with silent feeds and unknown quantities; the job takes its books over and renews every figure."""
    held = floored = 0
    for seed, day, bundles in days(range(DAYS)):
        shard, records = shard_of(day), []
        for now, bundle in zip(clock(day, len(bundles), seed), bundles, strict=True):
            records += shard.fold([packed(one) for one in bundle], now).records
        heard = [one for one in arrived(bundles) if isinstance(one, SourceHeard)]
        seen = views_of(tmp_path / f"{seed}.db", (*records, *heard))
        policy = another_policy(seed)
        table = list(compared(seen.figures, figures_by(policy, seen, master_of(day), day.now)))
        told = {(one.item, one.channel): one.quantity for one in records if type(one) is ChannelUpdate}
        tells = told | {(one.item, one.channel): one.quantity for one in renewed(shard, day, policy)}
        assert table, f"day {seed}"
        for one in table:
            key = one.item, one.channel
            gone = one.channel not in policy.channels
            assert (one.now, one.then) == (told.get(key), None if gone else tells.get(key)), f"day {seed}: {one}"
        shown = {(one.item, one.channel) for one in table}
        assert {key for key in tells if tells[key] != told.get(key, 0)} <= shown, f"day {seed}"
        then = figures_by(policy, seen, master_of(day), day.now).values()
        held += sum(one.state == "held" for one in then)
        floored += sum(one.state == "floor" for one in then)
    assert min(held, floored) > DAYS


def renewed(shard: Shard, day: Day, policy: Policy) -> list[ChannelUpdate]:
    """What a job tells that takes another policy over with the books of a shard."""
    job = Shard(master_of(day), policy, shard.books, owners_of=day.owner_of)
    job.hearing = Hearing(shard.hearing.kept())
    return [one for one in job.renew(day.now) if type(one) is ChannelUpdate]


FEED = {"source": "wms", "silent_after_minutes": 60, "floor_after_minutes": 60, "floor": {"quantity": 2}}
WATCHED = {**FEED, "locations": ["EAST"]}


@pytest.mark.parametrize(
    ("story", "feeds", "changes"),
    [
        ("nobody is missed as before", [], []),
        ("a feed that is heard often enough", [{**WATCHED, "silent_after_minutes": 600}], []),
        ("silent, and held: the channel keeps what it has", [{**WATCHED, "floor_after_minutes": 600}], []),
        (
            "silent for long: the floor is told",
            [WATCHED],
            [Change("BOLT", "b2b", 17, 9, "feed_floor none → -8: wms is silent since 2026-03-02 09:00:00Z: "
                    "only the floor counts")],
        ),
        ("another item's feed", [{**WATCHED, "items": {"except": ["BOLT"]}}], []),
    ],
)  # fmt: skip
def test_a_policy_with_feeds_tells(tmp_path: Path, story: str, feeds: list[Any], changes: list[Change]) -> None:
    channels = {"b2b": SHARED["b2b"]}
    shard = a_shard(channels)
    arriving = (count(10, at=8), count(7, at=8, key="west", location="WEST"))
    records = shard.fold([packed_entry(one) for one in arriving], hour(12)).records
    seen = views_of(tmp_path / "views.db", (*records, SourceHeard("wms", hour(8))))
    policy = rules(MASTER, channels=channels, feeds=feeds).policy
    assert [one for one in compared(seen.figures, figures_by(policy, seen, MASTER, hour(12))) if one.delta] == changes


def test_what_is_held_on_record_is_told_by_a_policy_with_less_patience(tmp_path: Path) -> None:
    channels = {"b2b": SHARED["b2b"]}
    shard = a_shard(channels, feeds=[{"source": "wms", "floor_after_minutes": 600, "locations": ["EAST"]}])
    records = shard.fold([packed_entry(count(10, at=8))], hour(8)).records
    later = (unknown(0, at=9), count(7, at=9, key="west", location="WEST"))
    records += shard.fold([packed_entry(one) for one in later], hour(9)).records
    seen = views_of(tmp_path / "views.db", records)
    figure = seen.figures["BOLT", "b2b"]
    assert (figure.quantity, figure.told, figure.state) == (17, 10, "held")
    floors = [{"source": "wms", "floor_after_minutes": 30, "floor": {"share": 1}, "locations": ["EAST"]}]
    policy = rules(MASTER, channels=channels, feeds=floors).policy
    (change,) = (
        one for one in compared(seen.figures, figures_by(policy, seen, MASTER, hour(10))) if one.item == "BOLT"
    )
    assert (change.now, change.then) == (10, 17)
    assert change.why == "held → floor: wms does not say how much there is since 2026-03-02 09:00:00Z"
