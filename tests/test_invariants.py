"""What must hold on any day (DESIGN 4), however it arrives. A failure names its seed: `make_day(seed, events=40)`.

The quick suite tries some days; SELLABLE_DAYS=100000 with `pytest -m slow tests/test_invariants.py` tries many.
"""

import os
from collections.abc import Iterable, Sequence

import pytest

from schemas.records import StockEvent
from tests.agreement import differences, fold_day
from tests.days import Day, make_day, perturb

QUICK_DAYS = 2_000
MANY_DAYS = int(os.environ.get("SELLABLE_DAYS", "100000"))
EVENTS = 40  # small days collide more

quickly_and_at_length = pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(QUICK_DAYS), id=f"{QUICK_DAYS} days"),
        pytest.param(range(QUICK_DAYS, QUICK_DAYS + MANY_DAYS), id=f"{MANY_DAYS} more", marks=pytest.mark.slow),
    ],
)


def days(seeds: Iterable[int]) -> Iterable[tuple[int, Day, list[list[StockEvent]]]]:
    for seed in seeds:
        day = make_day(seed, events=EVENTS)
        yield seed, day, perturb(day, seed)


def arrived(bundles: Sequence[Sequence[StockEvent]]) -> list[StockEvent]:
    return [event for bundle in bundles for event in bundle]


@quickly_and_at_length
def test_whatever_the_order_the_ledger_ends_where_the_oracle_does(seeds: range) -> None:
    """Convergence, once, conservation, one decision each, views that move forward: shuffled, doubled, bundled."""
    for seed, day, bundles in days(seeds):
        found = differences(day, arrived(bundles), fold_day(day, bundles, seed))
        assert not found, f"day {seed}: {found}"
