"""Proof host: deliveries in, everything that the keyed stage says of them out, while bundles fail and workers restart.

It does what a runner does: events are grouped by shard, a group is one bundle of its key, and a bundle that fails is
tried again with its state as it was. It fails at its commit, or before it has written everything. What a worker kept in
memory of a failed bundle is not undone, as in a real crash of user code; a worker that restarts loses all of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from random import Random
from typing import Any

from apache_beam.pvalue import TaggedOutput
from apache_beam.utils.timestamp import Timestamp

from schemas.master_data import MasterData
from schemas.policy_spec import Policy
from schemas.records import OutcomeCount, StockEvent
from tests.fake_state import KeyState, Value
from tests.published import Published
from transforms.kits.kit_rules import families
from transforms.ledger.grouping import SHARDS, _GroupFn
from transforms.ledger.item_ledger import Books
from transforms.ledger.ledger_rules import Decide
from transforms.ledger.live_shards import LiveShards
from transforms.ledger.shard_rules import Shard
from transforms.ledger.streamed_shards import _FoldStateFn

ZERO = Decimal(0)
WORKERS = 3
HANDOVERS = 0.01  # share of bundles that another worker than the last one gets
LIVE_MAX = SHARDS // WORKERS + 8  # shards that a worker keeps in memory: those it has now, and few that moved away
PUNCTUAL = 0.5  # share of due timers that fire before the next bundle; the others come late
CUT_SHORT = 0.5  # share of failures before the bundle has written all; in the others only the commit fails
SHOWN_MAX = 10


class StateLostError(Exception):
    """The runner does not take a write."""


class LostValue(Value):
    """A value state that can be read and no longer written."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.current = value.current

    def write(self, value: Any) -> None:  # noqa: ARG002  nothing is taken
        raise StateLostError


class Watch:
    """Looks at what is sellable before each decision, with arithmetic of its own, and then at what was granted."""

    def __init__(self) -> None:
        self.looked = 0
        self.oversold: list[str] = []

    def __call__(self, decide: Decide, books: Books, event: StockEvent) -> Decimal:
        needs = [(part.item, part.quantity / event.quantity) for part in event.components] or [(event.item, Decimal(1))]
        free = {item: sellable(books, item, event.received_at) for item, _ in needs}
        granted = decide(books, event)
        self.looked += 1
        for item, each in needs:
            if granted * each > free[item]:
                said = f"{event.transaction_key}: granted {granted * each} of {item}, sellable were {free[item]}"
                self.oversold.append(said)
        return granted


def sellable(books: Books, item: str, now: datetime) -> Decimal:
    """What is on hand for sale and claimed by nobody, all locations together; a location below zero has nothing."""
    ledger = books.get(item)
    if ledger is None:
        return ZERO
    here: Counter[str] = Counter()
    for (location, _, disposition), cell in ledger.cells.items():
        if disposition == "sellable":
            here[location] += cell.quantity  # type: ignore[assignment]
    wanted = ZERO
    for claim in ledger.claims.values():
        allocated = claim.allocated_at(now)
        wanted += claim.open_at(now) - sum(allocated.values(), ZERO)
        for location, quantity in allocated.items():
            here[location] -= quantity  # type: ignore[assignment]
    return max(ZERO, sum((max(ZERO, Decimal(left)) for left in here.values()), ZERO) - wanted)


