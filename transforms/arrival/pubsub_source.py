"""Pub/Sub source: a subscription in, its messages out on every runner, acknowledged when a checkpoint holds them.

Beam's own `ReadFromPubSub` runs on DirectRunner and Dataflow alone. This one stands on
`apache_beam.io.unbounded_source` and runs on Prism and Flink. A crash loses nothing: what was not acknowledged is
delivered again, and the ledger knows it.
"""

import itertools
import json
import os
import secrets
import weakref
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.coders import Coder
from apache_beam.coders.typecoders import registry
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.io.unbounded_source import (
    CheckpointMark,
    UnboundedReader,
    UnboundedSource,
    _ReadFromUnboundedSourceDoFn,
)
from apache_beam.pvalue import PCollection
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp

from transforms.arrival.lease_rules import MICROS, Delivery
from transforms.arrival.pubsub_reader import SubscriptionReader
from transforms.key_groups import as_varint, spread_numbers

READERS = 2
POLL_SECONDS = 0.05  # how soon a reader that found nothing is asked again
BUNDLE_DELIVERIES_MAX = 10  # of at most 1,000 messages: under load that many share the cost of a bundle
BUNDLE_SECONDS_MAX = 1.0

# Of this process, by id: a mark finds its reader here, or has none. A reader lives as long as it holds anything. Beam
# keeps readers too, but for each instance of its DoFn, and on Flink the next bundle may be that of another instance.
_READERS: weakref.WeakValueDictionary[str, SubscriptionReader] = weakref.WeakValueDictionary()
_NUMBERS = itertools.count()


class ReadMessagesFromPubSub(beam.PTransform[Any, PCollection[PubsubMessage]]):
    """Read a subscription on any runner that has unbounded sources with bundle finalization: Prism and Flink.

    In:       the start of a streaming pipeline; a `subscription` by its full name.
    Out:      `PubsubMessage` with its publish time and ordering key, at the time that `timestamp_attribute` gives or
              else at its publish time; messages of one ordering key in order within one reader.
    State:    marks without content; what is not acknowledged is with Pub/Sub.
    Rejects:  nothing; an attribute that is no time counts as absent.
    Source:   Google Cloud Pub/Sub: lease management, flow control, ordering; Beam's bundle finalization.
    """

    def __init__(self, subscription: str, *, timestamp_attribute: str = "", readers: int = READERS) -> None:
        super().__init__()
        if readers < 1:
            raise ValueError(f"{readers} readers, expected at least 1")
        one = partial(_PubSubSource, subscription, timestamp_attribute)
        self.sources = [one(number) for number in spread_numbers(readers, lambda number: _as_key(one(number)))]

    def expand(self, start: beam.pvalue.PBegin) -> Any:
        # as Beam's `ReadFromUnboundedSource`, but with an element for each reader: that one makes a single element and
        # splits it, and Flink keeps all splits of an element with one worker
        read = _ReadFromUnboundedSourceDoFn(POLL_SECONDS, BUNDLE_DELIVERIES_MAX, BUNDLE_SECONDS_MAX)
        sources = start | "Readers" >> beam.Create(self.sources).with_output_types(_PubSubSource)
        pulled = sources | "Pull" >> beam.ParDo(read)
        return pulled | "Unpack" >> beam.FlatMap(_messages_of).with_output_types(PubsubMessage)


def _messages_of(delivered: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
    for data, attributes, message_id, published_micros, ordering_key, micros in delivered:
        published = datetime.fromtimestamp(published_micros / MICROS, UTC)
        message = PubsubMessage(data, attributes, message_id, published, ordering_key)
        yield TimestampedValue(message, Timestamp(micros=micros))


class _Mark(CheckpointMark):
    """Names a reader and how far it was read; the messages themselves stay with the reader and with Pub/Sub."""

    def __init__(self, reader: str, number: int) -> None:
        self.reader = reader
        self.number = number

    def finalize_checkpoint(self) -> None:
        reader = _READERS.get(self.reader)
        if reader is not None:  # else it was of a process that is gone: all comes again
            reader.finalize(self.number)


class _MarkCoder(Coder):
    def encode(self, value: _Mark) -> bytes:
        return f"{value.reader} {value.number}".encode()

    def decode(self, encoded: bytes) -> _Mark:
        reader, number = encoded.decode().split(" ")
        return _Mark(reader, int(number))

    def is_deterministic(self) -> bool:
        return True


class _PubSubSource(UnboundedSource):
    """One reader of a subscription; its number makes it another than its siblings."""

    def __init__(self, subscription: str, timestamp_attribute: str, number: int) -> None:
        self.subscription = subscription
        self.timestamp_attribute = timestamp_attribute
        self.number = number

    def split(self, desired_num_splits: int, options: Any = None) -> list["_PubSubSource"]:  # noqa: ARG002
        return [self]

    def create_reader(self, options: Any, checkpoint_mark: CheckpointMark | None) -> "_PubSubReader":  # noqa: ARG002
        if isinstance(checkpoint_mark, _Mark):
            known = _READERS.get(checkpoint_mark.reader)
            if known is not None and not known.closing.is_set():
                known.rewind(checkpoint_mark.number)
                return _PubSubReader(known, checkpoint_mark.reader)
        reader_id = f"{os.getpid()}-{next(_NUMBERS)}-{secrets.token_hex(8)}"
        return _PubSubReader(SubscriptionReader(self.subscription, self.timestamp_attribute), reader_id)

    def get_checkpoint_mark_coder(self) -> Coder:
        return _MarkCoder()

    def default_output_coder(self) -> Coder:
        return beam.coders.FastPrimitivesCoder()


class _SourceCoder(Coder):
    """The same bytes everywhere, since Flink finds a worker by them."""

    def encode(self, value: _PubSubSource) -> bytes:
        return json.dumps([value.subscription, value.timestamp_attribute, value.number]).encode()

    def decode(self, encoded: bytes) -> _PubSubSource:
        return _PubSubSource(*json.loads(encoded))

    def is_deterministic(self) -> bool:
        return True


registry.register_coder(_PubSubSource, _SourceCoder)  # type: ignore[arg-type]


def _as_key(source: _PubSubSource) -> bytes:
    """A source as the key that Flink makes of it."""
    encoded = _SourceCoder().encode(source)
    return as_varint(len(encoded)) + encoded


class _PubSubReader(UnboundedReader):
    """Its records are whole deliveries: what Beam does for each record costs more than a message does."""

    def __init__(self, messages: SubscriptionReader, reader_id: str) -> None:
        self.messages = messages
        self.id = reader_id
        self.turn = messages.turn = next(_NUMBERS)
        self.current: Delivery | None = None

    def start(self) -> bool:
        if not self.messages.is_open:
            self.messages.open()
            _READERS[self.id] = self.messages
        return self.advance()

    def advance(self) -> bool:
        self.current = self.messages.take()
        return self.current is not None

    def get_current(self) -> list[tuple[Any, ...]]:
        return [tuple(message) for message in self.current.messages] if self.current else []

    def get_current_timestamp(self) -> Timestamp:
        return Timestamp(micros=self.current.earliest_micros) if self.current else MIN_TIMESTAMP

    def get_watermark(self) -> Timestamp:
        micros = self.messages.watermark_micros()
        return MIN_TIMESTAMP if micros is None else Timestamp(micros=micros)

    def get_checkpoint_mark(self) -> _Mark:
        return _Mark(self.id, self.messages.cut())

    def close(self) -> None:
        if self.messages.turn == self.turn:  # else another one reads on in its place
            self.messages.close()
