"""`run_until` tells a job that got there from one that failed, and leaves none running."""

import threading
from collections.abc import Callable

import apache_beam as beam
import pytest
from apache_beam.io.gcp.pubsub import ReadFromPubSub
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineResult, PipelineState

from tests.queues import NewQueue
from tests.streaming import JobEndedError, run_until

pytestmark = pytest.mark.pubsub


def _start(subscription: str, work: Callable[[bytes], object]) -> PipelineResult:
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=DirectRunner", "--streaming"]))
    pipeline | "Read" >> ReadFromPubSub(subscription=subscription) | "Work" >> beam.Map(work)
    return pipeline.run()


def test_a_job_that_fails_fails_the_test_with_its_own_error(new_queue: NewQueue) -> None:
    queue = new_queue("failing")
    queue.publish([b"not a number"])
    with pytest.raises(JobEndedError, match="invalid literal for int"):
        run_until(_start(queue.subscription, int), lambda: False)


def test_a_job_that_does_not_get_there_is_stopped(new_queue: NewQueue) -> None:
    result = _start(new_queue("idle").subscription, len)
    with pytest.raises(JobEndedError, match=r"did not hold within 0\.2 s"):
        run_until(result, lambda: False, timeout_seconds=0.2)
    assert result.state in {PipelineState.CANCELLED, PipelineState.DONE}


def test_a_job_that_got_there_leaves_no_thread(new_queue: NewQueue) -> None:
    before = {thread.name for thread in threading.enumerate()}
    run_until(_start(new_queue("threads").subscription, len), lambda: True)
    left = {thread.name for thread in threading.enumerate()} - before
    assert not [name for name in left if "wait_until_finish" in name or name.startswith("Thread: 0")]


def test_a_bounded_job_may_end_before_its_condition_is_looked_at() -> None:
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=DirectRunner"]))
    pipeline | beam.Create([1])
    looks = iter([False, True])
    run_until(pipeline.run(), lambda: next(looks))
