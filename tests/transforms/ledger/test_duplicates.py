"""Each fact passes once, also when its repeats come in later groups than it did."""

from datetime import timedelta

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from tests.builders import receipt
from tests.schemas.small_company import company
from transforms.ledger import grouping
from transforms.ledger.duplicates import DropDuplicates

EVENTS = [receipt(1, at=9, key=f"R-{number}", item=f"BOLT-{number % 7}") for number in range(50)]
REPEATS = [event._replace(message_id="again", received_at=event.received_at + timedelta(hours=1)) for event in EVENTS]


@pytest.mark.parametrize("group_size", [1, 5_000])
def test_facts_pass_once_whatever_groups_they_come_in(group_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "GROUP_EVENTS_MAX", group_size)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        told = pipeline | beam.Create([*EVENTS, *REPEATS]) | DropDuplicates(company())
        keys = told.new | beam.Map(lambda event: event.transaction_key)
        assert_that(keys, equal_to([event.transaction_key for event in EVENTS]), "New")
        assert_that(told.repeated | beam.combiners.Count.Globally(), equal_to([50]), "Repeated")


def test_a_contradiction_is_a_dead_letter_that_can_be_read() -> None:
    other = REPEATS[3]._replace(quantity=EVENTS[3].quantity + 1)
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        told = pipeline | beam.Create([EVENTS[3], other]) | DropDuplicates(company())
        found = told.rejections | beam.Map(lambda one: (one.reason, one.transaction_key, one.stage, one.message_id))
        assert_that(found, equal_to([("conflicting_duplicate", "R-3", "ledger", "again")]))
