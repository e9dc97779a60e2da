"""Counts: partial outcome counts in, one count for each source, level, outcome and reason out."""

import apache_beam as beam

from schemas.records import OutcomeCount

Ending = tuple[str, str, str, str]  # source, level, outcome, reason


class CountOutcomes(beam.PTransform):
    """Add up how messages and events ended.

    In:       `OutcomeCount`, partial: any number for the same ending, with any count.
    Out:      `OutcomeCount`, one for each source, level, outcome and reason; in streaming, one for each window.
    State:    the sums, in Beam's combiner.
    Rejects:  nothing.
    """

    def expand(self, partial: beam.PCollection[OutcomeCount]) -> beam.PCollection[OutcomeCount]:
        return (
            partial
            | "KeyByEnding" >> beam.Map(_by_ending).with_output_types(tuple[Ending, int])
            | "Sum" >> beam.CombinePerKey(sum)
            | "ToCounts" >> beam.MapTuple(_to_count).with_output_types(OutcomeCount)
        )


def _by_ending(partial: OutcomeCount) -> tuple[Ending, int]:
    source, level, outcome, reason, total = partial
    return (source, level, outcome, reason), total


def _to_count(ending: Ending, total: int) -> OutcomeCount:
    return OutcomeCount(*ending, total)
