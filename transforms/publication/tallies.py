"""Tallies: anything in, the same out, counted for the person who watches; never for a decision.

Runners report their metrics when a bundle ends, which in batch is when the work is over. These counts are plain numbers
of this process, so they move while a bundle runs; workers in other processes have their own, which nobody sees.
"""

import threading
from collections import Counter
from typing import Any

import apache_beam as beam

TALLY_EVERY = 1_000  # elements between two looks at the shared counts

_lock = threading.Lock()
_tallies: Counter[str] = Counter()


def tally(label: str, count: int) -> None:
    """Add to one of this process's counts."""
    with _lock:
        _tallies[label] += count


def tallied() -> dict[str, int]:
    """The counts of this process so far, in the order in which they first moved."""
    with _lock:
        return dict(_tallies)


def clear_tallies() -> None:
    """Start from nothing, as each run does."""
    with _lock:
        _tallies.clear()


class TallyElements(beam.PTransform[Any, Any]):
    """Count what passes, under a label, for the progress line.

    In:       anything.
    Out:      the same, unchanged.
    State:    none.
    Rejects:  nothing.
    """

    def __init__(self, label: str) -> None:
        super().__init__()
        self.tally_label = label

    def expand(self, elements: Any) -> Any:
        counted = elements | "Count" >> beam.ParDo(_TallyFn(self.tally_label))
        counted.element_type = elements.element_type
        return counted


class _TallyFn(beam.DoFn):
    def __init__(self, label: str) -> None:
        self.tally_label = label
        self.pending = 0

    def process(self, element: Any) -> tuple[Any]:
        self.pending += 1
        if self.pending >= TALLY_EVERY:
            self._pass_on()
        return (element,)

    def finish_bundle(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        tally(self.tally_label, self.pending)
        self.pending = 0