class Host:
    """Workers that take turns on the keys of one stage."""

    def __init__(self, master: MasterData, policy: Policy, seed: int, failures: float) -> None:
        self.master = master
        self.policy = policy
        self.failures = failures
        self.random = Random(seed)
        self.watch = Watch()
        self.now = datetime.min.replace(tzinfo=UTC)
        self.states = {key: KeyState.empty() for key in range(SHARDS)}
        self.workers = [self._start() for _ in range(WORKERS)]
        self.at_work = {key: key % WORKERS for key in range(SHARDS)}
        self.seen = Published()
        self.happened: Counter[str] = Counter()
        self.differed: list[str] = []

    def _start(self) -> Any:
        worker = _FoldStateFn(self.master, self.policy, lambda: self.now)
        worker.setup()
        worker.live = LiveShards(LIVE_MAX)
        worker.make_shard = self._watched  # type: ignore[assignment]
        return worker

    def _watched(self, books: Books | None = None) -> Shard:
        shard = Shard(self.master, self.policy, books)
        shard.rules = shard.rules._replace(decide=partial(self.watch, shard.rules.decide))
        return shard

    def run(self, events: Iterable[StockEvent], arriving: int) -> None:
        """All events, so many of them at a time, each group as a bundle of its own; some due timers fire before it."""
        grouping = _GroupFn(families(self.master.boms), SHARDS)
        stream = iter(events)
        while bundle := list(islice(stream, arriving)):
            self.now = max(event.received_at for event in bundle)
            self._fire_due()
            for key, group in _grouped(grouping, bundle):
                self._until_it_succeeds(key, partial(_process, key, group))

    def finish(self, now: datetime) -> dict[int, Shard]:
        """Restart everything, look at the clock a last time, and give the books as they are read from state."""
        self.now = now
        self.workers = [self._start() for _ in range(WORKERS)]
        shards = {}
        for key in self.states:
            self._until_it_succeeds(key, partial(_fire, key))
            shards[key] = self.workers[self.at_work[key]].live.by_key[key][1].shard
        return shards

    def _fire_due(self) -> None:
        now = Timestamp.from_utc_datetime(self.now)
        for key, state in self.states.items():
            due_at = state.due.current
            if due_at is not None and due_at <= now and self.random.random() < PUNCTUAL:
                self.happened["timers"] += 1
                self._until_it_succeeds(key, partial(_fire, key))

    def _until_it_succeeds(self, key: int, attempt: Callable[[Any, KeyState], Iterable[Any]]) -> None:
        self.happened["bundles"] += 1
        lost: list[list[Any]] = []
        if self.random.random() < HANDOVERS:
            self._hand_over(key)
        while self.random.random() < self.failures:
            if self.random.random() < CUT_SHORT:
                self._cut_short(key, attempt)
            else:
                lost.append(list(attempt(self.workers[self.at_work[key]], self.states[key])))
            self.states[key].roll_back()
            self._fail(key)
        outputs = list(attempt(self.workers[self.at_work[key]], self.states[key]))
        self.states[key].commit()
        if any(_plain(one) != _plain(outputs) for one in lost):
            self.differed.append(f"a bundle of shard {key} said something else when it was tried again")
        self._take(outputs)

    def _cut_short(self, key: int, attempt: Callable[[Any, KeyState], Iterable[Any]]) -> None:
        """The fold is done and the journal written, and then the runner does not take the token."""
        state = self.states[key]
        with suppress(StateLostError):
            list(attempt(self.workers[self.at_work[key]], state._replace(token=LostValue(state.token))))

    def _fail(self, key: int) -> None:
        """What may come with a failed bundle: its worker goes on, restarts, or leaves the key to another one."""
        self.happened["failures"] += 1
        chance = self.random.random()
        if chance < 0.1:
            self.happened["restarts"] += 1
            self.workers[self.at_work[key]] = self._start()
        elif chance < 0.5:
            self._hand_over(key)

    def _hand_over(self, key: int) -> None:
        self.happened["handovers"] += 1
        self.at_work[key] = (self.at_work[key] + self.random.randrange(1, WORKERS)) % WORKERS

    def _take(self, outputs: list[Any]) -> None:
        plain = _plain(outputs)
        self.seen.take_counts(one for one in plain if isinstance(one, OutcomeCount))
        self.seen.take_records(plain)
        self.differed.extend(f"version went back: {pair}" for pair in self.seen.went_back[:SHOWN_MAX])
        self.seen.went_back.clear()


def _grouped(grouping: Any, bundle: Iterable[StockEvent]) -> Iterator[tuple[int, bytes]]:
    grouping.start_bundle()
    for event in bundle:
        yield from grouping.process(event, Timestamp(0))
    yield from (windowed.value for windowed in grouping.finish_bundle())


def _process(key: int, group: bytes, worker: Any, state: KeyState) -> Iterator[Any]:
    return worker.process((key, group), *state)  # type: ignore[no-any-return]


def _fire(key: int, worker: Any, state: KeyState) -> Iterator[Any]:
    return worker.fire(key, *state)  # type: ignore[no-any-return]


def _plain(outputs: Iterable[Any]) -> list[Any]:
    return [one.value if isinstance(one, TaggedOutput) else one for one in outputs]
