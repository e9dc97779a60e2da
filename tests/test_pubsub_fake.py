"""The Pub/Sub fake behaves as Pub/Sub does in what the streaming tests lean on."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub, WriteToPubSub
from apache_beam.options.pipeline_options import PipelineOptions

from tests.pubsub_server import served_by
from tests.queues import Message, NewQueue, Queue
from tests.streaming import run_until

pytestmark = pytest.mark.pubsub


def test_what_is_published_is_pulled_with_its_attributes(new_queue: NewQueue) -> None:
    queue = new_queue("attributes")
    queue.publish([(b'{"sku": "ABC-1"}', {"source": "wms-east", "ce-id": "4711"}), (b"\xef\xbb\xbf\x00", {})])
    pulled = sorted((message.data, message.attributes) for message in queue.pull())
    assert pulled == [(b'{"sku": "ABC-1"}', {"source": "wms-east", "ce-id": "4711"}), (b"\xef\xbb\xbf\x00", {})]


def test_what_is_acknowledged_does_not_come_back(new_queue: NewQueue) -> None:
    queue = new_queue("acknowledged")
    queue.publish([b"once"])
    assert [message.data for message in queue.pull()] == [b"once"]
    assert queue.pull() == []


def test_what_is_handed_back_is_delivered_again(new_queue: NewQueue) -> None:
    queue = new_queue("handed-back")
    queue.publish([b"again"])
    [first] = queue.pull(acknowledge=False)
    queue.set_deadline(first, seconds=0)
    assert [message.data for message in queue.pull()] == [b"again"]


def test_what_is_never_acknowledged_is_delivered_again_after_its_deadline(new_queue: NewQueue) -> None:
    queue = new_queue("expired")
    queue.publish([b"again"])
    [first] = queue.pull(acknowledge=False)
    queue.set_deadline(first, seconds=1)
    answers = [queue.pull() for _ in range(6)]  # an empty answer takes half a second: three seconds in all
    assert answers[0] == [], "delivered again before its deadline"
    assert [message.data for answer in answers for message in answer] == [b"again"]


@pytest.fixture
def lean_queue(pubsub_binary: Path) -> Iterator[Queue]:
    """A queue on the server that load runs use."""
    with served_by(pubsub_binary, "-lean"):
        queue = Queue("lean")
        yield queue
        queue.close()


def test_the_queue_for_load_delivers_until_it_is_acknowledged(lean_queue: Queue) -> None:
    lean_queue.publish([(b"first", {"source": "wms-east"}), b"second"])
    first, second = lean_queue.pull(acknowledge=False)
    assert (first.data, first.attributes, second.data) == (b"first", {"source": "wms-east"}, b"second")
    assert lean_queue.pull() == [], "delivered twice at once"
    lean_queue.set_deadline(second, seconds=0)
    assert [message.data for message in lean_queue.pull()] == [b"second"], "handed back, and acknowledged now"
    lean_queue.set_deadline(first, seconds=1)
    answers = [message.data for _ in range(6) for message in lean_queue.pull()]
    assert answers == [b"first"], "again after its deadline, and the acknowledged one never"


def test_the_queue_for_load_answers_a_pull_that_waits(lean_queue: Queue) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(lambda: next(message for _ in range(20) for message in lean_queue.pull()))
        lean_queue.publish([b"only"])
        assert waiting.result().data == b"only"
    assert lean_queue.pull() == []


def _answer(message: PubsubMessage) -> PubsubMessage:
    number = json.loads(message.data)["number"]
    return PubsubMessage(str(number * number).encode(), {"source": message.attributes["source"]})


def test_a_streaming_job_on_direct_runner_reads_and_writes_it(new_queue: NewQueue) -> None:
    numbers, squares = new_queue("numbers"), new_queue("squares")
    numbers.publish([(json.dumps({"number": n}).encode(), {"source": "tests"}) for n in range(20)])
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=DirectRunner", "--streaming"]))
    (
        pipeline
        | "Read" >> ReadFromPubSub(subscription=numbers.subscription, with_attributes=True)
        | "Square" >> beam.Map(_answer)
        | "Write" >> WriteToPubSub(squares.topic, with_attributes=True)
    )
    written: list[Message] = []

    def all_are_written() -> bool:
        written.extend(squares.pull())
        return len(written) >= 20

    run_until(pipeline.run(), all_are_written)
    assert sorted(int(message.data) for message in written) == [
        0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121, 144, 169, 196, 225, 256, 289, 324, 361,
    ]  # fmt: skip
    assert {message.attributes["source"] for message in written} == {"tests"}
    assert numbers.pull() == [], "the job acknowledged what it read"
