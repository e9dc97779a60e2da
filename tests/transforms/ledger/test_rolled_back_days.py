"""Books that go back to checkpoints again and again, while what was told stays told, end as the oracle says.

A runner in miniature: messages come in any order; at a checkpoint the books are kept and what waited is told; a crash
takes the books back, loses what waited, and delivers again whatever came since, in another order and cut otherwise.
"""

from random import Random
from typing import Any

import pytest

from benchmarks.crash_audit import COMPARED
from benchmarks.proof_audit import Deliveries, audit
from benchmarks.proof_traffic import NOW, POLICY, make_master, make_traffic
from schemas.encoding import pack
from schemas.records import ChannelUpdate, StockEvent
from tests.published import KEYS, Published
from transforms.ledger.ledger_state import dump_books, load_books
from transforms.ledger.retelling_rules import Retelling
from transforms.ledger.shard_rules import Shard
from transforms.ledger.telling import ANSWERS

ITEMS, EVENTS = 40, 1_000
MASTER = make_master(ITEMS)


class Runner:
    """Keeps one shard, as Flink would."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.shard = Shard(MASTER, POLICY)
        self.views = Published()
        self.kept = dump_books(self.shard.books)
        self.since: list[StockEvent] = []  # the checkpoint: delivered, and not acknowledged
        self.waiting: list[Any] = []
        self.crashes = 0

    def deliver(self, events: list[StockEvent]) -> None:
        while events:
            bundle, events = self._cut(events)
            self.since += bundle
            records = self.shard.fold([pack(event) for event in bundle], NOW).records
            self.waiting += [one for one in records if isinstance(one, ANSWERS)]
            self.views.take_records(one for one in records if not isinstance(one, ANSWERS))
            chance = self.random.random()
            if chance < 0.1:
                self.checkpoint()
            elif chance < 0.15:
                events = self.crash() + events

    def checkpoint(self) -> None:
        self.views.take_records(self.waiting)
        self.kept, self.since, self.waiting = dump_books(self.shard.books), [], []

    def crash(self) -> list[StockEvent]:
        self.crashes += 1
        self.shard = Shard(MASTER, POLICY, load_books(self.kept))
        self.shard.retelling = Retelling(self.shard.books, self.crashes * 10**6)
        again, self.since, self.waiting = self.since, [], []
        self.random.shuffle(again)
        return again

    def _cut(self, events: list[StockEvent]) -> tuple[list[StockEvent], list[StockEvent]]:
        size = self.random.randrange(1, 20)
        return events[:size], events[size:]


def refused(views: Published) -> list[Any]:
    """The rows that a view would not have taken, since it had a newer one."""
    ahead = [before for before, _ in views.went_back]
    last = [views.rows[type(before)][tuple(getattr(before, name) for name in KEYS[type(before)])] for before in ahead]
    return [row for before, row in zip(ahead, last, strict=True) if row.version < before.version]


@pytest.mark.parametrize("seed", range(2))
def test_views_and_answers_are_those_of_a_run_without_crashes(seed: int) -> None:
    deliveries, runner = Deliveries(), Runner(Random(seed))
    runner.deliver(list(deliveries.noted(make_traffic(seed, EVENTS, ITEMS))))
    runner.checkpoint()
    found = audit(deliveries, runner.views, {}, MASTER)
    assert {what: found.differences[what] for what in COMPARED if found.differences[what]} == {}
    assert refused(runner.views) == [], "what came last"
    assert len(runner.views.decisions) == found.requests > 50
    assert runner.crashes > 3


@pytest.mark.parametrize("seed", range(2))
def test_channels_are_told_what_the_books_say(seed: int) -> None:
    runner = Runner(Random(seed))
    runner.deliver(list(make_traffic(seed, EVENTS, ITEMS)))
    told = {key: row.quantity for key, row in runner.views.rows[ChannelUpdate].items()}
    ahead = {key for key, figure in runner.views.available().items() if key in told and told[key] != figure}
    assert ahead == set()
    assert runner.crashes > 3
