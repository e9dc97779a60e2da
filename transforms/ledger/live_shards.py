"""Live shards: the books of a shard decoded once and kept between bundles, as long as a token proves them current.

Keyed state holds a snapshot of the books, a journal of the groups folded since, and a random token that every access
writes anew. A worker that kept the books in memory uses them only if its token is the one in state; after a failed
bundle, a move to another worker or a restart they differ, and the books are read again from snapshot and journal. A
counter would not do: a bundle that failed and its retry would carry the same number.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

from schemas.encoding import pack, squeeze, unpack, unsqueeze_if
from schemas.records import Decision, Preemption
from transforms.ledger.decision_rules import Decided
from transforms.ledger.hearing_rules import NOTHING_HEARD, Hearing
from transforms.ledger.ledger_state import dump_books, load_books, load_hearing, load_snapshots
from transforms.ledger.ownership_rules import owners_by
from transforms.ledger.shard_rules import Shard
from transforms.ledger.snapshot_rules import Snapshots

TOKEN_BYTES = 8
LIVE_SHARDS_MAX = 256  # least recently used ones are dropped; they are read again from state when needed
JOURNAL_BYTES_MIN = 1 << 18  # squeezed; below this a journal is never folded into the snapshot

MakeShard = Callable[[Any], Shard]  # from books, or None for an empty shard


class Terms(NamedTuple):
    """The rules by which events enter the books; with the events themselves they give the same books again."""

    owners: tuple[tuple[tuple[str, str, str], ...], ...]  # location, facts, source; once for each stretch of time
    history_seconds: int
    settle_seconds: int
    count_tolerance: Decimal
    for_sale: tuple[str, ...]
    starts: tuple[datetime, ...]  # of the stretches but the first


class Journal(NamedTuple):
    """One entry: a group of packed events, or None for the clock alone, and the time it was folded at.

    Decisions are kept with it: they stay as they were given, even if the policy is another when the entry is read.
    """

    number: int  # within the journal; bags keep no order
    now: datetime
    events: tuple[bytes, ...] | None
    decided: tuple[tuple[str, str, Decimal, tuple[str, ...]], ...]  # item, key, granted quantity, orders that gave way
    terms: tuple[Any, ...] = ()  # `Terms`, in the first entry of a journal: all of it was written under them


class Live:
    """One shard in memory, with how large its state is."""

    __slots__ = ("alert_version", "entries", "is_kept", "journal_bytes", "shard", "snapshot_bytes", "token", "version")

    def __init__(self, shard: Shard, snapshot_bytes: int = 0, version: str = "") -> None:
        self.shard = shard
        self.version = version  # of the rules that its figures were worked out by
        self.alert_version = 0  # of the last alert about rules that was told from here
        self.snapshot_bytes = snapshot_bytes
        self.journal_bytes = 0
        self.entries = 0  # in the journal
        self.token = b""
        self.is_kept = False  # whether the books file of the shard is as new as this

    def entry(self, now: datetime, events: Iterable[bytes] | None, records: Iterable[Any] = ()) -> bytes:
        """What was just folded, and what was decided in it, as the next entry of the journal."""
        decided = _decided_in(records)
        terms = () if self.entries else terms_of(self.shard)
        entry = squeeze(pack((self.entries, now, None if events is None else list(events), decided, terms)))
        self.entries += 1
        self.journal_bytes += len(entry)
        return entry

    def wants_folding(self) -> bool:
        """Whether the journal has outgrown the snapshot, so that folding costs no more than was written since."""
        return self.journal_bytes > max(JOURNAL_BYTES_MIN, self.snapshot_bytes)


def restore(
    make_shard: MakeShard, snapshot: bytes | None, journal: Iterable[bytes], *, same_rules: bool = True
) -> Live:
    """A shard from its state: the snapshot, then every journal entry in its order.

    `same_rules`: the journal was written under the rules that hold now. If not, it is read under its own terms, and
    what channels were told is forgotten, so that a renewal tells them again: it may be another figure by now.
    """
    size, snapshot = len(snapshot or b""), unsqueeze_if(snapshot) if snapshot else None
    shard = make_shard(load_books(snapshot) if snapshot else None)
    shard.snapshots = Snapshots(load_snapshots(snapshot) if snapshot else ())
    shard.hearing = Hearing(load_hearing(snapshot) if snapshot else NOTHING_HEARD)
    live = Live(shard, size)
    entries = list(journal)
    live.entries = len(entries)
    live.journal_bytes = sum(map(len, entries))
    in_order = sorted((Journal(*unpack(unsqueeze_if(one))) for one in entries), key=attrgetter("number"))
    is_foreign = not same_rules and bool(in_order)
    if is_foreign and in_order[0].terms:
        _set_terms(shard, Terms(*in_order[0].terms))
    shard.is_silent = is_foreign
    for entry in in_order:
        if entry.events is None:
            shard.advance(entry.now)
        else:
            shard.fold(entry.events, entry.now, _as_decided(entry.decided))
    if is_foreign:
        _forget_told(shard)
        live.shard = make_shard(shard.books)
        live.shard.snapshots, live.shard.hearing = shard.snapshots, shard.hearing
    return live


def _decided_in(records: Iterable[Any]) -> list[tuple[str, str, Decimal, list[str]]]:
    decisions: list[Decision] = []
    gave_way: dict[tuple[str, str], set[str]] = {}
    for one in records:
        if isinstance(one, Decision):
            decisions.append(one)
        elif isinstance(one, Preemption) and one.by_transaction_key != one.transaction_key:  # else no request's doing
            gave_way.setdefault((one.by_item, one.by_transaction_key), set()).add(one.order_reference)
    keys = [(one.item, one.transaction_key, one.granted_quantity) for one in decisions]
    return [(*key, sorted(gave_way.get(key[:2], ()))) for key in keys]


def _as_decided(rows: Iterable[tuple[str, str, Decimal, tuple[str, ...]]]) -> Decided:
    rows = list(rows)
    granted = {(item, key): quantity for item, key, quantity, _ in rows}
    return Decided(granted, {(item, key): tuple(orders) for item, key, _, orders in rows if orders})


def terms_of(shard: Shard) -> Terms:
    """The terms under which a shard enters events."""
    rules = shard.rules
    versions = shard.master.versions or (shard.master,)
    owners = tuple(tuple((*key, source) for key, source in sorted(one.ownership.items())) for one in versions)
    seconds = (int(rules.history.total_seconds()), int(rules.settle.total_seconds()))
    return Terms(owners, *seconds, rules.count_tolerance, tuple(sorted(shard.for_sale)), shard.master.starts)


def _set_terms(shard: Shard, terms: Terms) -> None:
    shard.rules = shard.rules._replace(
        owners_of=owners_by(
            [{(location, facts): source for location, facts, source in one} for one in terms.owners], terms.starts
        ),
        history=timedelta(seconds=terms.history_seconds),
        settle=timedelta(seconds=terms.settle_seconds),
        count_tolerance=terms.count_tolerance,
    )
    shard.for_sale = frozenset(terms.for_sale)


def _forget_told(shard: Shard) -> None:
    for ledger in shard.books.values():
        ledger.published.clear()
        ledger.signals.clear()
        ledger.promised.clear()


def fold_state(live: Live) -> bytes:
    """The books as a new snapshot; the journal can be cleared.

    Squeezed, since a runner may write all of its state at each checkpoint.
    """
    snapshot = squeeze(dump_books(live.shard.books, live.shard.snapshots.all(), live.shard.hearing.kept()))
    live.snapshot_bytes = len(snapshot)
    live.journal_bytes = live.entries = 0
    return snapshot


class LiveShards:
    """What one process keeps of shards in memory, the least recently used dropped first.

    All copies of a step share it, whichever thread they are in: runners that work on several shards of a step at once
    make a copy for each, and a shard comes to another copy every time.
    """

    def __init__(self, limit: int = LIVE_SHARDS_MAX) -> None:
        self.limit = limit
        self.by_key: OrderedDict[int, tuple[bytes, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: int, token: bytes | None) -> Any:
        """The shard as kept, if the token in state proves that nothing happened to it elsewhere; else None.

        It is kept no more: while it is being changed nobody may find it, since if that fails memory is ahead of state.
        """
        with self._lock:
            kept_under, live = self.by_key.pop(key, (b"", None))
        return live if token and kept_under == token else None

    def keep(self, key: int, live: Any, token: bytes) -> None:
        """Keep a shard under the token that has just been written to state."""
        with self._lock:
            self.by_key[key] = (token, live)
            while len(self.by_key) > self.limit:
                self.by_key.popitem(last=False)
