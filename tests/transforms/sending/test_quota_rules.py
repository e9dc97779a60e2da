"""A quota lets through what its bucket holds, and never more, whatever the times of the calls."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.partner_spec import QuotaSpec
from transforms.sending.quota_rules import NEVER_CALLED, emptied, free_at, spent

TWO_A_SECOND = QuotaSpec(calls=2, seconds=1, burst=2)


def test_a_burst_goes_at_once_and_then_one_call_an_interval() -> None:
    full_at = NEVER_CALLED
    allowed = []
    for _ in range(4):
        at = max(10.0, free_at(full_at, TWO_A_SECOND))
        allowed.append(at)
        full_at = spent(full_at, TWO_A_SECOND, at)
    assert allowed == [10.0, 10.0, 10.5, 11.0]


def test_whoever_does_not_know_what_was_called_starts_without_a_burst() -> None:
    assert free_at(emptied(TWO_A_SECOND, 10.0), TWO_A_SECOND) == 10.5


@given(
    st.lists(st.floats(0, 5), max_size=60),
    st.integers(1, 5),
    st.floats(0.5, 10),
    st.integers(1, 5),
)
def test_in_no_stretch_of_time_are_there_more_calls_than_the_bucket_and_its_refill(
    gaps: list[float], calls: int, seconds: float, burst: int
) -> None:
    quota = QuotaSpec(calls=calls, seconds=seconds, burst=burst)
    full_at, now, made = NEVER_CALLED, 0.0, []
    for gap in gaps:
        now = max(now + gap, free_at(full_at, quota))
        full_at = spent(full_at, quota, now)
        made.append(now)
    for first, start in enumerate(made):
        for last in range(first, len(made)):
            assert last - first + 1 <= burst + (made[last] - start) * calls / seconds + 1e-6
