"""Workers of the Flink cluster do not time their steps; what steps count is told all the same."""

import threading

import apache_beam as beam
import pytest
from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.runners.worker import statesampler
from apache_beam.runners.worker.bundle_processor import BundleProcessor
from apache_beam.utils.counters import CounterFactory

from deploy.flink.sdk_worker import Untimed, stop_timing


def test_no_thread_looks_at_what_a_bundle_does() -> None:
    sampler, threads = Untimed("stage", CounterFactory()), threading.active_count()
    for _ in range(2):  # it is used again for the next bundle
        sampler.start()
        assert threading.active_count() == threads
        assert statesampler.get_current_tracker() is sampler
        sampler.stop_if_still_running()
        assert statesampler.get_current_tracker() is None
        sampler.reset()


class _CountFn(beam.DoFn):
    def process(self, number: int) -> None:
        Metrics.counter("tests", "seen").inc(number)


def test_what_steps_count_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statesampler, "StateSampler", statesampler.StateSampler)  # put back at the end
    monkeypatch.setattr(BundleProcessor, "monitoring_infos", BundleProcessor.monitoring_infos)
    stop_timing()
    pipeline = beam.Pipeline("FnApiRunner")
    _ = pipeline | beam.Create([1, 2, 3]) | beam.ParDo(_CountFn())
    metrics = pipeline.run().metrics()
    [counted] = metrics.query(MetricsFilter().with_name("seen"))["counters"]
    assert counted.committed == 6
    assert {info.urn for info in metrics.monitoring_infos()} == {"beam:metric:user:sum_int64:v1"}
