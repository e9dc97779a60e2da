"""Answers wait in state until bundles that saw them are known to be kept; failures and lost workers cost time only."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest

from schemas.encoding import pack
from schemas.records import Decision, Preemption
from tests.builders import hour, requested
from tests.fake_state import Bag, Timer, Value
from transforms.ledger import telling
from transforms.ledger.decision_rules import decision_on
from transforms.ledger.telling import _GroupFn, _ProbeFn, _WaitFn

KEY = 3
STATES = ("waiting", "looked_for", "look")


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    telling._TELLINGS.clear()
    yield
    telling._TELLINGS.clear()


def answer(order: str = "SO-1") -> Decision:
    return decision_on(requested(4, at=2, key=order, order_reference=order), requested(4, at=2).quantity)


class Job:
    """One key of the stage on a runner: bundles commit or fail, and are finalized when a checkpoint completes."""

    def __init__(self) -> None:
        self.wait, self.probe = _WaitFn("stage"), _ProbeFn("stage")
        self.state: dict[str, Any] = {"waiting": Bag(), "looked_for": Value(), "look": Timer()}
        self.ended: list[Any] = []

    def add(self, *answers: Any) -> None:
        self.wait.process((KEY, pack([(type(one).__name__, one) for one in answers])), **self.state)
        self._end(commit=True)

    def look(self, *, commit: bool = True) -> list[Any]:
        """The timer fires if it is set; what goes out."""
        if self.state["look"].current is None:
            return []
        self.state["look"].clear()
        out, finalizer = [], beam.DoFn.BundleFinalizerParam()
        for one in self.wait.look(KEY, **self.state):
            if isinstance(one, beam.pvalue.TaggedOutput):
                self.probe.process(one.value, finalizer)
            else:
                out.append(one)
        if commit:
            self.ended.append(finalizer)
        self._end(commit=commit)
        return out

    def complete(self) -> None:
        """A checkpoint completes: every bundle that has ended is finalized."""
        ended, self.ended = self.ended, []
        for finalizer in ended:
            finalizer.finalize_bundle()

    def _end(self, *, commit: bool) -> None:
        for state in self.state.values():
            if commit:
                state.committed = state.current
            else:
                state.current = state.committed


def test_an_answer_comes_out_after_the_second_checkpoint_and_leaves_nothing_behind() -> None:
    job = Job()
    job.add(answer())
    assert job.look() == []
    job.complete()
    assert job.look() == []
    job.complete()
    assert job.look() == [answer()]
    assert (job.state["waiting"].current, job.state["look"].current) == ((), None)


def test_what_came_later_stays_when_the_first_goes() -> None:
    job = Job()
    job.add(answer())
    job.look()
    job.complete()
    job.look()
    job.add(answer("SO-2"))
    job.complete()
    assert job.look() == [answer()]
    job.complete()
    job.look()
    job.complete()
    assert job.look() == [answer("SO-2")]


def test_a_bundle_that_fails_while_it_tells_tells_again() -> None:
    job = Job()
    job.add(answer())
    for _ in range(2):
        job.look()
        job.complete()
    assert job.look(commit=False) == [answer()]
    assert job.look() == [answer()]
    assert job.look() == []


def test_a_lost_worker_costs_two_more_checkpoints_and_no_answer() -> None:
    job = Job()
    job.add(answer())
    job.look()
    job.complete()
    job.look()
    telling._TELLINGS.clear()
    job.complete()
    assert job.look() == []
    for _ in range(2):
        job.complete()
        told = job.look()
    assert told == [answer()]


def test_a_timer_that_is_set_is_not_put_off_by_what_comes() -> None:
    job = Job()
    job.add(answer())
    job.state["look"].current = "as it was"
    job.add(answer("SO-2"))
    assert job.state["look"].current == "as it was"


def test_answers_of_a_bundle_are_grouped_and_come_back_as_they_were() -> None:
    gave_way = Preemption(
        "t", "BOLT", "SO-1", "web", requested(1, at=1).quantity, "u", "BOLT", "SO-2", "b2b", "c", hour(1)
    )
    grouping: Any = _GroupFn()
    grouping.start_bundle()
    for one in (answer(), gave_way, answer("SO-2")):
        grouping.process(one, 0)
    [group] = [windowed.value for windowed in grouping.finish_bundle()]
    job = Job()
    job.wait.process(group, **job.state)
    for _ in range(2):
        job.look()
        job.complete()
    assert job.look() == [answer(), gave_way, answer("SO-2")]
