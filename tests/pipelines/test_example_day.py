"""The example day ends the same however its messages come: any order, doubled, split, from files or from a queue."""

import random
from datetime import UTC, datetime
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.inventory_sync import build_pipeline, load_config
from pipelines.options import settings_of
from schemas.records import Envelope
from tests.pipelines.example_day import DAY, Views, archive, envelopes, options, run_day, views_of
from tests.queues import NewQueue
from tests.streaming import run_until
from transforms.publication.view_database import create_views

FIRST_REQUEST = datetime(2026, 3, 2, 12, tzinfo=UTC)  # later than every opening list, earlier than every hold
SEEDS_QUICK = 2
SEEDS = 20


@pytest.fixture(scope="module")
def day() -> list[Envelope]:
    return envelopes()


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Views:
    """The views of the day in its given order."""
    return run_day(DAY, tmp_path_factory.mktemp("given") / "views.db")


def test_the_day_fills_every_view(given: Views) -> None:
    assert {view: bool(rows) for view, rows in given.items()} == dict.fromkeys(given, True)


def test_messages_backwards_give_the_same_views(given: Views, day: list[Envelope], tmp_path: Path) -> None:
    assert run_day(archive(tmp_path / "in", day[::-1]), tmp_path / "views.db") == given


@pytest.mark.parametrize(
    "seed", [seed if seed < SEEDS_QUICK else pytest.param(seed, marks=pytest.mark.slow) for seed in range(SEEDS)]
)
def test_messages_shuffled_give_the_same_views(seed: int, given: Views, day: list[Envelope], tmp_path: Path) -> None:
    shuffled = random.Random(seed).sample(day, len(day))
    assert run_day(archive(tmp_path / "in", shuffled), tmp_path / "views.db") == given


def test_every_message_doubled_gives_the_same_views(given: Views, day: list[Envelope], tmp_path: Path) -> None:
    assert run_day(archive(tmp_path / "in", [*day, *day]), tmp_path / "views.db") == given


def test_messages_split_over_seven_files_give_the_same_views(given: Views, day: list[Envelope], tmp_path: Path) -> None:
    assert run_day(archive(tmp_path / "in", day, files=7), tmp_path / "views.db") == given


def test_records_survive_another_process(given: Views, tmp_path: Path) -> None:
    workers = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    assert run_day(DAY, tmp_path / "views.db", *workers) == given


@pytest.mark.pubsub
def test_a_queue_gives_the_same_views_as_files(
    given: Views, day: list[Envelope], new_queue: NewQueue, tmp_path: Path
) -> None:
    """Requests are first come, first served, so none is published before the stock it asks for is on the books."""
    opening = [message for message in day if message.received_at < FIRST_REQUEST]
    opened = run_day(archive(tmp_path / "opening", opening), tmp_path / "opening.db")
    queue = new_queue("example-day")
    queue.publish((message.payload, _attributes(message)) for message in opening)
    pipeline, database = _streaming(queue.subscription, tmp_path / "views.db")
    later = [message for message in day if message.received_at >= FIRST_REQUEST]
    waiting = [lambda: queue.publish((message.payload, _attributes(message)) for message in later)]

    def all_came() -> bool:
        views = views_of(database)
        if waiting and views["position"] == opened["position"]:
            waiting.pop()()
        return views == given

    run_until(pipeline.run(), all_came, timeout_seconds=120)
    assert views_of(database) == given


def _streaming(subscription: str, database: Path) -> tuple[beam.Pipeline, Path]:
    arguments = PipelineOptions([f"--input_subscription={subscription}", *options(database)])
    arguments.view_as(StandardOptions).streaming = True
    create_views(database)
    pipeline = beam.Pipeline(options=arguments)
    build_pipeline(pipeline, load_config(settings_of(arguments), "queue"))
    return pipeline, database


def _attributes(message: Envelope) -> dict[str, str]:
    return {
        "ce-source": message.source,
        "ce-id": message.message_id,
        "ce-time": message.received_at.isoformat(),
        "format": message.format,
        "correlation-id": message.correlation_id,
    }
