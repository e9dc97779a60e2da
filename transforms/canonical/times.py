"""Times: what sources write in, aware UTC datetimes out.

A time with a zone or offset keeps it; one without is read in the zone that the mapping names. Where clocks are set back
an hour exists twice: the first of the two is meant. Where they are set forward, a time that never was is read as if the
clocks had not been set.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

TEXT_CHARS_MAX = 64
YEAR_MIN, YEAR_MAX = 1990, 2100  # outside these a field holds something else than the time of a movement

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


class TimeError(ValueError):
    """What a source wrote as a time is none."""


def to_time(value: object, zone: ZoneInfo, form: str | None = None, epoch: str | None = None) -> datetime:
    """The moment that a value states; `form` is a strptime format, `epoch` the unit of a count from 1970."""
    if epoch is not None:
        return _within(_from_epoch(value, epoch), value)
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    expected = f"a time like {form}" if form else "an ISO 8601 time"
    if not text or len(text) > TEXT_CHARS_MAX:
        raise TimeError(f"got {str(value)[:TEXT_CHARS_MAX]!r}, expected {expected}")
    try:
        parsed = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - zoned below
    except ValueError:
        raise TimeError(f"got {text!r}, expected {expected}") from None
    aware = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=zone)
    return _within(aware, value).astimezone(UTC)


def _from_epoch(value: object, epoch: str) -> datetime:
    number = value if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
    try:
        return EPOCH + timedelta(microseconds=int(Decimal(number) * MICROSECONDS[epoch]))
    except (InvalidOperation, OverflowError, ValueError):
        raise TimeError(f"got {str(value)[:TEXT_CHARS_MAX]!r}, expected {epoch} since 1970") from None


def _within(moment: datetime, value: object) -> datetime:
    if not YEAR_MIN <= moment.year < YEAR_MAX:
        raise TimeError(f"got {str(value)[:TEXT_CHARS_MAX]!r}, expected a year from {YEAR_MIN} to {YEAR_MAX - 1}")
    return moment
