"""Clock: a time of the business day as written in the story in, the instant out. All such times are UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = datetime(2026, 3, 2, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
CHICAGO = ZoneInfo("America/Chicago")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def at(clock: str, day: int = 2) -> datetime:
    """A time of the business day; `day` 3 is the morning after, when it is still the 2nd further west."""
    hours, minutes, *seconds = map(int, clock.split(":"))
    return DAY + timedelta(days=day - 2, hours=hours, minutes=minutes, seconds=sum(seconds))
