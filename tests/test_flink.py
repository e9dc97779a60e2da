"""Flink: which worker a step works with, and files that change while a job runs there."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from tests.company_files import POLICY
from tests.pipelines.live_stream import LiveStream, receipt
from tests.queues import NewQueue
from tests.streaming import run_until
from transforms.arrival.pubsub_source import ReadMessagesFromPubSub
from transforms.key_groups import as_varint, spread_numbers

STEPS = 6


class _NoteFn(beam.DoFn):
    """Leaves a file for each worker that it meets."""

    def __init__(self, folder: str, step: int) -> None:
        self.folder = folder
        self.step = step

    def process(self, number: int) -> Iterator[int]:
        (Path(self.folder) / f"{self.step}-{os.getpid()}").touch()
        yield number


class _NoteKeyFn(_NoteFn):
    """The same of each key, on the worker that has its state."""

    SEEN = ReadModifyWriteStateSpec("seen", VarIntCoder())

    def __init__(self, folder: str) -> None:
        super().__init__(folder, 0)

    def process(self, element: tuple[int, int], seen: Any = beam.DoFn.StateParam(SEEN)) -> None:  # type: ignore[override]
        seen.write(1)
        (Path(self.folder) / f"{element[0]}-{os.getpid()}").touch()


@pytest.mark.flink
def test_the_halves_of_every_step_have_different_workers(flink_options: list[str], tmp_path: Path) -> None:
    with beam.Pipeline(options=PipelineOptions(flink_options)) as pipeline:
        numbers = pipeline | beam.Create(range(500))
        for step in range(STEPS):
            numbers |= f"Spread{step}" >> beam.Reshuffle()
            numbers |= f"Note{step}" >> beam.ParDo(_NoteFn(str(tmp_path), step)).with_output_types(int)
    met: dict[str, set[str]] = {}
    for path in tmp_path.iterdir():
        step, worker = path.name.split("-")
        met.setdefault(step, set()).add(worker)
    assert len(met) == STEPS
    assert all(workers == met["0"] and len(workers) == 2 for workers in met.values()), met


@pytest.mark.flink
@pytest.mark.pubsub
def test_readers_and_chosen_keys_lie_evenly_with_the_workers(
    new_queue: NewQueue, flink_options: list[str], tmp_path: Path
) -> None:
    queue, keys = new_queue("evenly"), spread_numbers(16, as_varint)
    (tmp_path / "read").mkdir()
    (tmp_path / "kept").mkdir()
    options = PipelineOptions(flink_options)
    options.view_as(StandardOptions).streaming = True
    pipeline = beam.Pipeline(options=options)
    messages = pipeline | ReadMessagesFromPubSub(queue.subscription)
    numbers = messages | beam.FlatMap(lambda message: [int(message.data)]).with_output_types(int)
    read = numbers | "Read" >> beam.ParDo(_NoteFn(str(tmp_path / "read"), 0)).with_output_types(int)
    keyed = read | beam.Map(lambda number: (number, number)).with_output_types(tuple[int, int])
    _ = keyed | beam.ParDo(_NoteKeyFn(str(tmp_path / "kept")))

    def all_came() -> bool:
        queue.publish([b"%d" % key for key in keys])
        return len(list((tmp_path / "read").iterdir())) == 2 and len(list((tmp_path / "kept").iterdir())) == 16

    run_until(pipeline.run(), all_came, timeout_seconds=120)
    keepers = [path.name.split("-")[1] for path in (tmp_path / "kept").iterdir()]
    assert sorted(Counter(keepers).values()) == [8, 8]


WATCHED = "feeds: [{source: wms, silent_after_minutes: 1, locations: [EAST]}]"


@pytest.mark.flink
@pytest.mark.pubsub
def test_flink_takes_over_a_new_code_and_a_feed_to_watch_while_it_runs(
    new_queue: NewQueue, flink_options: list[str], tmp_path: Path
) -> None:
    queue = new_queue("live")
    stream = LiveStream(tmp_path, queue, *flink_options)
    queue.publish([receipt(1, "EAST"), receipt(2, "WH-9")])

    def publish_files() -> None:
        stream.files.add("location_codes", "wms,WH-9,WEST")
        stream.files.write(stream.files.policy, POLICY.format(version="2", buffer=0) + WATCHED)

    def speak(seconds_ago: float) -> None:
        """Again where nothing came of it: a worker that has not yet looked at the files watches nobody."""
        now = datetime.now(UTC)
        if now > spoken[-1] + timedelta(seconds=3):
            spoken.append(now)
            queue.publish([receipt(3, "EAST", received_at=now - timedelta(seconds=seconds_ago))])

    spoken = [datetime.now(UTC)]
    steps = [publish_files]

    def is_done() -> bool:
        silent = dict(stream.read("SELECT location, quantity FROM alert WHERE kind = 'silent_source'"))
        if steps and stream.on_hand() == {"EAST": "5"} and len(stream.open_parked()) == 1:
            steps.pop()()
        if silent == {"EAST/wms": "1"}:
            speak(seconds_ago=0)
        elif not silent and "WEST" in stream.on_hand():
            speak(seconds_ago=59)
        return silent == {"EAST/wms": "0"}

    run_until(stream.pipeline.run(), is_done, timeout_seconds=300)
    assert stream.on_hand() == {"EAST": "10", "WEST": "5"}
    assert stream.open_parked() == []
