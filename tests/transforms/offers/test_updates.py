"""A channel is told a figure when it is newer than the last and not the same."""

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from schemas.records import AvailabilityRow
from tests.transforms.publication.rows import availability
from transforms.offers.updates import DetectChanges

Told = tuple[str, int, int | None]  # channel, quantity, previous quantity


def row(quantity: int, version: int, channel: str = "web") -> AvailabilityRow:
    return availability()._replace(available_quantity=quantity, version=version, channel=channel)


@pytest.mark.parametrize(
    ("story", "rows", "expected"),
    [
        ("the first figure is told", [row(5, 1)], [("web", 5, None)]),
        ("the same figure is not told again", [row(5, 1), row(5, 2), row(5, 2)], [("web", 5, None)]),
        ("a change is told with what it changed", [row(5, 1), row(4, 2)], [("web", 5, None), ("web", 4, 5)]),
        ("what is older than the last is passed over", [row(9, 3), row(5, 1)], [("web", 9, None)]),
        ("zero is a figure", [row(5, 1), row(0, 2)], [("web", 5, None), ("web", 0, 5)]),
        ("each channel has its own", [row(5, 1), row(7, 1, "b2b")], [("web", 5, None), ("b2b", 7, None)]),
    ],
)
def test_a_channel_is_told(
    story: str, rows: list[AvailabilityRow], expected: list[tuple[str, int, int | None]]
) -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        updates = pipeline | beam.Create(rows, reshuffle=False) | DetectChanges()
        told = updates | beam.Map(lambda update: (update.channel, update.quantity, update.previous_quantity))
        assert_that(told, equal_to(expected))
