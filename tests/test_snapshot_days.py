"""What stops at the guard is missed by nobody: days of complete snapshots end as if every row had been entered."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

import pytest

from schemas.encoding import pack
from schemas.records import PositionRow, SnapshotClosed, SnapshotPart, StockEvent
from tests.builders import count, hour, receipt, shipment, snapshot, unknown
from tests.ledgers import a_shard
from tests.oracle import oracle
from tests.published import Published
from tests.transforms.guard.full import rules
from tests.verdicts import WMS_OWNS
from transforms.guard.guard_state import NOTHING, State, dump_head, dump_part, dump_tables, load_head, load_parts
from transforms.guard.snapshot_rules import guard
from transforms.guard.table_rules import tables_of
from transforms.guard.whole_rules import Rules
from transforms.ledger.entry_rules import packed_entry
from transforms.ledger.ledger_state import dump_books, load_books, load_snapshots
from transforms.ledger.snapshot_rules import Snapshots

SEEDS = range(int(os.environ.get("SELLABLE_SNAPSHOT_DAYS", "120")))
SPOTS = [("BOLT", ""), ("NUT", ""), ("MILK", "OLD"), ("MILK", "NEW"), ("OIL", "")]


class Days(NamedTuple):
    """What happened, and how it was told."""

    lists: dict[float, dict[tuple[str, str], int | None]]  # by hour; None: it does not say how much
    others: list[StockEvent]  # movements and counts
    until: datetime


def made(random: Random, step: float, number: int, change: float = 0.15, unsaid: float = 0) -> Days:
    """Some complete snapshots, each mostly as the one before, and what happened meanwhile, at their very times too."""
    lists: dict[float, dict[tuple[str, str], int | None]] = {}
    said = {spot: random.randint(1, 9) for spot in SPOTS[: random.randint(2, 5)]}
    for n in range(1, number + 1):
        lists[n * step] = {spot: None if random.random() < unsaid else said[spot] for spot in said}
        for spot in SPOTS:
            if random.random() < change:
                said[spot] = random.randint(spot == SPOTS[0], 9)
            elif random.random() < change / 2 and spot != SPOTS[0]:
                said.pop(spot, None)
    others = []
    for n in range(random.randint(0, int(number * change * 7))):
        item, lot = random.choice(SPOTS)
        at = random.choice((*lists, random.uniform(0, step * (number + 1)), random.uniform(0, step * (number + 1))))
        make = random.choice((receipt, shipment, shipment, count, unknown if unsaid else count))
        key = f"{random.choice('Ae')}{n}"  # before or after the lines and notices of the same receipt
        others.append(make(random.randint(1, 5), at, key, item=item, lot=lot))
    return Days(lists, others, hour(step * (number + 2)))


def lines_at(days: Days, at: float) -> list[StockEvent]:
    return [
        (unknown if quantity is None else snapshot)(
            quantity or 0, at, f"L{at}:{item}{lot}", item=item, lot=lot, message_id=f"m{at}"
        )
        for (item, lot), quantity in days.lists[at].items()
    ]


def parts_of(days: Days, at: float, random: Random) -> list[SnapshotPart]:
    """One snapshot in one message, or in two."""
    lines = [pack(one) for one in lines_at(days, at)]
    cut = random.randint(0, len(lines)) if random.random() < 0.5 else len(lines)
    pages = [lines[:cut], lines[cut:]] if cut < len(lines) else [lines]
    received = hour(at) + timedelta(minutes=1)
    named = (f"L{at}", "wms", ("EAST",), hour(at), received)
    rest = ("c", "wms/list@1")
    return [
        SnapshotPart(*named, f"m{at}.{n}", *rest, tuple(page), 0, str(n), len(pages), None, None)
        for n, page in enumerate(pages)
    ]


def through_the_guard(
    days: Days, order: list[SnapshotPart], by: Sequence[Rules] = (rules(zero="1", move="99"),)
) -> tuple[list[StockEvent | SnapshotClosed], Counter[str]]:
    """What comes out of the guard, of parts one after another, and how lines ended; its state goes through bytes."""
    state, found, ended = NOTHING, list[StockEvent | SnapshotClosed](), Counter[str]()
    entries: list[bytes] = []
    for part, limits in [*((part, by[0]) for part in order), *((None, one) for one in by[1:])]:
        guarded = guard(state, [part] if part else [], limits, days.until, is_all=False)
        found += [*guarded.events, *guarded.closed]
        ended.update({f"{one.outcome} {one.reason}": one.total for one in guarded.counts})
        entries = guarded.entries if guarded.is_anew else [*entries, *guarded.entries]
        assert tables_of(entries).keys() == guarded.state.tables.keys()
        head = load_head(dump_head(guarded.state.head))
        kept = [dump_part(one) for its in guarded.state.parts.values() for one in its]
        state = State(head, load_parts(kept), tables_of(reversed(entries)))
        again = tables_of(dump_tables(guarded.state.tables))
        assert [one.rows() for one in again.values()] == [rows for one in state.tables.values() if (rows := one.rows())]
    return found, ended


def folded(arrived: list[StockEvent | SnapshotClosed], random: Random, until: datetime, *, forgets: bool) -> Published:
    """Into a shard in bundles; between them it goes through bytes, and what is old is folded away."""
    shard, seen = a_shard(owners=WMS_OWNS), Published()
    at = 0
    while at < len(arrived):
        size = random.randint(1, 6)
        bundle = arrived[at : at + size]
        at += size
        packed = [packed_entry(one) if isinstance(one, SnapshotClosed) else pack(one) for one in bundle]
        seen.take(shard.fold(packed, until))
        shard.check_conservation()
        if random.random() < 0.5:
            if forgets:
                shard.forget()
            data = dump_books(shard.books, shard.snapshots.all())
            shard.books, shard.snapshots = load_books(data), Snapshots(load_snapshots(data))
    assert not seen.went_back
    return seen


def whole(days: Days) -> list[SnapshotClosed]:
    return [
        SnapshotClosed(f"L{at}@EAST", "wms", "EAST", hour(at), hour(at) + timedelta(minutes=1), "m", "c")
        for at in days.lists
    ]


def expected(days: Days) -> tuple[dict[tuple[str, ...], int], dict[tuple[Any, ...], int], dict[Any, datetime]]:
    """Positions, differences without the names of lines, and what is unknown, by the oracle, of every row."""
    books = oracle(
        [*days.others, *(line for at in days.lists for line in lines_at(days, at))],
        now=days.until,
        owner_of=lambda location, facts, _at: WMS_OWNS.get((location, facts), frozenset()),
        settle=timedelta(hours=1),
        tolerance=Decimal(0),
        granted={},
        lists=whole(days),
    )
    differences = Counter((*key[:5], a, b) for key, (a, b) in books.discrepancies.items())
    since = {key: one.since for key, one in books.unknown.items()}
    return {key: int(quantity) for key, quantity in books.positions.items() if quantity}, {**differences}, since


def found(seen: Published) -> tuple[dict[tuple[str, ...], int], dict[tuple[Any, ...], int], dict[Any, datetime]]:
    differences = Counter((*key[:5], a, b) for key, (a, b) in seen.discrepancies().items())
    since = {key: row.unknown_since for key, row in seen.rows[PositionRow].items() if row.unknown_since}
    return {key: int(quantity) for key, quantity in seen.positions().items()}, {**differences}, since


@pytest.mark.parametrize("seed", SEEDS)
def test_days_of_snapshots_end_as_if_every_row_were_entered(seed: int) -> None:
    random = Random(f"snapshots {seed}")
    days = made(random, step=4, number=random.randint(2, 7), unsaid=random.choice((0, 0.07)))
    order = [part for at in days.lists for part in parts_of(days, at, random)]
    order += random.choices(order, k=random.randint(0, 3))
    if random.random() < 0.5:
        random.shuffle(order)
    told, ended = through_the_guard(days, order)
    lines = sum(len(part.lines) for part in order)
    events = sum(isinstance(one, StockEvent) for one in told)
    assert events + sum(ended.values()) == lines
    arrived = [*told, *days.others, *random.choices([*told, *days.others], k=2)]
    random.shuffle(arrived)
    seen = folded(arrived, random, days.until, forgets=False)
    assert found(seen) == expected(days)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_held_moves_nothing_until_a_person_lets_it_through(seed: int) -> None:
    """Under strict rules the books are those of the lists that went on; once all are approved, those of every list."""
    random = Random(f"held {seed}")
    days = made(random, step=4, number=random.randint(2, 7), change=0.4, unsaid=random.choice((0, 0.07)))
    order = [part for at in days.lists for part in parts_of(days, at, random)]
    strict = rules(zero="0.2", move="0.3")
    for by in ([strict], [strict, rules(*(f"L{at}" for at in days.lists))]):
        told, _ = through_the_guard(days, order, by)
        went = {one.occurred_at for one in told if isinstance(one, SnapshotClosed)}
        arrived = [*told, *days.others]
        random.shuffle(arrived)
        seen = folded(arrived, random, days.until, forgets=False)
        of_these = days._replace(lists={at: rows for at, rows in days.lists.items() if hour(at) in went})
        assert found(seen) == expected(of_these)
    assert went == {hour(at) for at in days.lists}


@pytest.mark.parametrize("seed", SEEDS)
def test_weeks_of_snapshots_end_the_same_when_history_is_folded_away(seed: int) -> None:
    random = Random(f"weeks {seed}")
    change, unsaid = random.choice((0.15, 0.01, 0.02)), random.choice((0, 0, 0.01))
    days = made(random, step=60, number=random.randint(20, 40), change=change, unsaid=unsaid)
    told, _ = through_the_guard(days, [part for at in days.lists for part in parts_of(days, at, random)])
    late = {id(one): one.occurred_at + timedelta(days=random.choice((0, 0, 3, 9))) for one in (*told, *days.others)}
    arrived = sorted((*told, *days.others), key=lambda one: late[id(one)])
    seen = folded(arrived, random, days.until, forgets=True)
    assert found(seen)[::2] == expected(days)[::2]


def test_most_rows_of_such_days_stop_at_the_guard() -> None:
    random = Random("share")
    days = made(random, step=4, number=12)
    order = [part for at in days.lists for part in parts_of(days, at, random)]
    told, ended = through_the_guard(days, order)
    assert ended["compared unchanged"] > sum(isinstance(one, StockEvent) for one in told)
