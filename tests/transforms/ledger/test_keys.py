"""Keys that several items use are found from files and on streams, and no failure of a bundle makes one forgotten."""

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.testing.test_stream import TestStream
from apache_beam.testing.util import assert_that, equal_to

from schemas.encoding import unsqueeze
from schemas.records import KeyTaken, StockEvent
from tests.builders import hour, receipt
from tests.fake_state import Bag, Value
from tests.full_lists import noted
from transforms.ledger import keys
from transforms.ledger.key_rules import KeyRegistry, key_shard_of
from transforms.ledger.keys import FindReusedKeys, _FindFn
from transforms.record_coders import RecordCoder

TestStream.__test__ = False  # pytest takes it for a test by its name

EVENTS = [receipt(1, at=1, key=f"k{number}", received_at=9 + number, item=f"SKU-{number % 7}") for number in range(50)]
OTHERS = [event._replace(item="OTHER", received_at=hour(8), message_id="other") for event in EVENTS[::10]]
TOLD = [KeyTaken(event.item, event.transaction_key, hour(8), "other", 0, "OTHER") for event in EVENTS[::10]]


@pytest.mark.parametrize("fields_max", [5, 25_000])
def test_keys_that_several_items_use_are_found_in_a_file(fields_max: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "FIELDS_MAX", fields_max)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        some = pipeline | "Some" >> beam.Create(EVENTS)
        others = pipeline | "Others" >> beam.Create(OTHERS)
        assert_that((some, others) | FindReusedKeys(), equal_to(TOLD))


def test_keys_that_several_items_use_are_found_on_a_stream() -> None:
    steps = TestStream(coder=RecordCoder(StockEvent)).advance_watermark_to(0)
    steps.add_elements(EVENTS).add_elements(OTHERS).advance_watermark_to_infinity()
    with beam.Pipeline(runner=BundleBasedDirectRunner(), options=PipelineOptions(streaming=True)) as pipeline:
        assert_that(pipeline | steps | FindReusedKeys(), equal_to(TOLD))


class Stage:
    """The keyed stage on state, with two workers that take turns and bundles that fail after their work."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.states: dict[int, tuple[Value, Bag, Value]] = {}
        self.workers = [self._start(), self._start()]

    def _start(self) -> _FindFn:
        worker = _FindFn(timedelta(days=30))
        worker.setup()
        return worker

    def note(self, event: StockEvent) -> list[KeyTaken]:
        shard = key_shard_of(event.transaction_key)
        state = self.states.setdefault(shard, (Value(), Bag(), Value()))
        lost: list[list[KeyTaken]] = []
        while self.random.random() < 0.3:
            lost.append(list(self._worker().process((shard, noted([event])), *state)))
            for one in state:
                one.current = one.committed
        found = list(self._worker().process((shard, noted([event])), *state))
        for one in state:
            one.committed = one.current
        assert all(before == found for before in lost), "a retried bundle said something else"
        return found

    def _worker(self) -> Any:
        at = self.random.choice((0, 0, 1))
        if self.random.random() < 0.1:
            self.workers[at] = self._start()
        return self.workers[at]


@pytest.mark.parametrize("seed", range(20))
def test_failed_bundles_restarts_and_a_second_worker_change_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "JOURNAL_BYTES_MIN", Random(seed).choice((0, 300, 1 << 20)))
    stage, calm = Stage(seed), KeyRegistry()
    events = [*EVENTS, *OTHERS, *EVENTS]
    stage.random.shuffle(events)
    for event in events:
        assert stage.note(event) == calm.note([noted([event])])


def test_the_journal_is_folded_when_it_has_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "JOURNAL_BYTES_MIN", 300)
    stage = Stage(1)
    for event in EVENTS * 20:
        stage.note(event)
    sizes = [(len(state[0].committed or b""), sum(map(len, state[1].committed))) for state in stage.states.values()]
    assert all(journal <= max(300, snapshot) for snapshot, journal in sizes)
    assert any(snapshot for snapshot, _ in sizes)


def groups(events: Iterable[StockEvent]) -> list[tuple[int, bytes]]:
    fn = keys._NoteFn()
    fn.start_bundle()
    during = [group for event in events for group in fn.process(event)]
    return during + [one.value for one in fn.finish_bundle()]


def test_groups_of_files_are_squeezed_and_those_of_a_stream_are_not() -> None:
    fn = keys._NoteFn(is_bounded=True, squeezed=True)
    fn.start_bundle()
    assert list(fn.process(EVENTS[0])) == []
    assert [(shard, unsqueeze(group)) for shard, group in (one.value for one in fn.finish_bundle())] == groups(
        [EVENTS[0]]
    )


def test_a_bundle_makes_one_group_for_each_shard_of_keys() -> None:
    assert groups([EVENTS[0], EVENTS[0]]) == [(key_shard_of("k0"), noted([EVENTS[0]] * 2))]
    assert groups([]) == []
