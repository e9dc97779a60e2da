"""Streaming: a job that never ends by itself and a condition in, the job stopped once the condition holds out.

A streaming job on DirectRunner neither ends nor tells `state` when it fails: only `wait_until_finish` raises. So that
call runs in a thread of its own while the test looks at what the job writes, and the first of four things decides: the
condition holds, the job failed, the job ended, the time is up.
"""

import threading
import time
from collections.abc import Callable

from apache_beam.runners.direct.direct_runner import DirectPipelineResult
from apache_beam.runners.runner import PipelineResult

LOOK_EVERY_SECONDS = 0.05
STOP_SECONDS_MAX = 40  # an idle worker of DirectRunner sees a stop after 5 s, one inside an emulator's pull after 30


class JobEndedError(AssertionError):
    """The job failed, or ended, or ran out of time before the condition held; `__cause__` is the job's own error."""


class _Job:
    """A running job and the thread that waits for its end."""

    def __init__(self, result: PipelineResult) -> None:
        self.result = result
        self.error: BaseException | None = None
        self.ended = threading.Event()
        self._waiting = threading.Thread(target=self._wait, name="wait_until_finish", daemon=True)
        self._waiting.start()

    def _wait(self) -> None:
        try:
            self.result.wait_until_finish()
        except BaseException as error:  # noqa: BLE001  whatever the job died of is raised again in the test's thread
            self.error = error
        finally:
            self.ended.set()

    def stop(self) -> None:
        """Cancel the job and return when none of its threads works any more."""
        if not self.ended.is_set():
            self.result.cancel()
        if isinstance(self.result, DirectPipelineResult):
            _wake(self.result)
        self._waiting.join(timeout=STOP_SECONDS_MAX)


def _wake(result: DirectPipelineResult) -> None:
    """End the `wait_until_finish` of a cancelled DirectRunner job, which would wait for ever and keep the job alive."""
    executor = result._executor._executor  # there is no public way
    executor.visible_updates.offer(executor._VisibleExecutorUpdate())


def run_until(result: PipelineResult, condition: Callable[[], bool], timeout_seconds: float = 60) -> None:
    """Let the job behind `result` (from `pipeline.run()`) work until `condition()` is true, then cancel it.

    Returns with the job stopped: what it has written will not change any more. Raises `JobEndedError` where the job
    failed, ended before the condition held, or did not get there in `timeout_seconds`. The condition is called about
    twenty times a second in the thread of the test.
    """
    job = _Job(result)
    deadline = time.monotonic() + timeout_seconds
    try:
        while not condition():
            if job.ended.wait(LOOK_EVERY_SECONDS):
                if job.error is None and condition():  # a bounded job may well end because it is done
                    return
                raise JobEndedError(f"the job ended before the condition held: {job.error!r}") from job.error
            if time.monotonic() > deadline:
                raise JobEndedError(f"the condition did not hold within {timeout_seconds} s")
    finally:
        job.stop()
