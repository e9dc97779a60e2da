"""Events go through one for one; those on kits come out with what they really move."""

from decimal import Decimal

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from schemas.records import Component, StockEvent
from tests.builders import receipt, requested
from tests.schemas.small_company import company
from transforms.kits.kits import ExplodeKits

A_KIT = requested(2, at=9, item="GIFT")
PREBUILT = receipt(3, at=9, item="HAMPER")
AN_ITEM = receipt(5, at=9, item="MUG")
TWO_GIFTS = (Component("BEANS", Decimal(1)), Component("MUG", Decimal(2)))


def test_only_events_on_kits_get_components() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        events = pipeline | beam.Create([A_KIT, PREBUILT, AN_ITEM]) | ExplodeKits(company())
        assert_that(events, equal_to([A_KIT._replace(components=TWO_GIFTS), PREBUILT, AN_ITEM]), "Same")
        classes = events | beam.Map(lambda one: (type(one), {type(part) for part in one.components}))
        expected = [(StockEvent, {Component}), (StockEvent, set[type]()), (StockEvent, set[type]())]
        assert_that(classes, equal_to(expected), "OurClasses")
