"""Master data that changes during a day: however movements and mappings arrive, the books end where the oracle says.

Some items and places are unknown in the morning, and become known during the day, between any two events, or late.
What names them waits; in the end everything was posted as if it had been known all the time.
"""

import zlib
from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from schemas.encoding import pack
from schemas.records import Rejection, ReportedEvent, StockEvent
from tests.agreement import clock, differences, shard_of
from tests.days import LOCATIONS, Day, make_day, perturb
from tests.full_lists import noted, packed
from tests.published import Published
from transforms.canonical.check_kinds import Problem
from transforms.canonical.parking_rules import Check, Limits, Tally, admit, dump_lot, is_due, load_lot, look_again
from transforms.canonical.reported_events import rejection_of
from transforms.ledger.key_rules import KeyRegistry

QUICK_DAYS = 100
LONG = Limits(timedelta(days=9))


class Mappings:
    """What is known by and by: one more name with each version."""

    def __init__(self, day: Day, random: Random) -> None:
        items = sorted({event.item for event in day.events})
        self.early = [*random.sample(items, 2), *random.sample(LOCATIONS, 1)]
        self.known = {*items, *LOCATIONS, ""} - set(self.early)
        self.events = {zlib.crc32(pack(event)): event for event in day.events}

    def learn(self) -> None:
        if self.early:
            self.known.add(self.early.pop())

    def rules(self) -> tuple[str, Check]:
        return str(len(self.early)), self._check

    def reported(self, event: StockEvent) -> ReportedEvent:
        """The event as a source would say it; the sequence number finds it again."""
        return ReportedEvent(
            *(event.transaction_key, event.kind, event.item, event.quantity, "", event.occurred_at, event.source),
            *(event.message_id, event.correlation_id, event.received_at, event.mapping_version),
            location_code=event.location,
            to_location_code=event.to_location,
            sequence=zlib.crc32(pack(event)),
        )

    def check(self, event: StockEvent) -> StockEvent | Rejection:
        reported = self.reported(event)
        checked = self._check(reported)
        return rejection_of(reported, checked) if isinstance(checked, Problem) else checked

    def _check(self, event: ReportedEvent) -> StockEvent | Problem:
        named = (("item", event.item_code), ("location", event.location_code), ("location", event.to_location_code))
        for what, name in named:
            if name not in self.known:
                return Problem(f"unknown_{what}", what, f"unknown {name}", f"{what}:*:{name}", "parked")
        return self.events[event.sequence or 0]


class Stream:
    """A lot and the books behind it."""

    def __init__(self, day: Day, mappings: Mappings) -> None:
        self.mappings = mappings
        self.shard, self.registry = shard_of(day), KeyRegistry()
        self.published = Published()
        self.lot: list[bytes] = []
        self.tally = Tally()
        self.entered: list[StockEvent] = []
        self.parked = 0

    def take(self, bundle: list[StockEvent], now: object) -> None:
        checked = [self.mappings.check(event) for event in bundle]
        refused = [one for one in checked if isinstance(one, Rejection)]
        self.parked += len(refused)
        moved = admit(refused, self.tally, self.mappings.rules(), LONG, now)  # type: ignore[arg-type]
        self.lot.append(dump_lot(moved.kept))
        self.tally = moved.tally
        self._enter([one for one in checked if isinstance(one, StockEvent)] + moved.events, now)

    def look(self, now: object) -> None:
        if is_due(self.tally, self.mappings.rules()[0], LONG, now):  # type: ignore[arg-type]
            moved = look_again(load_lot(self.lot), self.mappings.rules(), LONG, now)  # type: ignore[arg-type]
            self.lot, self.tally = [dump_lot(moved.kept)], moved.tally
            self.parked += sum(one.total for one in moved.counts)
            self._enter(moved.events, now)

    def _enter(self, events: list[StockEvent], now: object) -> None:
        self.entered += events
        entries = [packed(one) for one in (*events, *self.registry.note([noted(events)]))]
        self.published.take(self.shard.fold(entries, now))  # type: ignore[arg-type]
        self.shard.check_conservation()


@pytest.mark.parametrize(
    "seeds", [range(QUICK_DAYS), pytest.param(range(QUICK_DAYS, 3_000), marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_whatever_becomes_known_when_the_books_end_where_the_oracle_does(seeds: range) -> None:
    waited = Counter[bool]()
    for seed in seeds:
        day, random = make_day(seed, events=40), Random(seed)
        bundles = perturb(day, seed)
        stream = Stream(day, Mappings(day, random))
        for now, bundle in zip(clock(day, len(bundles), seed), bundles, strict=True):
            stream.take(bundle, now)
            waited[bool(stream.parked)] += 1
            if random.random() < 3 / len(bundles):
                stream.mappings.learn()
            if random.random() < 0.5:
                stream.look(now)
        while stream.mappings.early:
            stream.mappings.learn()
        stream.look(day.now)
        assert stream.parked == 0, f"day {seed}"
        assert sorted(map(pack, stream.entered)) == sorted(pack(event) for bundle in bundles for event in bundle)
        found = differences(day, stream.entered, stream.published)
        assert not found, f"day {seed}: {found}"
    assert waited[True], "nothing ever waited"
