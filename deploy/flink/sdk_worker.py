"""SDK worker: one Python worker of a task manager; Beam's, but it does not time its steps.

    python -m deploy.flink.sdk_worker --id 1-1 --control 127.0.0.1:41234

Beam's has a thread for each bundle that looks, ever less often, which step is at work. A bundle that ends waits until
that thread wakes up: a tenth of the time of all bundles here. What it saw is told for each step, with how many elements
there were and how large; on Flink nobody looks at it. What steps count by `Metrics` is told as before.
"""

import argparse
import threading

from apache_beam.portability.api import metrics_pb2
from apache_beam.runners.worker import statesampler
from apache_beam.runners.worker.bundle_processor import BundleProcessor
from apache_beam.runners.worker.sdk_worker import SdkHarness

# Beam can send on what a worker made before its bundle ends, by a thread that may cut an element in two: the task
# manager then fails with an EOFException. Flink emits nothing before the end of a bundle anyway.
FLUSH_MILLISECONDS = 0


class Untimed(statesampler.StateSampler):
    """Knows which step is at work, as errors and counters need it, and starts no thread."""

    def start(self) -> None:
        self.tracked_thread = threading.current_thread()
        statesampler.set_current_tracker(self)
        self.started = True

    def stop(self) -> None:
        statesampler.set_current_tracker(None)
        self.finished = True


def counted_by_steps(processor: BundleProcessor) -> list[metrics_pb2.MonitoringInfo]:
    """What the steps of a bundle counted themselves."""
    return [info for name, step in processor.ops.items() for info in step.user_monitoring_infos(name).values()]


def stop_timing() -> None:
    """For all bundles of this process that begin later."""
    statesampler.StateSampler = Untimed
    BundleProcessor.monitoring_infos = counted_by_steps


def main() -> None:
    """Work until the task manager has no more to do."""
    parser = argparse.ArgumentParser(prog="python -m deploy.flink.sdk_worker", description=__doc__.partition("\n")[0])
    parser.add_argument("--id", required=True)
    parser.add_argument("--control", required=True, help="host and port of the task manager")
    given = parser.parse_args()
    stop_timing()
    SdkHarness(given.control, worker_id=given.id, data_buffer_time_limit_ms=FLUSH_MILLISECONDS).run()


if __name__ == "__main__":
    main()
