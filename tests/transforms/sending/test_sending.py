"""The stage tells partners and says how far each message has come; a failed bundle repeats a call and loses nothing."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from examples.fake_partner.behaviour import Behaviour
from examples.fake_partner.server import FakePartners
from schemas.encoding import pack
from schemas.records import ChannelUpdate, DeliveryRow
from tests.fake_state import Bag, KeyState, Timer, Value
from tests.partners import MAPPINGS, figure, terms, update
from tests.queues import NewQueue
from tests.streaming import run_until
from transforms.sending.sending import SendToPartners, _SendFn, _way


@pytest.fixture
def served() -> Iterator[FakePartners]:
    with FakePartners({"web": Behaviour(), "b2b": Behaviour(unknown_listings=["B"])}) as partners:
        yield partners


def partners_of(served: FakePartners, **changes: Any) -> dict[str, Any]:
    return {name: terms(url=f"{served.url}/{name}", channel=name, **changes) for name in served.partners}


def told(row: Any) -> tuple[str, ...]:
    if isinstance(row, DeliveryRow):
        return (row.partner, row.reference, row.status, str(row.quantity))
    return (row.source, row.message_id, row.reason)


def test_a_run_that_ends_tells_every_partner_its_newest_figures(served: FakePartners) -> None:
    updates = [
        update("A", 3, 1),
        update("A", 0, 2),
        update("A", 5, 1),
        update("B", 4, 1, "b2b"),
        update("C", 1, 1, "x"),
    ]
    with beam.Pipeline("FnApiRunner") as pipeline:
        sent = (
            pipeline
            | beam.Create([*updates, "a record of another kind"]).with_output_types(Any)
            | SendToPartners(partners_of(served), MAPPINGS)
            | beam.Map(told)
        )
        expected = [
            ("web", "A", "applied", "0"),
            ("b2b", "B", "failed", "4"),
            ("b2b", "b2b/B@1", "refused_by_partner"),
        ]
        assert_that(sent, equal_to(expected))
    assert (served["web"].shop.figures, served["b2b"].shop.figures) == ({"A": 0}, {})


def test_it_runs_in_worker_processes(served: FakePartners) -> None:
    options = PipelineOptions(["--runner=FnApiRunner", "--direct_running_mode=multi_processing"])
    with beam.Pipeline(options=options) as pipeline:
        updates = pipeline | beam.Create([update("A", 3, 1)]).with_output_types(ChannelUpdate)
        _ = updates | SendToPartners(partners_of(served), MAPPINGS)
    assert served["web"].shop.figures == {"A": 3}


class Job:
    """A keyed DoFn with state that a test can lose on purpose."""

    def __init__(self, served: FakePartners, **changes: Any) -> None:
        partners = partners_of(served, **changes)
        self.fn = _SendFn(partners, lambda name: _way(partners, MAPPINGS, name))
        self.fn.setup()
        self.state = KeyState(Value(), Bag(), Value(), Timer())
        self.rows: list[Any] = []

    def bundle(self, *messages: Any, fails: bool = False) -> None:
        if messages:
            made = list(self.fn.process(("web", pack(messages)), *self.state))
        else:
            made = list(self.fn.fire("web", *self.state))
        if fails:
            self.state.roll_back()
        else:
            self.state.commit()
            self.rows += made

    def until(self, status: str) -> None:
        """Fire the timer, when it is due, until the last row says so."""
        ends = time.monotonic() + 20
        while not self.rows or self.rows[-1].status != status:
            assert time.monotonic() < ends
            threading.Event().wait(max(0.0, min(float(self.state.due.current) - time.time(), 0.2)))
            self.bundle()


def test_a_stream_tells_a_figure_and_says_so_when_it_applied(served: FakePartners) -> None:
    job = Job(served)
    job.bundle(figure("A", 3, 1))
    job.until("applied")
    job.bundle(figure("A", 0, 2))
    job.until("applied")
    assert served["web"].shop.figures == {"A": 0}
    assert job.state.due.current is None


def test_a_bundle_that_failed_repeats_its_call_and_loses_nothing(served: FakePartners) -> None:
    job = Job(served, pause_seconds=0.01)
    job.bundle(figure("A", 3, 1), figure("B", 4, 1), fails=True)
    job.bundle(figure("A", 3, 1), figure("B", 4, 1))
    for _ in range(10):
        job.bundle(fails=True)
        job.bundle()
    job.until("applied")
    assert served["web"].shop.figures == {"A": 3, "B": 4}


def test_another_worker_takes_over_what_is_in_state(served: FakePartners) -> None:
    first = Job(served, pause_seconds=0.01)
    first.bundle(figure("A", 3, 1))
    second = Job(served, pause_seconds=0.01)
    second.state = first.state
    second.bundle()
    second.until("applied")
    assert served["web"].shop.figures == {"A": 3}


def _from_message(data: bytes) -> ChannelUpdate:
    return update(**json.loads(data))


@pytest.mark.pubsub
def test_a_job_that_streams_tells_figures_and_goes_on_when_they_change(
    served: FakePartners, new_queue: NewQueue
) -> None:
    queue = new_queue("updates")
    options = PipelineOptions(["--runner=DirectRunner", "--streaming"])
    pipeline = beam.Pipeline(options=options)
    _ = (
        pipeline
        | beam.io.ReadFromPubSub(subscription=queue.subscription)
        | beam.Map(_from_message).with_output_types(ChannelUpdate)
        | SendToPartners(partners_of(served, coalesce_seconds=0.2), MAPPINGS)
    )
    first = [{"listing": f"L{number}", "quantity": number, "version": 1} for number in range(1, 6)]
    queue.publish([json.dumps(one).encode() for one in first])
    result = pipeline.run()
    published = []

    def has_newest() -> bool:
        figures = served["web"].shop.figures
        if not published and figures == {f"L{number}": number for number in range(1, 6)}:
            published.append(True)
            queue.publish([json.dumps({"listing": "L3", "quantity": 0, "version": 2}).encode()])
        return figures.get("L3") == 0

    run_until(result, has_newest, timeout_seconds=60)
    assert served["web"].shop.figures == {"L1": 1, "L2": 2, "L3": 0, "L4": 4, "L5": 5}
