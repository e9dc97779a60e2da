"""Telling rules: which answers may be told, by what a runner says of its checkpoints; without runner, clock or state.

    seen in state ─ any probe is finalized ─ a probe that began after that is finalized ─ may be told

An answer is given once, and whoever got it acts on it. If it were told at once, a crash could take the books back to a
checkpoint from before it, and the request would be decided again, among rivals that come in another order: two
answers to one request. So an answer waits in state until a checkpoint holds it, and with it the books that gave it.

A probe is a bundle that asks to be told when it is finalized. Flink finalizes every bundle that has ended when a
checkpoint completes, also one that ended after that checkpoint was taken, so one probe proves nothing yet. But the
checkpoint that finalizes a probe which began later still was taken after the first word was heard, when the answer had
long been seen. `lease_rules` settles deliveries by the same reasoning.

What is known here may be lost at any time, with the worker: then the same answers are seen again, and probes begin
anew. What has been proved stays proved, since a runner never goes back behind a completed checkpoint.
"""

from collections.abc import Set as AbstractSet
from typing import NamedTuple

PROBE_SECONDS_MAX = 2.0  # a probe of which nothing was heard for so long may be lost with its bundle: begin another
PROBES_MAX = 100  # of which nothing was heard; a worker keeps the machinery of each such bundle


class Look(NamedTuple):
    """What is to be done after a look at the answers in state."""

    told: frozenset[bytes]  # these may go out, and out of state
    probe: int | None  # ask to be told when the bundle of this look is finalized


class Telling:
    """How far the answers of one key have come; answers are known by tokens, each given only once."""

    def __init__(self) -> None:
        self._seen: frozenset[bytes] = frozenset()
        self._counts_from: dict[bytes, int] = {}  # answer -> the first probe that proves it
        self._proved: set[bytes] = set()
        self._open: dict[int, float] = {}  # probe -> when it began
        self._next = 0

    def look(self, waiting: AbstractSet[bytes], now: float) -> Look:
        """See what waits in state at `now`, in seconds of any steady clock; what is no longer there is forgotten."""
        self._proved &= waiting  # those stay until they are seen to be gone: the bundle that tells them may fail
        self._counts_from = {one: probe for one, probe in self._counts_from.items() if one in waiting}
        told = frozenset(self._proved)
        self._seen = frozenset(waiting - told)
        if not self._seen or any(now - began < PROBE_SECONDS_MAX for began in self._open.values()):
            return Look(told, None)
        if len(self._open) == PROBES_MAX:
            del self._open[min(self._open)]
        probe, self._next = self._next, self._next + 1
        self._open[probe] = now
        return Look(told, probe)

    def finalize(self, probe: int) -> None:
        """The bundle of a probe is finalized; the second time this says nothing."""
        if self._open.pop(probe, None) is None:
            return
        for answer in self._seen:
            if probe >= self._counts_from.setdefault(answer, self._next):
                self._proved.add(answer)
