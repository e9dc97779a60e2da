"""Few keys lie evenly with workers where their numbers were chosen, and as luck has it where they were not."""

import pytest
from apache_beam.coders import VarIntCoder

from transforms.key_groups import GROUPS, as_varint, group_of, spread_numbers


def of_each_worker(numbers: tuple[int, ...] | range, workers: int) -> list[int]:
    at = [group_of(as_varint(number)) * workers // GROUPS for number in numbers]
    return [at.count(worker) for worker in range(workers)]


def test_numbers_that_were_not_chosen_lie_unevenly() -> None:
    """As seen on a cluster: of every sixteen records ten went to the first of two workers."""
    assert of_each_worker(range(16), 2) == [10, 6]


@pytest.mark.parametrize(("count", "workers"), [(16, 2), (16, 4), (16, 8), (16, 16), (2, 2), (32, 4), (12, 3)])
def test_chosen_numbers_lie_evenly(count: int, workers: int) -> None:
    numbers = spread_numbers(count, as_varint)
    assert len(set(numbers)) == count
    assert of_each_worker(numbers, workers) == [count // workers] * workers


@pytest.mark.parametrize("count", [1, 128, 129, 1_000])
def test_any_count_has_as_many_numbers(count: int) -> None:
    assert len(set(spread_numbers(count, as_varint))) == count


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**40])
def test_a_number_is_encoded_as_beam_does(number: int) -> None:
    assert as_varint(number) == VarIntCoder().encode(number)
