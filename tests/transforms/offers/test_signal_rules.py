"""A signal is told when the figure crosses a threshold, and a figure that trembles crosses it once."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.policy_parts import Thresholds
from schemas.records import StockSignal
from tests.transforms.publication.rows import availability
from transforms.offers.signal_rules import IN_STOCK, LOW, OUT, signal_after, signal_for

BY = Thresholds(low=10, out=0, hysteresis=2)


def told(figures: list[int], by: Thresholds = BY) -> list[tuple[int, str]]:
    """What is told of one figure after the other."""
    last: str | None = None
    signals = []
    for version, figure in enumerate(figures):
        signal = signal_for(last, availability(figure, version), by)
        if signal is not None:
            last = signal.signal
            signals.append((figure, last))
    return signals


@pytest.mark.parametrize(
    ("story", "figures", "signals"),
    [
        ("the first figure is told", [40], [(40, IN_STOCK)]),
        ("whatever it is", [0], [(0, OUT)]),
        ("without a margin", [11], [(11, IN_STOCK)]),
        ("nothing is crossed", [40, 39, 12, 11, 500], [(40, IN_STOCK)]),
        ("stock runs low", [40, 11, 10, 9], [(40, IN_STOCK), (10, LOW)]),
        ("and out", [40, 5, 0], [(40, IN_STOCK), (5, LOW), (0, OUT)]),
        ("it may fall at once", [40, 0], [(40, IN_STOCK), (0, OUT)]),
        ("and rise at once", [0, 13], [(0, OUT), (13, IN_STOCK)]),
        ("a little is not enough to be back", [40, 0, 1, 2, 3], [(40, IN_STOCK), (0, OUT), (3, LOW)]),
        ("nor to be plenty", [10, 11, 12, 13], [(10, LOW), (13, IN_STOCK)]),
        ("from out to just above low is low", [0, 12], [(0, OUT), (12, LOW)]),
        ("it trembles around low", [11, 10, 11, 12, 10, 12, 9], [(11, IN_STOCK), (10, LOW)]),
        ("it trembles around out", [1, 0, 2, 1, 0, 2], [(1, LOW), (0, OUT)]),
        (
            "the line of the module",
            [40, 11, 10, 12, 11, 0, 1, 2, 3, 12, 13],
            [(40, IN_STOCK), (10, LOW), (0, OUT), (3, LOW), (13, IN_STOCK)],
        ),
    ],
)
def test_signals(story: str, figures: list[int], signals: list[tuple[int, str]]) -> None:
    assert told(figures) == signals


def test_without_hysteresis_each_crossing_is_told() -> None:
    assert told([11, 10, 11], Thresholds(low=10)) == [(11, IN_STOCK), (10, LOW), (11, IN_STOCK)]


def test_out_may_begin_before_nothing_is_left() -> None:
    assert told([6, 5, 2], Thresholds(low=5, out=2)) == [(6, IN_STOCK), (5, LOW), (2, OUT)]


def test_a_signal_names_the_listing_and_what_changed_it() -> None:
    row = availability(3, 8)
    assert signal_for(IN_STOCK, row, BY) == StockSignal(
        item="ABC-1",
        channel="web",
        listing="W-ABC-1",
        signal="low",
        quantity=3,
        changed_by="shop:order:1001:1",
        correlation_id="corr-1001",
        version=8,
    )


def test_a_channel_without_thresholds_is_told_nothing() -> None:
    assert signal_for(None, availability(0), None) is None


def some_thresholds(numbers: tuple[int, int, int]) -> Thresholds:
    out, above, hysteresis = numbers
    return Thresholds(low=out + above, out=out, hysteresis=hysteresis)


thresholds = st.tuples(st.integers(0, 5), st.integers(1, 10), st.integers(0, 5)).map(some_thresholds)


@given(st.lists(st.integers(0, 30)), thresholds)
def test_no_signal_is_told_twice_in_a_row(figures: list[int], by: Thresholds) -> None:
    assert all(one != two for (_, one), (_, two) in pairwise(told(figures, by)))


@given(st.sampled_from([IN_STOCK, LOW, OUT]), st.data(), thresholds)
def test_noise_within_the_hysteresis_tells_nothing(last: str, data: st.DataObject, by: Thresholds) -> None:
    """From wherever it stands, a figure may move between just above the threshold below and the margin above."""
    bands = {OUT: (0, by.out), LOW: (by.out + 1, by.low), IN_STOCK: (by.low + 1, 50)}
    least, most = bands[last]
    margin = 0 if last == IN_STOCK else by.hysteresis
    for figure in data.draw(st.lists(st.integers(least, most + margin), max_size=20)):
        assert signal_after(last, figure, by) == last


@given(st.sampled_from([None, IN_STOCK, LOW, OUT]), st.integers(0, 30), st.integers(0, 30), thresholds)
def test_more_never_means_less(last: str | None, one: int, two: int, by: Thresholds) -> None:
    order = [OUT, LOW, IN_STOCK]
    less, more = (signal_after(last, figure, by) for figure in sorted((one, two)))
    assert order.index(less) <= order.index(more)
