"""Parts of a Flink cluster are killed under load, and the views end as the oracle says."""

import os
import re
import shutil
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks.crashes import FAULTS, KILLS, events_in, messages_of, report, suite
from benchmarks.proof_audit import Deliveries
from deploy.flink.cluster import ClusterError, fetch_jars
from tests.parts import skip_or_fail
from tests.turns import FLINK, alone


def test_the_nightly_run_kills_twenty_times_and_has_every_kind_of_fault() -> None:
    assert sum(fault in KILLS for fault in FAULTS) == 20
    assert set(FAULTS) == {"savepoint", "sink", "queue", "task-manager", "worker-pool", "job-server"}


def test_messages_carry_the_traffic_and_nothing_else() -> None:
    deliveries = Deliveries()
    messages = list(messages_of(1, 205, 40, deliveries))
    assert [len(events_in(message)) for message in messages] == [10] * 20 + [5]


@pytest.mark.flink
@pytest.mark.pubsub
def test_nothing_is_lost_or_posted_twice_whatever_is_killed(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("go") is None:
        skip_or_fail("pubsub", "there is no `go` on the PATH to build tests/pubsub_fake with")
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "that of the suite")  # put back afterwards
    jars = os.environ.get("SELLABLE_FLINK_JARS") or request.config.cache.mkdir("flink-jars")  # type: ignore[union-attr]
    faults = ["task-manager", "worker-pool"]
    given = Namespace(events=4_000, seed=2, faults=faults, away_seconds=5)
    try:
        with alone(FLINK):
            done = suite(tmp_path, fetch_jars(Path(jars)), given)
    except ClusterError as error:
        skip_or_fail("flink", str(error))
    assert done.differences == [], "\n".join(report(done))
    assert [name for name, _ in done.faults] == faults
    assert done.compared["decisions"] == done.compared["requests"] > 100
    assert 0 < len(names_of_rests(tmp_path / "flink/checkpoints")) < 10, "state leaks at each look at Pub/Sub"


def names_of_rests(checkpoints: Path) -> set[bytes]:
    """The names under which Flink keeps what sources have yet to read: a job that leaks has thousands of them."""
    files = (path for path in checkpoints.rglob("*") if path.is_file())
    return {name for path in files for name in re.findall(rb"sdf_checkpoint:[0-9a-f-]+", path.read_bytes())}
