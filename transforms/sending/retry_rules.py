"""Retry rules: how often something failed in, how long to leave it alone out.

Pauses double and are spread between half and all of their length, so that what failed together does not come back
together. The spread is drawn from the name of what waits and its attempt, so the same history gives the same pauses.
"""

import random
from datetime import UTC
from email.utils import parsedate_to_datetime

DOUBLINGS_MAX = 30
RETRY_AFTER_SECONDS_MAX = 3_600.0  # a partner that asks for more is asked again after an hour


def pause_seconds(name: str, failures: int, first_seconds: float, seconds_max: float) -> float:
    """How long to wait after the n-th failure in a row, n from 1."""
    whole = min(seconds_max, first_seconds * 2.0 ** min(failures - 1, DOUBLINGS_MAX))
    return whole * random.Random(f"{name}#{failures}").uniform(0.5, 1.0)  # noqa: S311 - spreads retries, no secret


def retry_after_seconds(header: str | None, now: float) -> float | None:
    """What a Retry-After header asks for: seconds or a date; None for no header, or one that says neither."""
    text = (header or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    if seconds != seconds:  # noqa: PLR0124 - not a number
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_SECONDS_MAX)
