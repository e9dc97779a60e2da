import gc
from collections.abc import Iterator

import pytest

from transforms.collector import put_off_collection


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def searches() -> int:
    """Of any generation: one of an older generation is none of the youngest."""
    return sum(generation["collections"] for generation in gc.get_stats())


def test_fewer_searches_are_made_and_cycles_are_still_found() -> None:
    put_off_collection()
    before = searches()
    kept = [[] for _ in range(50_000)]
    assert searches() - before <= 1
    assert len(kept) == 50_000
    for _ in range(200_000):
        cycle: list[object] = []
        cycle.append(cycle)
    assert searches() - before >= 2
