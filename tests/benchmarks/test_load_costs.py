"""What a run of the load benchmark took is told by kind of process."""

import os
import subprocess
import sys

import pytest

from benchmarks.load_costs import ITSELF, costs_between, costs_now, kind_of, started_here


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("java\0org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "task manager (Java)"),
        ("python\0-c\0from apache_beam.runners.worker.sdk_worker import SdkHarness", "Python workers"),
        ("go\0build", "other"),
    ],
)
def test_a_process_is_known_by_its_command_line(command: str, kind: str) -> None:
    assert kind_of(command) == kind


def test_what_each_kind_took_since_dearest_first() -> None:
    before = {"queue": 2.0, "Python workers": 9.0, "client of the job": 5.0}
    after = {"queue": 3.0, "Python workers": 12.0, "worker pool": 0.5}
    assert list(costs_between(before, after).items()) == [("Python workers", 3.0), ("queue", 1.0), ("worker pool", 0.5)]


def test_this_process_and_what_it_started_are_found() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in started_here()
        assert os.getpid() not in started_here()
        assert set(costs_now()) >= {ITSELF, "other"}
        child.communicate(b"\n")
