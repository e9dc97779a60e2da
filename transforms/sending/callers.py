"""Callers: calls in, made in a thread for each partner, their answers out when they are asked for.

A partner that hangs keeps its own thread busy until its time is up, and nobody else's. A caller holds at most one call;
its answer waits here until the outbox is looked at.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from transforms.sending.outbox_state import Answer, Call


class Way(Protocol):
    """A way to a partner."""

    def make(self, call: Call, at: float) -> Answer:
        """Make a call."""

    def close(self) -> None:
        """Give up what is open."""


Woken = Callable[[], None]


def _nobody() -> None:
    pass


class Caller:
    """The thread of one partner."""

    def __init__(self, name: str, way: Way, woken: Woken = _nobody) -> None:
        """`woken` is called when an answer is there."""
        self._way = way
        self._woken = woken
        self._calls: SimpleQueue[tuple[Call, float] | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[int, Answer]] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"calls {name}", daemon=True)
        self._thread.start()

    def start(self, call: Call, at: float) -> None:
        """Have a call made."""
        self._calls.put((call, at))

    def answer_of(self, number: int) -> Answer | None:
        """The answer of the call of this number, if it is there; answers of calls given up before are dropped."""
        while True:
            try:
                answered, answer = self._answers.get_nowait()
            except Empty:
                return None
            if answered == number:
                return answer

    def stop(self) -> None:
        """End the thread when its call is done."""
        self._calls.put(None)

    def _work(self) -> None:
        while (made := self._calls.get()) is not None:
            call, at = made
            self._answers.put((call.number, self._way.make(call, at)))
            self._woken()
        self._way.close()
