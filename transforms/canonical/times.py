"""Times: what sources write in, aware UTC datetimes out.

A time with a zone or offset keeps it; one without is read in the zone that the mapping names. Where clocks are set back
an hour exists twice: the first of the two is meant. Where they are set forward, a time that never was is read as if the
clocks had not been set. A day without a time is its first moment.

`strptime` lets `%Y%m%d%H%M%S` read 202603021315 as a quarter past one and five seconds. So where a format has numbers
that touch, the text must be as long as the format says.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache

from transforms.canonical.quantities import shown

TEXT_CHARS_MAX = 64
YEAR_MIN, YEAR_MAX = 1990, 2100  # outside these a field holds something else than the time of a movement

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}

_EPOCH_MICROSECONDS_MAX = 10**16  # the year 2286
_COUNT = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?(?:[eE]\+?\d{1,2})?", re.ASCII)
_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "y": 2, "j": 3, "I": 2, "%": 1}
_ISO_FORM = "%Y-%m-%d %H:%M:%S"
_ISO = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_DIRECTIVE = re.compile(r"%(.)")
_TOUCHING = re.compile(r"%[YmdHMSyjI]%[YmdHMSyjI]")


class TimeError(ValueError):
    """What a source wrote as a time is none."""


def to_time(value: object, zone: tzinfo, formats: Sequence[str] = (), epoch: str | None = None) -> datetime:
    """The moment a value states, in UTC: ISO 8601, else by the first of `formats` that fits, or counted from 1970."""
    if epoch is not None:
        return _within(_from_epoch(value, epoch), value)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TimeError(f"got {shown(value)}, expected {_expected(formats)}")
    text = value.strip() if isinstance(value, str) else shown(value)
    parsed = _parsed(text, formats) if 0 < len(text) <= TEXT_CHARS_MAX else None
    if parsed is None:
        raise TimeError(f"got {shown(value)}, expected {_expected(formats)}")
    local = _within(parsed, value)
    if local.tzinfo is UTC:
        return local
    return (local if local.tzinfo is not None else local.replace(tzinfo=zone)).astimezone(UTC)


def _parsed(text: str, formats: Sequence[str]) -> datetime | None:
    for form in formats:
        width = _width(form)
        if width is not None and len(text) != width:
            continue
        try:
            if form == _ISO_FORM and _ISO.fullmatch(text):
                return datetime.fromisoformat(text)  # ten times faster
            return datetime.strptime(text, form)  # noqa: DTZ007 - zoned by the caller
        except ValueError:
            continue
    try:
        return None if formats else datetime.fromisoformat(text)
    except ValueError:
        return None


@cache
def _width(form: str) -> int | None:
    """How long the text of a format with touching numbers is; None where its length may vary."""
    letters = _DIRECTIVE.findall(form)
    if not _TOUCHING.search(form) or not all(letter in _WIDTHS for letter in letters):
        return None
    return len(_DIRECTIVE.sub("", form)) + sum(_WIDTHS[letter] for letter in letters)


def _from_epoch(value: object, epoch: str) -> datetime:
    count = Decimal(value.strip()) if isinstance(value, str) and _COUNT.fullmatch(value.strip()) else value
    if not isinstance(count, int | Decimal) or isinstance(count, bool) or not _is_bearable(count):
        raise TimeError(f"got {shown(value)}, expected {epoch} since 1970")
    microseconds = count * MICROSECONDS[epoch]
    if not -_EPOCH_MICROSECONDS_MAX < microseconds < _EPOCH_MICROSECONDS_MAX:
        raise TimeError(f"got {shown(value)}, expected {epoch} since 1970")
    return EPOCH + timedelta(microseconds=int(microseconds))


def _is_bearable(count: int | Decimal) -> bool:
    is_number = isinstance(count, int) or count.is_finite()
    return is_number and -_EPOCH_MICROSECONDS_MAX < count < _EPOCH_MICROSECONDS_MAX


def _within(moment: datetime, value: object) -> datetime:
    if not YEAR_MIN <= moment.year < YEAR_MAX:
        raise TimeError(f"got {shown(value)}, expected a year from {YEAR_MIN} to {YEAR_MAX - 1}")
    return moment


def _expected(formats: Sequence[str]) -> str:
    return f"a time like {' or '.join(formats)}" if formats else "an ISO 8601 time"
