"""The example day gives the same views on every runner, as files and through Pub/Sub."""

from pathlib import Path

import pytest

from deploy.flink.cluster import FlinkCluster
from tests.pipelines.example_day import DAY, run_day
from tests.queues import NewQueue
from tests.streamed_day import Day, day_from_files, in_order, in_turn, streamed
from transforms.ledger.books_files import read_books, what_differs


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return day_from_files(tmp_path_factory.mktemp("day"))


@pytest.mark.pubsub
def test_direct_runner_gives_the_same_views_from_a_queue(day: Day, new_queue: NewQueue, tmp_path: Path) -> None:
    assert streamed(day, new_queue("direct"), tmp_path / "views.db", "--runner=DirectRunner") == day.given


@pytest.mark.prism
def test_prism_gives_the_same_views_from_files(day: Day, prism_options: list[str], tmp_path: Path) -> None:
    assert run_day(DAY, tmp_path / "views.db", *prism_options) == day.given


@pytest.mark.prism
@pytest.mark.pubsub
def test_prism_gives_the_same_views_from_a_queue(
    day: Day, new_queue: NewQueue, prism_options: list[str], tmp_path: Path
) -> None:
    assert streamed(day, new_queue("prism"), tmp_path / "views.db", *prism_options) == day.given


@pytest.mark.prism
@pytest.mark.pubsub
def test_a_stream_starts_from_the_books_of_another(
    day: Day, new_queue: NewQueue, prism_options: list[str], tmp_path: Path
) -> None:
    first, second, whole = (tmp_path / name for name in ("first", "second", "whole"))
    kept = (*prism_options, f"--books_to={first}")
    in_turn(day.opening, (), day.opened, new_queue("old"), tmp_path / "a.db", *kept)
    kept = (*prism_options, f"--books_from={first}", f"--books_to={second}")
    again = day.opening[-20:]  # some come again, as they do where two subscriptions overlap
    views = in_turn(again, in_order(day), day.given, new_queue("new"), tmp_path / "b.db", *kept)
    assert views == day.given
    run_day(DAY, tmp_path / "c.db", f"--books_to={whole}")
    assert what_differs(read_books(whole), read_books(second)) == []


@pytest.mark.flink
def test_flink_gives_the_same_views_from_files(day: Day, flink_options: list[str], tmp_path: Path) -> None:
    assert run_day(DAY, tmp_path / "views.db", *flink_options) == day.given


@pytest.mark.flink
def test_a_session_cluster_that_is_there_already_takes_the_job(
    day: Day, flink_cluster: FlinkCluster, tmp_path: Path
) -> None:
    with FlinkCluster(tmp_path / "beside", flink_cluster.jars, master=flink_cluster.master) as beside:
        assert set(beside.processes) == {"job-server", "worker-pool"}
        assert run_day(DAY, tmp_path / "views.db", *beside.options) == day.given


@pytest.mark.flink
@pytest.mark.pubsub
def test_flink_gives_the_same_views_from_a_queue(
    day: Day, new_queue: NewQueue, flink_options: list[str], tmp_path: Path
) -> None:
    assert streamed(day, new_queue("flink"), tmp_path / "views.db", *flink_options) == day.given
