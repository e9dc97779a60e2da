"""Numbers for the person who watches."""

from collections.abc import Iterator

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from transforms.publication.tallies import TALLY_EVERY, TallyElements, _TallyFn, clear_tallies, tallied, tally


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    clear_tallies()
    yield
    clear_tallies()


def test_counts_add_up_in_the_order_in_which_they_first_moved() -> None:
    for label, count in (("messages", 2), ("events", 1), ("messages", 3)):
        tally(label, count)
    assert list(tallied().items()) == [("messages", 5), ("events", 1)]


def test_elements_pass_unchanged_and_all_are_counted() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        passed = pipeline | beam.Create(range(2_500)) | TallyElements("numbers")
        assert_that(passed, equal_to(list(range(2_500))))
    assert tallied() == {"numbers": 2_500}


def test_the_count_moves_while_a_bundle_is_being_worked() -> None:
    counting = _TallyFn("numbers")
    for number in range(TALLY_EVERY + 1):
        assert list(counting.process(number)) == [number]
    assert tallied() == {"numbers": 1_000}
    counting.finish_bundle()
    assert tallied() == {"numbers": 1_001}


def test_the_type_of_elements_is_kept() -> None:
    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        assert (pipeline | beam.Create(["a"]) | TallyElements("texts")).element_type is str
