"""The source is read by several readers, its marks survive any process, and what it read is acknowledged on Prism."""

from datetime import UTC, datetime

import apache_beam as beam
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage, WriteToPubSub
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.utils.timestamp import Timestamp

from tests.queues import Message, NewQueue
from tests.streaming import run_until
from transforms.arrival.lease_rules import Received
from transforms.arrival.pubsub_source import (
    _READERS,
    ReadMessagesFromPubSub,
    _as_key,
    _Mark,
    _MarkCoder,
    _messages_of,
    _PubSubSource,
    _SourceCoder,
)
from transforms.key_groups import GROUPS, group_of

NOON = 1_772_452_800_000_000


def test_a_mark_comes_back_as_it_was() -> None:
    coder = _MarkCoder()
    mark = coder.decode(coder.encode(_Mark("12-0-ab", 7)))
    assert (mark.reader, mark.number) == ("12-0-ab", 7)
    mark.finalize_checkpoint()  # its reader is of another process: nothing to do


def test_each_reader_is_a_source_of_its_own() -> None:
    sources = ReadMessagesFromPubSub("projects/p/subscriptions/s", readers=3).sources
    assert len({one.number for one in sources}) == 3
    assert [one.split(20) for one in sources] == [[one] for one in sources]
    with pytest.raises(ValueError, match="0 readers, expected at least 1"):
        ReadMessagesFromPubSub("projects/p/subscriptions/s", readers=0)


def test_readers_lie_evenly_with_the_workers_of_flink() -> None:
    for name in ("a", "b", "c", "d"):
        sources = ReadMessagesFromPubSub(f"projects/p/subscriptions/{name}", readers=4).sources
        assert [group_of(_as_key(one)) * 4 // GROUPS for one in sources] == [0, 1, 2, 3]


def test_a_source_comes_back_as_it_was() -> None:
    coder = _SourceCoder()
    made = coder.decode(coder.encode(_PubSubSource("projects/p/subscriptions/s", "sent-at", 7)))
    assert (made.subscription, made.timestamp_attribute, made.number) == ("projects/p/subscriptions/s", "sent-at", 7)


def test_whoever_resumes_a_mark_reads_on_with_the_reader_that_cut_it() -> None:
    source, _ = ReadMessagesFromPubSub("projects/p/subscriptions/s").sources
    first = source.create_reader(None, None)
    _READERS[first.id] = first.messages
    second = source.create_reader(None, first.get_checkpoint_mark())
    assert second.messages is first.messages
    first.messages.is_open = True
    first.close()
    assert not second.messages.closing.is_set(), "it is no longer the first one's to close"
    other = source.create_reader(None, _Mark("of another process", 0))
    assert other.messages is not first.messages


def test_a_delivery_becomes_messages_at_their_own_times() -> None:
    received = Received(b"x", {"source": "shop"}, "7", NOON, "key", NOON - 1)
    [made] = _messages_of([tuple(received)])
    assert made.timestamp == Timestamp(micros=NOON - 1)
    assert made.value == PubsubMessage(b"x", {"source": "shop"})
    assert (made.value.publish_time, made.value.ordering_key) == (datetime(2026, 3, 2, 12, tzinfo=UTC), "key")


@pytest.mark.pubsub
@pytest.mark.prism
def test_on_prism_everything_read_is_written_and_then_acknowledged(
    new_queue: NewQueue, prism_options: list[str]
) -> None:
    numbers, doubled = new_queue("numbers"), new_queue("doubled")
    numbers.publish([(b"%d" % number, {"source": "tests"}) for number in range(3_000)])
    pipeline = beam.Pipeline(options=PipelineOptions([*prism_options, "--streaming"]))
    (
        pipeline
        | ReadMessagesFromPubSub(numbers.subscription)
        | "Double" >> beam.Map(_double)
        | WriteToPubSub(doubled.topic, with_attributes=True, publish_with_ordering_key=True)
    )
    written: list[Message] = []

    def all_are_written_and_settled() -> bool:
        written.extend(doubled.pull())
        return len(written) >= 3_000 and sum(reader.leases.messages_held for reader in _READERS.values()) == 0

    run_until(pipeline.run(), all_are_written_and_settled)
    assert sorted(int(message.data) for message in written) == [2 * number for number in range(3_000)]
    assert numbers.pull() == []


def _double(message: PubsubMessage) -> PubsubMessage:
    return PubsubMessage(b"%d" % (2 * int(message.data)), message.attributes, ordering_key="all")
