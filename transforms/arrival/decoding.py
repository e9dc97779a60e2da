"""Decoding: envelopes in, the documents inside them out."""

from collections.abc import Iterator, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from schemas.records import Envelope, Rejection
from transforms import record_coders as _coders  # noqa: F401  registers them
from transforms.arrival.envelope_rules import rejected
from transforms.arrival.envelopes import REJECTIONS
from transforms.arrival.format_table import NO_OPTIONS, decode
from transforms.arrival.limits import DecodeError, Document

Decoded = tuple[Envelope, int, Document]


class DecodeMessages(beam.PTransform[Any, Any]):
    """Decode each message by its format, with the options of its source.

    In:       `Envelope`.
    Out:      `.documents`: `(Envelope, index, document)`, for each document of a message, counted from 0.
    State:    none.
    Rejects:  `.rejections`: `Rejection` of whole messages that cannot be read, as dead letters.
    Source:   the formats' own, named in their modules.
    """

    def __init__(self, options_by_source: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__()
        self.options_by_source = {source: dict(options) for source, options in options_by_source.items()}

    def expand(self, envelopes: PCollection[Envelope]) -> Any:
        step = beam.ParDo(_DecodeFn(self.options_by_source)).with_output_types(Decoded, rejections=Rejection)
        return envelopes | "Decode" >> step.with_outputs(REJECTIONS, main="documents")


class _DecodeFn(beam.DoFn):
    def __init__(self, options_by_source: Mapping[str, Mapping[str, Any]]) -> None:
        self.options_by_source = options_by_source

    def process(self, envelope: Envelope) -> Iterator[Any]:
        options = self.options_by_source.get(envelope.source, NO_OPTIONS)
        try:
            documents = decode(envelope.format, envelope.payload, options)
        except DecodeError as error:
            yield beam.pvalue.TaggedOutput(REJECTIONS, rejected(envelope, error))
            return
        for index, document in enumerate(documents):
            yield envelope, index, document
