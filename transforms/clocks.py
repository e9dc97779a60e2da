"""Clocks: what counts as now: the clock on the wall, or one moment for a run over a day that is past."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock on the wall; tests bring their own."""
    return datetime.now(UTC)


def clock_at(moment: datetime | None) -> Clock:
    """A clock that stands at a moment, the one on the wall where there is none; it pickles."""
    return utc_now if moment is None else partial(_pinned, moment)


def _pinned(moment: datetime) -> datetime:
    return moment
