"""Who asks too often waits; nobody else does."""

from services.rate_rules import Buckets


def test_a_burst_passes_and_then_one_for_each_token() -> None:
    buckets = Buckets(per_second=2, burst=3)
    assert [buckets.seconds_to_wait("a", 10.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.seconds_to_wait("a", 10.25) == 0.25
    assert buckets.seconds_to_wait("a", 10.5) == 0.0


def test_a_bucket_never_holds_more_than_a_burst() -> None:
    buckets = Buckets(per_second=2, burst=1)
    assert [buckets.seconds_to_wait("a", at) for at in (0.0, 1_000.0, 1_000.0)] == [0.0, 0.0, 0.5]


def test_one_caller_does_not_use_up_what_another_has() -> None:
    buckets = Buckets(per_second=1, burst=1)
    assert [buckets.seconds_to_wait(caller, 0.0) for caller in ("a", "a", "b")] == [0.0, 1.0, 0.0]


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    buckets = Buckets(per_second=1, burst=1)
    assert [buckets.seconds_to_wait("a", at) for at in (10.0, 5.0)] == [0.0, 1.0]


def test_only_so_many_callers_are_remembered() -> None:
    buckets = Buckets(per_second=1, burst=1, callers_max=2)
    for caller in ("a", "b", "c"):
        buckets.seconds_to_wait(caller, 0.0)
    assert buckets.seconds_to_wait("c", 0.0) == 1.0
    assert buckets.seconds_to_wait("a", 0.0) == 0.0
