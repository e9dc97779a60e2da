"""Draining: outboxes of many partners in, worked off side by side until all have settled or the time is up.

For input that ends: what a stream does with timers is done here in one loop. The clock is an argument, so that tests
and benchmarks run hours of it in seconds: it says what time it is, and waits until a time or until an answer comes.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from transforms.sending.callers import Caller, Way
from transforms.sending.outbox_rules import Outbox

MakeWay = Callable[[str], Way]


class Waits(Protocol):
    """A clock that can be waited for."""

    def now(self) -> float:
        """Seconds since 1970."""

    def wait(self, until: float | None) -> None:
        """Return at `until`, or when `wake` is called, whichever is first; None: only then."""

    def wake(self) -> None:
        """An answer is there."""


class WallClock:
    """The clock on the wall."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def now(self) -> float:
        return time.time()

    def wait(self, until: float | None) -> None:
        self._woken.wait(None if until is None else max(0.0, until - time.time()))
        self._woken.clear()

    def wake(self) -> None:
        self._woken.set()


def drain(outboxes: Iterable[Outbox], make_way: MakeWay, clock: Waits, seconds_max: float) -> None:
    """Work until every message has ended or the time is up; what is left then is still waiting."""
    open_boxes = {box.partner: box for box in outboxes}
    callers = {name: Caller(name, make_way(name), clock.wake) for name in open_boxes}
    deadline = clock.now() + seconds_max
    try:
        while open_boxes and clock.now() < deadline:
            turn(open_boxes, callers, clock.now())
            open_boxes = {name: box for name, box in open_boxes.items() if box.in_flight or not box.is_settled}
            if open_boxes:
                clock.wait(_next_at(open_boxes, deadline))
    finally:
        for caller in callers.values():
            caller.stop()


def turn(outboxes: Mapping[str, Outbox], callers: Mapping[str, Caller], now: float) -> None:
    """Take in the answers that are there and make the calls that may be made."""
    for name, box in outboxes.items():
        if box.in_flight is not None:
            answer = callers[name].answer_of(box.in_flight.number)
            if answer is None:
                continue
            box.answered(answer, now)
        call = box.next_call(now)
        if call is not None:
            callers[name].start(call, now)


def _next_at(outboxes: Mapping[str, Outbox], deadline: float) -> float:
    times = [box.due_at() for box in outboxes.values() if box.in_flight is None]
    return min([deadline, *(at for at in times if at is not None)])
