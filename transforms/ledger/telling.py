"""Telling: answers in, the same out once a checkpoint holds the books that gave them; `telling_rules` says when."""

import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any
from zlib import crc32

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.metrics.metric import Metrics
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import BagStateSpec, ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from schemas.encoding import pack, unpack
from schemas.records import Alert, Decision, Discrepancy, Preemption, Rejection, StockSignal
from transforms.ledger.telling_rules import Telling
from transforms.round_trips import commit_together

# What is said once: answers and refusals, of which the first stays in the views, and what is said only when it changes
ANSWERS = (Decision, Preemption, Rejection, Alert, Discrepancy, StockSignal)
KEYS = 4  # few cells: a bag is read for each look at it
LOOK_SECONDS = 0.25
TOKEN_BYTES = 8
PROBE = "probe"

_NAMED = {kind.__name__: kind for kind in ANSWERS}
_LOCK = threading.Lock()  # finalization comes in another thread
_TELLINGS: dict[tuple[str, int], Telling] = defaultdict(Telling)  # of this process: Beam makes many DoFns of a stage


class TellAnswers(beam.PTransform[Any, Any]):
    """Hold answers back until a checkpoint of the runner holds the books that gave them.

    In:       `Decision`, `Preemption`, `Rejection`, `Alert`, `Discrepancy`, `StockSignal`, of a stream.
    Out:      the same, some two checkpoints later; after a crash some of them once more, and never another answer.
    State:    what waits, in `KEYS` bags.
    Rejects:  nothing.
    Source:   Beam's bundle finalization; two-phase commit of a sink with the checkpoints of its runner.
    """

    def expand(self, answers: Any) -> Any:
        groups = answers | "GroupAnswers" >> beam.ParDo(_GroupFn()).with_output_types(tuple[int, bytes])
        stage = secrets.token_hex(8)
        wait = beam.ParDo(_WaitFn(stage)).with_output_types(Any, probe=tuple[int, int])
        waited = groups | "Wait" >> wait.with_outputs(PROBE, main="told")
        _ = waited[PROBE] | "Probe" >> beam.ParDo(_ProbeFn(stage)).with_output_types(int)
        return waited.told


class _GroupFn(beam.DoFn):
    """The answers of a bundle as one element for each key."""

    def __init__(self) -> None:
        self.groups: dict[int, list[Any]] = {}

    def start_bundle(self) -> None:
        self.groups = {}

    def process(self, answer: Any, timestamp: Any = beam.DoFn.TimestampParam) -> None:
        self.at = timestamp
        key = crc32(answer.item.encode() if type(answer) is not Rejection else answer.message_id.encode()) % KEYS
        self.groups.setdefault(key, []).append((type(answer).__name__, answer))

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for key, group in self.groups.items():
            yield WindowedValue((key, pack(group)), self.at, (GlobalWindow(),))


class _WaitFn(beam.DoFn):
    WAITING = BagStateSpec("waiting", BytesCoder())
    LOOKED_FOR = ReadModifyWriteStateSpec("looked_for", BytesCoder())  # whether a timer is set: to set it puts it off
    LOOK = TimerSpec("look", TimeDomain.REAL_TIME)

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.waited = Metrics.distribution("ledger", "answers_waited_milliseconds")

    def setup(self) -> None:
        commit_together()

    def process(
        self,
        element: tuple[int, bytes],
        waiting: Any = beam.DoFn.StateParam(WAITING),
        looked_for: Any = beam.DoFn.StateParam(LOOKED_FOR),
        look: Any = beam.DoFn.TimerParam(LOOK),
    ) -> None:
        waiting.add(pack((secrets.token_bytes(TOKEN_BYTES), time.time_ns(), element[1])))
        if not looked_for.read():
            _look_again(looked_for, look)

    @on_timer(LOOK)
    def look(
        self,
        key: Any = beam.DoFn.KeyParam,
        waiting: Any = beam.DoFn.StateParam(WAITING),
        looked_for: Any = beam.DoFn.StateParam(LOOKED_FOR),
        look: Any = beam.DoFn.TimerParam(LOOK),
    ) -> Iterator[Any]:
        entries = list(waiting.read())
        known = {entry[0]: entry for entry in map(unpack, entries)}
        with _LOCK:
            told, probe = _TELLINGS[self.stage, key].look(known.keys(), time.monotonic())
        if told:
            waiting.clear()
            for token in known.keys() - told:
                waiting.add(pack(known[token]))
        if len(told) < len(known):
            _look_again(looked_for, look)
        else:
            looked_for.clear()
        for token in told:
            _, since, group = known[token]
            self.waited.update((time.time_ns() - since) // 1_000_000)
            yield from (_NAMED[name]._make(row) for name, row in unpack(group))
        if probe is not None:
            yield beam.pvalue.TaggedOutput(PROBE, (key, probe))


class _ProbeFn(beam.DoFn):
    """Part of the bundle in which a timer looked; what a timer cannot have itself is a word when that is finalized."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def process(self, element: tuple[int, int], finalizer: Any = beam.DoFn.BundleFinalizerParam) -> None:
        finalizer.register(partial(_finalize, self.stage, *element))


def _finalize(stage: str, key: int, probe: int) -> None:
    with _LOCK:
        _TELLINGS[stage, key].finalize(probe)


def _look_again(looked_for: Any, look: Any) -> None:
    """At a moment that all keys share, so that one bundle does for them."""
    at = (time.time() // LOOK_SECONDS + 1) * LOOK_SECONDS
    look.set(Timestamp.of(at))
    looked_for.write(b"1")
