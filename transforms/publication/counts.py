"""Counts: partial outcome counts in, one count for each source, level, outcome and reason out."""

from typing import Any

import apache_beam as beam
from apache_beam.transforms.trigger import AccumulationMode, AfterProcessingTime, Repeatedly
from apache_beam.transforms.window import GlobalWindows

from schemas.records import OutcomeCount
from transforms import record_coders as _coders  # noqa: F401 - registers them

STREAM_SECONDS = 10  # between two sums of a stream

Ending = tuple[str, str, str, str]  # source, level, outcome, reason


class CountOutcomes(beam.PTransform[Any, Any]):
    """Add up how messages and events ended.

    In:       `OutcomeCount`, partial: any number for the same ending, with any total.
    Out:      `OutcomeCount`, one for each source, level, outcome and reason; of a stream, the sums so far every
              `STREAM_SECONDS` in which they grew, each in a higher `pane`.
    State:    the sums, in Beam's combiner.
    Rejects:  nothing.
    """

    def expand(self, partial: Any) -> Any:
        keyed = partial | "KeyByEnding" >> beam.Map(_by_ending).with_output_types(tuple[Ending, int])
        if not partial.is_bounded:
            keyed |= "SoFar" >> beam.WindowInto(
                GlobalWindows(),
                trigger=Repeatedly(AfterProcessingTime(STREAM_SECONDS)),
                accumulation_mode=AccumulationMode.ACCUMULATING,
            )
        return keyed | "Sum" >> beam.CombinePerKey(sum) | "ToCounts" >> beam.Map(_to_count)


def _by_ending(partial: OutcomeCount) -> tuple[Ending, int]:
    return (partial.source, partial.level, partial.outcome, partial.reason), partial.total


def _to_count(summed: tuple[Ending, int], pane: Any = beam.DoFn.PaneInfoParam) -> OutcomeCount:
    ending, total = summed
    return OutcomeCount(*ending, total, max(0, pane.index))
