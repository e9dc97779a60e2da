"""Positions alone are those that the keyed stage says which hosts them."""

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from schemas.encoding import pack
from schemas.records import PositionRow
from tests.pipelines.example_rules import NOW, day, front
from transforms.ledger.positions import TrackPositions
from transforms.ledger.shard_rules import Shard


def test_positions_are_those_of_the_whole_ledger() -> None:
    _, master, policy = front()
    records = Shard(master, policy).fold(map(pack, day()), NOW).records
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        positions = pipeline | beam.Create(day()) | TrackPositions(master, policy, NOW)
        assert_that(positions, equal_to([row for row in records if isinstance(row, PositionRow)]))
