"""An outbox read again from snapshot and journal is the one that was kept in memory, at any point of its life."""

import random

import pytest

from tests.partners import START, figure, terms
from transforms.sending.live_outboxes import LiveOutbox, restore
from transforms.sending.outbox_rows import take_rows
from transforms.sending.outbox_state import Answer

OUTCOMES = ("done", "throttled", "failed", "down", "unknown", "accepted")
TERMS = terms(batch_size_max=3, coalesce_seconds=1, verify_seconds=30, attempts_max=3, failures_max=3)


@pytest.mark.parametrize("seed", range(20))
def test_state_gives_back_what_memory_held(seed: int) -> None:
    rng = random.Random(seed)
    live, snapshot, journal, now = LiveOutbox("web", TERMS), None, [], START
    for version in range(60):
        now += rng.random() * 2
        if rng.random() < 0.6:
            live.offer([figure(f"L{rng.randrange(5)}", rng.randrange(4), version)], now)
        if live.outbox.in_flight is not None:
            outcome = rng.choice(OUTCOMES)
            live.answered(Answer("done", otherwise="accepted") if outcome == "accepted" else Answer(outcome), now)
        live.next_call(now)
        list(take_rows(live.outbox, now))
        if rng.random() < 0.1:
            snapshot, journal = live.folded(now), []
        elif (entry := live.entry()) is not None:
            journal.append(entry)
        again = restore("web", TERMS, snapshot, rng.sample(journal, len(journal)))
        again.outbox.failed.clear()
        assert _without_row_versions(again) == _without_row_versions(live)


def _without_row_versions(live: LiveOutbox) -> bytes:
    for entry in live.outbox.entries.values():
        entry.row_version = 0
    return live.outbox.dump()


def test_a_call_that_was_under_way_at_a_crash_is_made_again_under_the_same_key() -> None:
    live = LiveOutbox("web", terms())
    live.offer([figure("A", 3, 1)], START)
    call = live.next_call(START)
    entry = live.entry()
    assert call is not None
    assert entry is not None
    again = restore("web", terms(), None, [entry])
    again.reopened(START + 1)
    repeated = again.next_call(again.outbox.due_at() or 0)
    assert repeated is not None
    assert (repeated.idempotency_key, repeated.messages) == (call.idempotency_key, call.messages)
