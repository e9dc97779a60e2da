"""State of a stream does not grow with the days it runs: what is older than a named time is folded away."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.encoding import pack
from schemas.records import StockEvent
from tests.builders import ITEM, cancelled, count, hour, ordered, receipt, requested, shipment
from tests.fake_state import Bag, KeyState, Value
from tests.full_lists import noted
from tests.ledgers import MASTER, SHARED
from tests.transforms.offers.offered import rules
from transforms.ledger import keys, live_shards
from transforms.ledger.key_rules import KEY_SHARDS, key_shard_of
from transforms.ledger.keys import _FindFn
from transforms.ledger.streamed_shards import _FoldStateFn

HISTORY_DAYS, DAYS = 5, 60
EARLY, LATE = slice(10, 20), slice(DAYS - 10, DAYS)  # days on which history is full, by when a rhythm has set in
JOURNAL_BYTES_MIN = 4_096


@pytest.fixture(autouse=True)
def _small_journals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_shards, "JOURNAL_BYTES_MIN", JOURNAL_BYTES_MIN)
    monkeypatch.setattr(keys, "JOURNAL_BYTES_MIN", JOURNAL_BYTES_MIN // KEY_SHARDS)


def events_of(day: int) -> Iterator[StockEvent]:
    """A day on which all stock that comes goes again, in other orders every day."""
    start = day * 24.0
    yield receipt(20, at=start + 1, key=f"in-{day}")
    yield count(20, at=start + 2, key=f"count-{day}")
    for number in range(5):
        order, at = f"SO-{day}-{number}", start + 3 + number
        yield ordered(4, at=at, key=f"placed-{order}", order_reference=order)
        yield shipment(4, at=at + 0.5, key=f"shipped-{order}", order_reference=order)
    for number in range(3):
        order, at = f"WEB-{day}-{number}", start + 10 + number
        yield requested(1, at=at, key=f"asked-{order}", order_reference=order, expires_at=at + 0.1)
    yield ordered(2, at=start + 14, key=f"placed-C-{day}", order_reference=f"C-{day}")
    yield cancelled(2, at=start + 15, key=f"off-C-{day}", order_reference=f"C-{day}")


class Clock:
    """Where the job is in its days."""

    now = hour(0)

    def __call__(self) -> datetime:
        return self.now


def test_the_books_of_a_shard_stay_as_large_as_their_history() -> None:
    clock, state, sizes = Clock(), KeyState.empty(), []
    policy = rules(MASTER, channels=SHARED, limits={"history_days": HISTORY_DAYS}).policy
    worker: Any = _FoldStateFn(MASTER, policy, clock)
    worker.setup()
    for day in range(DAYS):
        for event in events_of(day):
            clock.now = event.received_at
            list(worker.process((7, pack([pack(event)])), *state))
            state.commit()
        clock.now = hour(day * 24 + 23)
        list(worker.fire(7, *state))
        state.commit()
        sizes.append(len(state.snapshot.current or b"") + sum(map(len, state.journal.current)))
    ledger = worker.live.by_key[7][1].shard.books[ITEM]
    assert max(sizes[LATE]) < 1.1 * max(sizes[EARLY])
    assert len(ledger.claims) < 2 * HISTORY_DAYS * 9


def test_keys_are_known_as_long_as_their_window() -> None:
    states: dict[int, tuple[Value, Bag, Value]] = {}
    worker: Any = _FindFn(timedelta(days=HISTORY_DAYS))
    worker.setup()
    sizes = []
    for day in range(DAYS):
        for event in events_of(day):
            shard = key_shard_of(event.transaction_key)
            list(worker.process((shard, noted([event])), *states.setdefault(shard, (Value(), Bag(), Value()))))
        sizes.append(sum(len(one.read() or b"") + sum(map(len, bag.read())) for one, bag, _ in states.values()))
    assert max(sizes[LATE]) < 1.1 * max(sizes[EARLY])
