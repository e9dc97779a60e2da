"""What must hold on any day (DESIGN 4), however it arrives. A failure names its seed: `make_day(seed, events=40)`.

The quick suite tries some days; SELLABLE_DAYS=100000 with `pytest -m slow tests/test_invariants.py` tries many.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from random import Random
from typing import Any

import pytest
from apache_beam.pvalue import TaggedOutput

from schemas.encoding import pack
from schemas.records import OutcomeCount, SnapshotClosed, SourceHeard
from tests.agreement import POLICY, checked, clock, differences, fold_day, master_of, shard_of
from tests.days import Day, make_day, perturb, restored, with_kit_orders
from tests.fake_state import KeyState
from tests.full_lists import Arrived, heard_of, lists_of, noticed, packed, scattered
from tests.published import Published
from transforms.kits.kit_rules import families
from transforms.ledger import live_shards
from transforms.ledger.grouping import shard_of as shard_key
from transforms.ledger.shard_rules import Shard
from transforms.ledger.streamed_shards import _FoldStateFn

QUICK_DAYS = int(os.environ.get("SELLABLE_QUICK_DAYS", "2000"))
MANY_DAYS = int(os.environ.get("SELLABLE_DAYS", "3000"))
EVENTS = 40  # small days collide more
SHARDS = 3

quickly_and_at_length = pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(QUICK_DAYS), id=f"{QUICK_DAYS} days"),
        pytest.param(range(QUICK_DAYS, QUICK_DAYS + MANY_DAYS), id=f"{MANY_DAYS} more", marks=pytest.mark.slow),
    ],
)


def days(seeds: Iterable[int]) -> Iterable[tuple[int, Day, list[list[Arrived]]]]:
    for seed in seeds:
        day = make_day(seed, events=EVENTS)
        day = (restored, with_kit_orders, lambda made, _: made)[seed % 3](day, seed)
        sent = scattered(perturb(day, seed), [*lists_of(day, seed), *heard_of(seed)], seed)
        yield seed, day, noticed(checked(day, sent), seed)


def arrived(bundles: Sequence[Sequence[Arrived]]) -> list[Arrived]:
    return [event for bundle in bundles for event in bundle]


@quickly_and_at_length
def test_whatever_the_order_the_ledger_ends_where_the_oracle_does(seeds: range) -> None:
    """Convergence, once, conservation, one decision each, views that move forward: shuffled, doubled, bundled."""
    for seed, day, bundles in days(seeds):
        found = differences(day, arrived(bundles), fold_day(day, bundles, seed))
        assert not found, f"day {seed}: {found}"


@quickly_and_at_length
def test_failed_bundles_restarts_and_a_second_worker_change_nothing(seeds: range, monkeypatch: Any) -> None:
    """The keyed stage itself on state whose bundles fail at random, against folds that nothing disturbs."""
    for seed, day, bundles in days(seeds[: len(seeds) // 20]):
        monkeypatch.setattr(live_shards, "JOURNAL_BYTES_MIN", Random(seed).choice((0, 2_000, 20_000)))
        disturbed = DisturbedRun(day, seed)
        calm = {key: shard_of(day) for key in range(SHARDS)}
        seen = Published()
        for now, bundle in zip(clock(day, len(bundles), seed), bundles, strict=True):
            for key, group in disturbed.groups(bundle).items():
                disturbed.process(key, group, now)
                seen.take(calm[key].fold(group, now))
            for key in disturbed.random.sample(range(SHARDS), disturbed.random.randint(0, SHARDS)):
                disturbed.fire(key, now)
                seen.take_records(calm[key].advance(now))
        assert disturbed.seen.rows == seen.rows, f"day {seed}"
        assert disturbed.seen.decisions == seen.decisions, f"day {seed}"
        assert disturbed.seen.preemptions == seen.preemptions, f"day {seed}"
        assert disturbed.seen.outcomes == seen.outcomes, f"day {seed}"
        assert disturbed.seen.rejections == seen.rejections, f"day {seed}"


class DisturbedRun:
    """Two workers that take turns on the same keys, restart, and lose bundles after they have done their work."""

    def __init__(self, day: Day, seed: int) -> None:
        self.day = day
        self.random = Random(seed)
        self.family_of = families(master_of(day).boms)
        self.states = {key: KeyState.empty() for key in range(SHARDS)}
        self.workers = [self._start(), self._start()]
        self.now = day.now
        self.seen = Published()

    def _start(self) -> Any:
        worker = _FoldStateFn(master_of(self.day), POLICY, lambda: self.now)
        worker.setup()
        worker.make_shard = lambda books: Shard(master_of(self.day), POLICY, books, owners_of=self.day.owner_of)
        return worker

    def groups(self, bundle: Iterable[Arrived]) -> dict[int, list[bytes]]:
        found: dict[int, list[bytes]] = {}
        for one in bundle:
            is_for_all = isinstance(one, SnapshotClosed | SourceHeard)
            keys = range(SHARDS) if is_for_all else [shard_key(one.item, self.family_of, SHARDS)]
            for key in keys:
                found.setdefault(key, []).append(packed(one))
        return found

    def process(self, key: int, group: list[bytes], now: datetime) -> None:
        self._until_it_succeeds(key, now, lambda worker: worker.process((key, pack(group)), *self.states[key]))

    def fire(self, key: int, now: datetime) -> None:
        self._until_it_succeeds(key, now, lambda worker: worker.fire(key, *self.states[key]))

    def _until_it_succeeds(self, key: int, now: datetime, attempt: Callable[[Any], Iterable[Any]]) -> None:
        self.now = now
        lost: list[list[Any]] = []
        while self.random.random() < 0.3:
            lost.append(_plain(attempt(self._worker())))
            self.states[key].roll_back()
        outputs = _plain(attempt(self._worker()))
        self.states[key].commit()
        assert all(before == outputs for before in lost), "a retried bundle said something else"
        self.seen.take_counts(one for one in outputs if isinstance(one, OutcomeCount))
        self.seen.take_records(outputs)

    def _worker(self) -> Any:
        at = self.random.choice((0, 0, 1))
        if self.random.random() < 0.1:
            self.workers[at] = self._start()
        return self.workers[at]


def _plain(outputs: Iterable[Any]) -> list[Any]:
    return [one.value if isinstance(one, TaggedOutput) else one for one in outputs]
