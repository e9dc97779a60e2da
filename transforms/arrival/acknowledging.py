"""Acknowledging: received EDI in, the answers that its senders wait for out."""

from collections.abc import Iterator, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from schemas.records import Acknowledgment, Envelope
from transforms import record_coders as _coders  # noqa: F401  registers them
from transforms.arrival.edifact_acknowledgment_rules import answer_edifact
from transforms.arrival.format_table import NO_OPTIONS
from transforms.arrival.limits import DecodeError
from transforms.arrival.packed_payloads import unpacked
from transforms.arrival.x12_acknowledgment_rules import answer_x12

_ANSWERING = {"x12": answer_x12, "edifact": answer_edifact}


class AcknowledgeInterchanges(beam.PTransform[Any, Any]):
    """Answer each X12 interchange with a 997 and each EDIFACT interchange with a CONTRL.

    In:       `Envelope`, of any format.
    Out:      `Acknowledgment`, one for each interchange that holds something to answer.
    State:    none; the same interchange always gets the same answer.
    Rejects:  nothing; what cannot even be cut into segments is a dead letter of `DecodeMessages`.
    Source:   ANSI ASC X12 set 997; ISO 9735 part 4, CONTRL.
    """

    def __init__(self, options_by_source: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__()
        self.options_by_source = {source: dict(options) for source, options in options_by_source.items()}

    def expand(self, envelopes: PCollection[Envelope]) -> Any:
        return envelopes | "Answer" >> beam.FlatMap(_answers, self.options_by_source).with_output_types(Acknowledgment)


def _answers(envelope: Envelope, options_by_source: Mapping[str, Mapping[str, Any]]) -> Iterator[Acknowledgment]:
    answering = _ANSWERING.get(envelope.format)
    if answering is None:
        return
    options = options_by_source.get(envelope.source, NO_OPTIONS)
    try:
        found = [
            one for payload in unpacked(envelope.payload) for one in answering(payload, envelope.received_at, options)
        ]
    except DecodeError:
        return  # nobody could say what is answered
    for answer in found:
        yield Acknowledgment(
            envelope.source,
            envelope.format,
            answer.receiver,
            answer.control_number,
            answer.accepted,
            answer.rejected,
            envelope.message_id,
            envelope.correlation_id,
            answer.payload,
        )
