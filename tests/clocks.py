"""Clocks: times in, one after another out, for stages whose clock a test brings along."""

from datetime import datetime
from typing import Any

SCRIPT: list[datetime] = []
SEEN: list[Any] = []


def scripted() -> datetime:
    """The next time of the script; the last one stays."""
    return SCRIPT.pop(0) if len(SCRIPT) > 1 else SCRIPT[0]


def see(record: Any) -> None:
    """Note what passes; a bound `SEEN.append` would be pickled with a copy of the list."""
    SEEN.append(record)
