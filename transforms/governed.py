"""Governed: where master data and policy are published in, the version in force out, without a restart.

A stage that needs them holds a source and asks it at the start of a bundle or when a timer fires, never for an event. A
`LiveSource` looks at the files at most every `refresh_seconds`, once for all stages of a process; `FixedSource` is for
runs that end. Paths are read through Beam's file systems, so they may be in a bucket or on a shared disk. Publish a
file by renaming it into place: a look that finds it half written takes it for broken until the next one.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, Protocol

from apache_beam.io.filesystem import BeamIOError

from schemas.records import Alert, Rejection
from schemas.yaml_files import SpecError
from transforms.governed_files import Stamp, read_published, stamp_of
from transforms.governed_rules import Governed, homes_of, refused_change, take_over

PROBLEM_CHARS_MAX = 2_000
REFUSED = "governed_data_refused"  # the kind of the alert

_log = logging.getLogger(__name__)


class Standing(NamedTuple):
    """What a look found: what is in force, where the books of its items are, what of the newest version was refused."""

    governed: Governed
    home_of: dict[str, str]
    alert: Alert | None = None  # raised, or cured; None where nothing was ever refused
    rejections: tuple[Rejection, ...] = ()  # of the change feed, told with the alert


class Source(Protocol):
    """Where a stage gets master data and policy from."""

    refresh_seconds: float  # how soon a change is seen; 0: never

    def standing(self) -> Standing:
        """What is in force now; cheap enough for every bundle, not for every event."""
        ...


class FixedSource:
    """One version for as long as the job runs."""

    refresh_seconds = 0.0

    def __init__(self, fixed: Governed) -> None:
        self._standing = Standing(fixed, homes_of(fixed, fixed).home_of)

    def standing(self) -> Standing:
        return self._standing


class LiveSource:
    """The newest version that is right, of files that change while the job runs."""

    def __init__(
        self,
        master_data: str,
        policy: str,
        first: Governed,
        refresh_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`first` is what the job starts with; it also settles where the books of its items are."""
        self.master_data = from_anywhere(master_data)
        self.policy = from_anywhere(policy)
        self.first = first
        self.refresh_seconds = refresh_seconds
        self.clock = clock

    def standing(self) -> Standing:
        with _lock:
            key = (self.master_data, self.policy, self.first.version)
            watch = _watches.setdefault(key, _Watch(self.first))
        return watch.look(self)


def from_anywhere(path: str) -> str:
    """The path as a worker with another working directory finds it."""
    return path if "://" in path else str(Path(path).absolute())


class _Watch:
    """One pair of places that this process watches, for all its stages."""

    def __init__(self, first: Governed) -> None:
        self.found = Standing(first, homes_of(first, first).home_of)
        self.stamp: Stamp = ()
        self.next_look = float("-inf")
        self.next_at: datetime | None = None  # when a change that is known already comes into effect
        self.looking = threading.Lock()

    def look(self, at: LiveSource) -> Standing:
        now = at.clock()
        if now < self.next_look or not self.looking.acquire(blocking=False):
            return self.found  # another thread is at it: what was in force until now will do
        try:
            self.next_look = now + at.refresh_seconds
            self._take(at)
        finally:
            self.looking.release()
        return self.found

    def _take(self, at: LiveSource) -> None:
        try:
            stamp = stamp_of(at.master_data, at.policy)
            if stamp == self.stamp and (self.next_at is None or datetime.now(UTC) < self.next_at):
                return
            read = read_published(at.master_data, at.policy, datetime.now(UTC))
            if stamp_of(at.master_data, at.policy) != stamp:
                return  # somebody is writing: the next look will find it whole
        except (SpecError, BeamIOError, OSError) as error:
            stamp = _stamp_or_none(at)
            problems: tuple[str, ...] = (str(error),)
        else:
            taken = take_over(at.first, self.found.governed, read.governed)
            problems = taken.problems
            if taken.governed is not self.found.governed:
                _log.info("master data and policy %s are in force", taken.governed.version)
                home_of = homes_of(at.first, taken.governed).home_of
                self.found = self.found._replace(governed=taken.governed, home_of=home_of)
            problems = (*problems, *(one.message for one in read.refused))
            self.found = self.found._replace(rejections=tuple(map(refused_change, read.refused)))
            self.next_at = read.next_at
        self.stamp = stamp
        self._tell(problems)

    def _tell(self, problems: tuple[str, ...]) -> None:
        if problems:
            message = "\n".join(problems)[:PROBLEM_CHARS_MAX]
            if self.found.alert is None or self.found.alert.message != message:
                _log.error("of the newest master data and policy this is not in force: %s", message)
                self.found = self.found._replace(alert=_alert(message, 1))
        elif self.found.alert is not None and self.found.alert.quantity:
            self.found = self.found._replace(alert=_alert(self.found.alert.message, 0))


_lock = threading.Lock()
_watches: dict[tuple[str, str, str], _Watch] = {}


def forget_watches() -> None:
    """Look at everything anew, as a fresh process would; for tests."""
    with _lock:
        _watches.clear()


def _stamp_or_none(at: LiveSource) -> Stamp:
    try:
        return stamp_of(at.master_data, at.policy)
    except (SpecError, BeamIOError, OSError):
        return ()


def _alert(message: str, quantity: int) -> Alert:
    now = datetime.now(UTC)
    version = int(now.timestamp() * 1_000_000)
    return Alert(REFUSED, "", "", message, Decimal(quantity), "", "", version)
