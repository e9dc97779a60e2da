"""Events on kits leave with their components, all others as they came."""

from decimal import Decimal

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from schemas.records import Component
from tests.builders import receipt, shipment
from tests.ledgers import MASTER
from transforms.kits.kits import ExplodeKits


def test_kits_are_exploded() -> None:
    events = [receipt(5, at=1), shipment(2, at=2, item="SET"), shipment(1, at=3, item="CRATE")]
    components = [(), (("BOLT", 4), ("NUT", 6)), (("BOLT", 5), ("NUT", 6))]
    expected = [
        event._replace(components=tuple(Component(item, Decimal(quantity)) for item, quantity in parts))
        for event, parts in zip(events, components, strict=True)
    ]
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        assert_that(pipeline | beam.Create(events) | ExplodeKits(MASTER), equal_to(expected))
