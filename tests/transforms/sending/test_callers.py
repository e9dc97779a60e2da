"""A partner that hangs keeps its own thread busy, and nobody else."""

import threading

from tests.partners import START, figure
from transforms.sending.callers import Caller
from transforms.sending.outbox_state import Answer, Call


class Way:
    """A way that takes as long as the test wants."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.closed = threading.Event()

    def make(self, call: Call, at: float) -> Answer:
        self.go_on.wait(10)
        return Answer("done", f"call {call.number} at {at}")

    def close(self) -> None:
        self.closed.set()


def call(number: int) -> Call:
    return Call(number, "send", "key", (figure("A", 1, 1),), (None,))


def test_answers_wait_until_they_are_asked_for_and_those_of_calls_given_up_are_dropped() -> None:
    way, woken = Way(), threading.Semaphore(0)
    caller = Caller("web", way, woken.release)
    caller.start(call(1), START)
    assert caller.answer_of(1) is None
    caller.start(call(2), START)
    way.go_on.set()
    assert all(woken.acquire(timeout=10) for _ in range(2))
    assert caller.answer_of(2) == Answer("done", f"call 2 at {START}")
    assert caller.answer_of(2) is None
    caller.stop()
    assert way.closed.wait(10)
