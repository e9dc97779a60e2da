"""The example day gives the same views on every runner, as files and through Pub/Sub."""

from pathlib import Path

import pytest

from tests.pipelines.example_day import DAY, run_day
from tests.queues import NewQueue
from tests.streamed_day import Day, day_from_files, streamed


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


@pytest.mark.flink
def test_flink_gives_the_same_views_from_files(day: Day, flink_options: list[str], tmp_path: Path) -> None:
    assert run_day(DAY, tmp_path / "views.db", *flink_options) == day.given


@pytest.mark.flink
@pytest.mark.pubsub
def test_flink_gives_the_same_views_from_a_queue(
    day: Day, new_queue: NewQueue, flink_options: list[str], tmp_path: Path
) -> None:
    assert streamed(day, new_queue("flink"), tmp_path / "views.db", *flink_options) == day.given
