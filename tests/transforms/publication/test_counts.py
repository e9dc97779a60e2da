"""How many ended how, whatever bundles the partial counts came in."""

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_stream import TestStream as ScriptedStream  # pytest would collect it by its name
from apache_beam.testing.util import assert_that, equal_to

from schemas.records import OutcomeCount
from tests.transforms.publication.rows import ended
from transforms.publication.counts import CountOutcomes


@pytest.mark.parametrize(
    ("story", "partial", "expected"),
    [
        ("the same ending adds up", [ended(2, "posted"), ended(3, "posted")], [ended(5, "posted")]),
        (
            "source, level, outcome and reason keep endings apart",
            [
                ended(1, "parked", "unknown_item"),
                ended(1, "parked", "unknown_unit"),
                ended(1, "parked", "unknown_item", level="message"),
                ended(1, "parked", "unknown_item", source="wms-east"),
                ended(1, "dead_letter", "unknown_item"),
                ended(4, "parked", "unknown_item"),
            ],
            [
                ended(5, "parked", "unknown_item"),
                ended(1, "parked", "unknown_unit"),
                ended(1, "parked", "unknown_item", level="message"),
                ended(1, "parked", "unknown_item", source="wms-east"),
                ended(1, "dead_letter", "unknown_item"),
            ],
        ),
        ("nothing comes to nothing", [], []),
    ],
)
def test_outcomes_are_counted(story: str, partial: list[OutcomeCount], expected: list[OutcomeCount]) -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        counts = pipeline | beam.Create(partial) | CountOutcomes()
        assert_that(counts, equal_to(expected))
        types = counts | beam.Map(lambda count: type(count).__name__)
        assert_that(types, equal_to(["OutcomeCount"] * len(expected)), "Types")


def test_the_sums_of_a_stream_grow_pane_by_pane() -> None:
    stream = ScriptedStream()
    for total in (2, 3):
        stream.add_elements([ended(total, "posted")]).advance_processing_time(11)
    with beam.Pipeline(runner="BundleBasedDirectRunner", options=PipelineOptions(streaming=True)) as pipeline:
        counts = pipeline | stream.advance_watermark_to_infinity() | CountOutcomes()
        assert_that(counts, equal_to([ended(2, "posted"), ended(5, "posted")._replace(pane=1)]))
