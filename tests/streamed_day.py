"""Streamed day: the example day in, through a queue on any runner, the views it leaves out."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.inventory_sync import build_pipeline, load_config
from pipelines.options import settings_of
from schemas.records import Envelope
from tests.pipelines.example_day import DAY, Views, archive, envelopes, options, run_day, views_of
from tests.queues import Queue
from tests.streaming import run_until
from transforms.publication.view_database import create_views

REQUESTED = "_requested.json"
FIRST_REQUEST = datetime(2026, 3, 2, 12, tzinfo=UTC)  # later than every opening list, earlier than every hold
STREAM_SECONDS_MAX = 480  # a day takes half a minute on a free machine, and many times that on one under load


class Day(NamedTuple):
    """The messages before the first request, the requests, all others, and what the views show, as files gave them."""

    opening: list[Envelope]
    requests: list[Envelope]
    later: list[Envelope]
    opened: Views
    given: Views


def day_from_files(folder: Path) -> Day:
    """The day as a run over its files leaves it."""
    messages = envelopes()
    opening = [message for message in messages if message.received_at < FIRST_REQUEST]
    after = [message for message in messages if message.received_at >= FIRST_REQUEST]
    requests = [message for message in after if message.message_id.endswith(REQUESTED)]
    later = [message for message in after if not message.message_id.endswith(REQUESTED)]
    opened = run_day(archive(folder / "opening", opening), folder / "opening.db")
    return Day(opening, requests, later, opened, run_day(DAY, folder / "given.db"))


Waiting = tuple[str, Views, list[Envelope]]  # which view has to show what before which messages are published


def streamed(day: Day, queue: Queue, database: Path, *runner: str) -> Views:
    """The views after the day came through a queue; they are those of the files, or `JobEndedError`."""
    return in_turn(day.opening, in_order(day), day.given, queue, database, *runner)


def in_order(day: Day) -> tuple[Waiting, Waiting]:
    """What comes after the opening lists.

    Requests are first come, first served: they are published when the stock they ask for is on the books, and what
    could take it from them when they are decided.
    """
    return ("position", day.opened, day.requests), ("decision", day.given, day.later)


def in_turn(
    first: list[Envelope], then: Iterable[Waiting], expected: Views, queue: Queue, database: Path, *runner: str
) -> Views:
    """The views after messages came through a queue, some as soon as others show; they are as expected."""

    def publish(messages: list[Envelope]) -> None:
        queue.publish((message.payload, attributes_of(message)) for message in messages)

    publish(first)
    given = PipelineOptions([f"--input_subscription={queue.subscription}", *options(database), *runner])
    given.view_as(StandardOptions).streaming = True
    create_views(database)
    pipeline = beam.Pipeline(options=given)
    build_pipeline(pipeline, load_config(settings_of(given), "queue"))
    waiting = deque(then)

    def all_came() -> bool:
        views = views_of(database)
        if waiting and views[waiting[0][0]] == waiting[0][1][waiting[0][0]]:
            publish(waiting.popleft()[2])
        return views == expected

    run_until(pipeline.run(), all_came, STREAM_SECONDS_MAX)
    return views_of(database)


def attributes_of(message: Envelope) -> dict[str, str]:
    """What a gateway would say of the message."""
    return {
        "ce-source": message.source,
        "ce-id": message.message_id,
        "ce-time": message.received_at.isoformat(),
        "format": message.format,
        "correlation-id": message.correlation_id,
    }
