"""Availability from stock that anything may have counted is that of the keyed stage that hosts it."""

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from schemas.encoding import pack
from schemas.records import AvailabilityRow
from tests.pipelines.example_rules import NOW, day, front
from transforms.ledger.offer_rows import stock
from transforms.ledger.shard_rules import Shard
from transforms.offers.offers import DeriveAvailability


def test_the_newest_row_of_each_listing_is_that_of_the_whole_ledger() -> None:
    _, master, policy = front()
    shard = Shard(master, policy)
    rows = [row for row in shard.fold(map(pack, day()), NOW).records if isinstance(row, AvailabilityRow)]
    stocks = [(stock(ledger), ledger.state()) for ledger in shard.books.values() if ledger.version]
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        newest = (
            pipeline
            | beam.Create(stocks)
            | DeriveAvailability(master, policy, NOW)
            | beam.Map(lambda row: ((row.item, row.channel), row))
            | beam.GroupByKey()
            | beam.MapTuple(lambda _, same: max(same, key=lambda row: row.version))
        )
        assert_that(newest, equal_to(rows))
