"""Mapping: decoded documents in, what their sources reported out."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import TaggedOutput

from schemas.records import Envelope, Ignored, Rejection, ReportedEvent
from transforms import record_coders as _coders  # noqa: F401 - registers them
from transforms.canonical.mapping_rules import EVENTS_PER_MESSAGE_MAX, STAGE, SourceMapping, unmapped
from transforms.rejections import of_document

REJECTIONS = "rejections"
IGNORED = "ignored"
DOCUMENT_EVENTS = EVENTS_PER_MESSAGE_MAX + 1  # no document makes more, so the numbers of its events are its own

E = TypeVar("E", ReportedEvent, Rejection)


class MapDocuments(beam.PTransform[Any, Any]):
    """Read each document by the mapping of its source, line by line.

    In:       `(Envelope, index, document)`, as `DecodeMessages` gives them.
    Out:      `.events`: `ReportedEvent`, whose `event_index` counts within its document, from a number of its own;
              `.ignored`: `Ignored`, one for each document that its mapping names as having no effect.
    State:    none.
    Rejects:  `.rejections`: `Rejection` with every reason of stage map; a bad line leaves alone, the others go on.
    """

    def __init__(self, mappings: Mapping[str, SourceMapping]) -> None:
        super().__init__()
        self.mappings = dict(mappings)

    def expand(self, documents: Any) -> Any:
        step = beam.ParDo(_MapFn(self.mappings))
        hinted = step.with_output_types(ReportedEvent, rejections=Rejection, ignored=Ignored)
        return documents | "Map" >> hinted.with_outputs(REJECTIONS, IGNORED, main="events")


class _MapFn(beam.DoFn):
    def __init__(self, mappings: Mapping[str, SourceMapping]) -> None:
        self.mappings = mappings

    def process(self, decoded: tuple[Envelope, int, Any]) -> Iterator[Any]:
        envelope, number, document = decoded
        mapping = self.mappings.get(envelope.source)
        if mapping is None:
            if number == 0:  # once for each message, whatever is in it
                Metrics.counter(STAGE, "unknown_source").inc()
                yield TaggedOutput(REJECTIONS, unmapped(envelope, self.mappings))
            return
        mapped = mapping.run(document, envelope)
        yield from (_numbered(event, number) for event in mapped.events)
        for rejection in mapped.rejections:
            Metrics.counter(STAGE, rejection.reason).inc()
            yield TaggedOutput(REJECTIONS, _numbered(of_document(rejection, number), number))
        for ignored in mapped.ignored:
            yield TaggedOutput(IGNORED, ignored)


def _numbered(one: E, number: int) -> E:
    """An event, or a rejection of one, with an index that no other document of its message has."""
    if not number or one.event_index < 0:
        return one
    return one._replace(event_index=one.event_index + number * DOCUMENT_EVENTS)
