"""Envelopes: files or queue messages in, one envelope for each message out."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub
from apache_beam.pvalue import PCollection
from apache_beam.utils.timestamp import Timestamp

from schemas.records import Envelope, OutcomeCount, Rejection
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.arrival.arrived_files import FilePart, list_files, parts_of
from transforms.arrival.envelope_rules import from_queue_message
from transforms.arrival.file_envelopes import envelopes_of
from transforms.arrival.pubsub_source import ReadMessagesFromPubSub

REJECTIONS = "rejections"
COUNTS = "counts"


class ReadEnvelopesFromFiles(beam.PTransform[Any, Any]):
    """Read every message below a folder, listed when the pipeline runs, not when it is built.

    In:       the start of a pipeline; below `folder` one folder for each source.
    Out:      `.envelopes`: `Envelope`, one for each line of a .jsonl file, one for any other file, in no particular
              order; `.counts`: `OutcomeCount` of the messages that became rejections here.
    State:    none.
    Rejects:  `.rejections`: `Rejection` of what is too large, lies in no source's folder or cannot be read.
    """

    def __init__(self, folder: str | Path, formats_by_source: Mapping[str, str]) -> None:
        super().__init__()
        self.folder = str(folder)
        self.formats_by_source = dict(formats_by_source)

    def expand(self, start: beam.pvalue.PBegin) -> Any:
        return (
            start
            | "Folder" >> beam.Create([self.folder])
            | "ListParts" >> beam.FlatMap(_list_parts)
            | "SpreadParts" >> beam.Reshuffle()
            | "Read" >> _with_outputs(_ReadPartFn(self.formats_by_source))
        )


def _list_parts(folder: str) -> Iterator[FilePart]:
    for file in list_files(folder):
        yield from parts_of(file)


class _ReadPartFn(beam.DoFn):
    def __init__(self, formats_by_source: Mapping[str, str]) -> None:
        self.formats_by_source = formats_by_source

    def process(self, part: FilePart) -> Iterator[Any]:
        for read in envelopes_of(part, self.formats_by_source):
            if isinstance(read, Envelope):
                yield read
            else:
                yield from _refused(read)


class ReadEnvelopesFromPubSub(beam.PTransform[Any, Any]):
    """Read messages from Pub/Sub: by Beam's source, which DirectRunner and Dataflow have, or by ours for the others.

    In:       the start of a streaming pipeline; a `subscription` or a `topic`, by its full name. `readers` of our own
              source, which reads subscriptions only; 0 for Beam's.
    Out:      `.envelopes`: `Envelope`, one for each message, at the time it was published; `.counts`: as above.
    State:    as `ReadMessagesFromPubSub`.
    Rejects:  `.rejections`: `Rejection` of messages whose attributes name no source.
    Source:   CloudEvents 1.0, binary content mode, for the names of attributes.
    """

    def __init__(
        self,
        formats_by_source: Mapping[str, str] | None = None,
        *,
        subscription: str | None = None,
        topic: str | None = None,
        readers: int = 0,
    ) -> None:
        super().__init__()
        if (subscription is None) == (topic is None):
            raise ValueError(f"expected a subscription or a topic, got {subscription!r} and {topic!r}")
        if readers and subscription is None:
            raise ValueError(f"expected a subscription for readers of our own, got topic {topic!r}")
        self.formats_by_source = dict(formats_by_source or {})
        self.subscription = subscription
        self.topic = topic
        self.readers = readers

    def expand(self, start: beam.pvalue.PBegin) -> Any:
        if self.readers and self.subscription:
            read: Any = ReadMessagesFromPubSub(self.subscription, readers=self.readers)
        else:
            read = ReadFromPubSub(topic=self.topic, subscription=self.subscription, with_attributes=True)
        return start | "Receive" >> read | "Wrap" >> WrapMessages(self.formats_by_source)


class WrapMessages(beam.PTransform[Any, Any]):
    """Put each message of a queue into its envelope, whichever source read it.

    In:       `PubsubMessage`, at the time it was published.
    Out:      `.envelopes`: `Envelope`, one for one; `.counts`: `OutcomeCount` of those that became rejections here.
    State:    none.
    Rejects:  `.rejections`: `Rejection` of messages whose attributes name no source.
    Source:   CloudEvents 1.0, binary content mode, for the names of attributes.
    """

    def __init__(self, formats_by_source: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.formats_by_source = dict(formats_by_source or {})

    def expand(self, messages: PCollection[PubsubMessage]) -> Any:
        return messages | "Wrap" >> _with_outputs(_WrapMessageFn(self.formats_by_source))


class _WrapMessageFn(beam.DoFn):
    def __init__(self, formats_by_source: Mapping[str, str]) -> None:
        self.formats_by_source = formats_by_source

    def process(self, message: PubsubMessage, published: Any = beam.DoFn.TimestampParam) -> Iterator[Any]:
        wrapped = from_queue_message(
            message.data,
            message.attributes or {},
            message.message_id or "",
            _received_at(message, published),
            self.formats_by_source,
        )
        if isinstance(wrapped, Envelope):
            yield wrapped
        else:
            yield from _refused(wrapped)


def _with_outputs(fn: beam.DoFn) -> Any:
    hinted = beam.ParDo(fn).with_output_types(Envelope, rejections=Rejection, counts=OutcomeCount)
    return hinted.with_outputs(REJECTIONS, COUNTS, main="envelopes")


def _received_at(message: PubsubMessage, published: Timestamp) -> datetime:
    """The queue's own time: the same at every redelivery, which no clock of ours would be."""
    if isinstance(message.publish_time, datetime):
        return datetime.fromtimestamp(message.publish_time.timestamp(), UTC)
    return datetime.fromtimestamp(published.micros / 1_000_000, UTC)


def _refused(rejection: Rejection) -> Iterator[Any]:
    """The rejection, and its two entries in the balance: one message came in, one ended."""
    yield beam.pvalue.TaggedOutput(REJECTIONS, rejection)
    yield beam.pvalue.TaggedOutput(COUNTS, OutcomeCount(rejection.source, "message", "in", "", 1))
    yield beam.pvalue.TaggedOutput(
        COUNTS, OutcomeCount(rejection.source, "message", rejection.outcome, rejection.reason, 1)
    )
