"""Canonicalising: raw messages in, canonical events out; what cannot go on leaves on the side with its reason."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from schemas.records import Envelope, OutcomeCount, Rejection, Settlement, SnapshotPart, SourceHeard, StockEvent
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.canonical.canonical_rules import Front, canonicalise, count_message
from transforms.canonical.replay_rules import reopened
from transforms.governed import Source

REJECTIONS = "rejections"
COUNTS = "counts"
WAITING = "waiting"
SETTLEMENTS = "settlements"
SNAPSHOTS = "snapshots"
HEARD = "heard"

Ending = tuple[str, str, str, str]  # source, level, outcome, reason


class CanonicaliseMessages(beam.PTransform[Any, Any]):
    """Decode, map, check and explode each message in one step.

    In:       `Envelope`.
    Out:      `.events`: `StockEvent`, kits exploded; `.counts`: `OutcomeCount`, one of each kind for a bundle;
              `.waiting`: for `ParkUnknown`, the parked ones of the rejections again, each with its event as payload;
              `.snapshots`: `SnapshotPart`, lines that belong to a complete snapshot, for `GuardSnapshots`;
              `.heard`: `SourceHeard`, the newest message of each source in a bundle, for `WatchFeeds`;
              `.settlements`: `Settlement`, what a replayed message opens again.
    State:    none.
    Rejects:  `.rejections`: `Rejection` with every reason of the stages decode, map and check.
    """

    def __init__(self, front: Front, source: Source | None = None) -> None:
        """`source`: where newer master data and policy come from while a stream runs."""
        super().__init__()
        self.front = front
        self.source = source

    def expand(self, envelopes: Any) -> Any:
        step = beam.ParDo(_CanonicaliseFn(self.front, self.source))
        hinted = step.with_output_types(
            StockEvent,
            rejections=Rejection,
            counts=OutcomeCount,
            waiting=Rejection,
            settlements=Settlement,
            snapshots=SnapshotPart,
            heard=SourceHeard,
        )
        return envelopes | "Canonicalise" >> hinted.with_outputs(
            REJECTIONS, COUNTS, WAITING, SETTLEMENTS, SNAPSHOTS, HEARD, main="events"
        )


class _CanonicaliseFn(beam.DoFn):
    def __init__(self, front: Front, source: Source | None) -> None:
        self.front = front
        self.source = source

    def start_bundle(self) -> None:
        if self.source is not None:
            master, policy, _ = self.source.standing().governed
            self.front = self.front._replace(master=master, policy=policy)
        self.events_made: Counter[str] = Counter()  # by source, of messages that made events and nothing else
        self.messages_mapped: Counter[str] = Counter()
        self.counts: Counter[Ending] = Counter()
        self.heard: dict[str, datetime] = {}  # by source, its newest message of which anything was understood

    def process(self, envelope: Envelope) -> Iterable[Any]:
        canonical = canonicalise(envelope, self.front)
        events, rejections, ignored, waiting, snapshots = canonical
        if events or ignored or waiting or snapshots:
            self._hear(envelope)
        if events and not (rejections or ignored or snapshots):  # nearly all: no counts are made for them one by one
            self.messages_mapped[envelope.source] += 1
            self.events_made[envelope.source] += len(events)
            return events
        for count in count_message(envelope.source, canonical):
            self.counts[count.source, count.level, count.outcome, count.reason] += count.total
        return [
            *(beam.pvalue.TaggedOutput(REJECTIONS, one) for one in rejections),
            *(beam.pvalue.TaggedOutput(WAITING, one) for one in waiting),
            *(beam.pvalue.TaggedOutput(SNAPSHOTS, one) for one in snapshots),
            *(beam.pvalue.TaggedOutput(SETTLEMENTS, one) for one in reopened(envelope, rejections)),
            *events,
        ]

    def _hear(self, envelope: Envelope) -> None:
        before = self.heard.get(envelope.source)
        if before is None or before < envelope.received_at:
            self.heard[envelope.source] = envelope.received_at

    def finish_bundle(self) -> Iterator[Any]:
        for source, total in self.messages_mapped.items():
            self.counts[source, "message", "in", ""] += total
            self.counts[source, "message", "mapped", ""] += total
            self.counts[source, "message", "events", ""] += self.events_made[source]
        for ending, total in self.counts.items():
            count = WindowedValue(OutcomeCount(*ending, total), MIN_TIMESTAMP, (GlobalWindow(),))
            yield beam.pvalue.TaggedOutput(COUNTS, count)
        for heard in self.heard.items():
            notice = WindowedValue(SourceHeard(*heard), MIN_TIMESTAMP, (GlobalWindow(),))
            yield beam.pvalue.TaggedOutput(HEARD, notice)
