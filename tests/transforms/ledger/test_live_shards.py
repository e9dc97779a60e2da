"""A shard in memory is used only if state proves it current; what state holds gives the same shard again."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from apache_beam.internal import pickler

from schemas.encoding import pack, unpack, unsqueeze
from schemas.records import Decision, StockEvent
from tests.agreement import POLICY, clock, master_of, shard_of
from tests.builders import hour, receipt, requested, shipment
from tests.days import make_day, perturb
from tests.ledgers import MASTER, SHARED, a_shard, contents, on_hand
from transforms.ledger import live_shards
from transforms.ledger.ledger_state import dump_books
from transforms.ledger.live_shards import Live, LiveShards, fold_state, restore
from transforms.ledger.shard_rules import Shard
from transforms.ledger.streamed_shards import _FoldStateFn


def a_live(journal: list[bytes], *groups: list[StockEvent]) -> Live:
    live = Live(a_shard())
    for number, group in enumerate(groups):
        packed = [pack(event) for event in group]
        live.shard.fold(packed, hour(number))
        journal.append(live.entry(hour(number), packed))
    return live


def again(_: Any) -> Shard:
    return a_shard()


@pytest.mark.parametrize(
    ("story", "kept_under", "in_state", "found"),
    [
        ("the token in state is its own", b"now", b"now", True),
        ("somebody else has been here", b"then", b"now", False),
        ("state is empty", b"now", None, False),
        ("state is empty and so is its token", b"", b"", False),
    ],
)
def test_memory_counts_if_its_token_is_the_one_in_state(
    story: str, kept_under: bytes, in_state: bytes | None, found: bool
) -> None:
    shards, live = LiveShards(), Live(a_shard())
    shards.keep(7, live, kept_under)
    assert shards.take(8, in_state) is None
    assert shards.take(7, in_state) is (live if found else None)


def test_what_is_taken_is_gone_until_it_is_kept_again() -> None:
    shards, live = LiveShards(), Live(a_shard())
    shards.keep(7, live, b"now")
    assert shards.take(7, b"now") is live
    assert shards.take(7, b"now") is None
    shards.keep(7, live, b"then")
    assert shards.take(7, b"then") is live


def test_copies_of_a_step_share_what_they_keep_and_other_steps_do_not() -> None:
    """Runners that work on several shards of a step at once make a copy for each."""
    step, other = (_FoldStateFn(MASTER, POLICY) for _ in range(2))
    copies: list[Any] = [pickler.loads(pickler.dumps(one)) for one in (step, step, other)]
    for copy in copies:
        copy.setup()
    live = Live(a_shard())
    copies[0].live.keep(7, live, b"now")
    assert copies[2].live.take(7, b"now") is None
    assert copies[1].live.take(7, b"now") is live


def test_the_least_recently_used_makes_room() -> None:
    shards = LiveShards(limit=2)
    for key in (1, 2):
        shards.keep(key, Live(a_shard()), b"now")
    shards.keep(1, shards.take(1, b"now"), b"now")
    shards.keep(3, Live(a_shard()), b"now")
    assert {key: bool(shards.take(key, b"now")) for key in (1, 2, 3)} == {1: True, 2: False, 3: True}


def test_the_journal_is_read_in_its_own_order() -> None:
    """A bag hands back its elements in any order."""
    journal: list[bytes] = []
    a_live(journal, [receipt(5, at=1, key="k", received_at=9)], [receipt(6, at=1, key="k", received_at=9.5)])
    live = restore(again, None, reversed(journal))
    assert on_hand(live.shard.books) == {"": 5}
    assert (live.entries, live.journal_bytes) == (2, sum(map(len, journal)))


def test_entries_after_a_restart_go_on_counting() -> None:
    journal: list[bytes] = []
    a_live(journal, [receipt(5, at=1)], [shipment(1, at=2)])
    live = restore(again, None, journal)
    assert [unpack(unsqueeze(entry))[0] for entry in [*journal, live.entry(hour(9), None)]] == [0, 1, 2]


def test_an_entry_without_events_is_the_clock_alone() -> None:
    live = Live(a_shard())
    number, now, events, *_ = unpack(unsqueeze(live.entry(hour(9), None)))
    assert (number, now, events) == (0, hour(9), None)


@pytest.mark.parametrize(
    ("journal_bytes", "snapshot_bytes", "folds"),
    [(100, 0, False), (101, 0, True), (101, 101, False), (102, 101, True), (50, 1, False)],
)
def test_the_journal_is_folded_once_it_outgrows_the_snapshot_and_a_minimum(
    journal_bytes: int, snapshot_bytes: int, folds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_shards, "JOURNAL_BYTES_MIN", 100)
    live = Live(a_shard(), snapshot_bytes)
    live.journal_bytes = journal_bytes
    assert live.wants_folding() is folds


def test_a_folded_journal_starts_anew() -> None:
    journal: list[bytes] = []
    live = a_live(journal, [receipt(5, at=1)], [shipment(1, at=2)])
    snapshot = fold_state(live)
    assert (live.snapshot_bytes, live.journal_bytes, live.entries) == (len(snapshot), 0, 0)
    assert unsqueeze(snapshot) == dump_books(live.shard.books, heard=live.shard.hearing.kept())


def test_state_of_a_version_that_did_not_squeeze_is_read() -> None:
    journal: list[bytes] = []
    live = a_live(journal, [receipt(5, at=1)])
    snapshot = unsqueeze(fold_state(live))
    later = unsqueeze(live.entry(hour(3), [pack(shipment(2, at=2))]))
    make = partial(Shard, live.shard.master, live.shard.policy)
    assert on_hand(restore(make, snapshot, [later]).shard.books) == {"": 3}


def test_snapshot_and_journal_give_the_shard_again_wherever_the_journal_was_folded() -> None:
    for seed in range(40):
        day = make_day(seed, events=40)
        bundles = perturb(day, seed)
        live = Live(shard_of(day))
        snapshot, journal = None, []
        for number, (now, bundle) in enumerate(zip(clock(day, len(bundles), seed), bundles, strict=True)):
            packed = [pack(event) for event in bundle]
            fold = live.shard.fold(packed, now)
            journal.append(live.entry(now, packed, fold.records))
            live.shard.advance(now)
            journal.append(live.entry(now, None))
            if number == seed % len(bundles):
                snapshot, journal = fold_state(live), []
        make = partial(Shard, master_of(day), POLICY, owners_of=day.owner_of)
        restored = restore(make, snapshot, journal)
        assert contents(restored.shard.books) == contents(live.shard.books), f"day {seed}"
        assert restored.journal_bytes == live.journal_bytes
        tomorrow = day.now + timedelta(days=1)
        assert restored.shard.advance(tomorrow) == live.shard.advance(tomorrow), f"day {seed}"


def test_a_decision_stays_when_the_policy_has_changed_before_the_journal_is_read() -> None:
    journal: list[bytes] = []
    live = Live(a_shard())
    group = [pack(receipt(9, at=1)), pack(requested(4, at=2, key="a"))]
    fold = live.shard.fold(group, hour(3))
    journal.append(live.entry(hour(3), group, fold.records))
    stricter = {"web": {**SHARED["web"], "pool": {"kind": "fixed", "quantity": 1}}}

    def under_the_new_policy(books: Any) -> Shard:
        return Shard(MASTER, a_shard(stricter).policy, books)

    shard = restore(under_the_new_policy, None, journal).shard
    assert shard.books["BOLT"].claims["SO-1"].granted == 4
    again = [pack(requested(4, at=4, key="b", order_reference="SO-2"))]
    assert [one.outcome for one in shard.fold(again, hour(5)).records if isinstance(one, Decision)] == ["refused"]
