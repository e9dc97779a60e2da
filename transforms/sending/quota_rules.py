"""Quota rules: the calls made so far in, when the next one may be made out: a token bucket kept as one time.

The time is when the bucket would be full again, counted in calls. A call may be made while that is less than a burst
ahead, and puts it one interval further. So the bucket needs no refilling, and no clock but the argument.

    2 calls/s, burst 2         full again at
    call at 10.0    may          10.5
    call at 10.0    may          11.0
    call at 10.0    must wait until 10.5
"""

from schemas.partner_spec import QuotaSpec

NEVER_CALLED = float("-inf")


def free_at(full_at: float, quota: QuotaSpec) -> float:
    """The earliest time at which a call may be made."""
    return full_at - (quota.burst - 1) * quota.interval_seconds


def spent(full_at: float, quota: QuotaSpec, at: float) -> float:
    """When the bucket is full again after a call at `at`."""
    return max(full_at, at) + quota.interval_seconds


def emptied(quota: QuotaSpec, at: float) -> float:
    """The bucket of somebody who does not know what was called before: no burst, one call an interval."""
    return at + quota.burst * quota.interval_seconds
