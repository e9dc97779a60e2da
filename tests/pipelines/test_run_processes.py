"""A run is taken for gone only where its process was here and is no more."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.run_processes import PROC, is_surely_gone, process_of_run

needs_proc = pytest.mark.skipif(not (PROC / "self/ns/pid").exists(), reason="needs /proc, which Linux has")
TELL = "from pipelines.run_processes import process_of_run; print(process_of_run('DirectRunner')['process'])"


@needs_proc
@pytest.mark.parametrize("runner", [None, "DirectRunner", "apache_beam.runners.portability.fn_api_runner.FnApiRunner"])
def test_a_run_in_this_process_goes_on(runner: str | None) -> None:
    assert not is_surely_gone(process_of_run(runner)["process"])


@needs_proc
def test_a_run_whose_process_ended_is_gone() -> None:
    told = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True, check=True).stdout.strip()
    assert is_surely_gone(told)


@needs_proc
def test_another_process_under_the_same_number_is_not_the_run() -> None:
    here, pid, started = process_of_run(None)["process"].split()
    assert is_surely_gone(f"{here} {pid} {int(started) - 1}")


@pytest.mark.parametrize("runner", ["FlinkRunner", "PortableRunner", "DataflowRunner", "PrismRunner"])
def test_a_run_that_may_be_elsewhere_is_nowhere_for_sure(runner: str) -> None:
    assert process_of_run(runner) == {}


@pytest.mark.parametrize(
    "process",
    ["", "another-machine/pid:[1] 1 2", "nonsense", "a b c"],
    ids=["none", "elsewhere", "one word", "letters"],
)
def test_what_is_not_known_is_not_gone(process: str) -> None:
    assert not is_surely_gone(process)


def test_where_there_is_no_proc_nothing_is_known(tmp_path: Path) -> None:
    assert not is_surely_gone("x/y 1 2", tmp_path)
