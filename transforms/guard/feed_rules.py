"""Feed rules: what one source was heard to say, and when, in; what shards must know of it and what a person must out.

Every message of a source proves that it is alive. Shards need not know of each: one notice now and then is enough, as
long as the last one comes before they would take the source for silent. An alert begins when a watched feed becomes
silent and ends, with a quantity of 0, when it is heard again.

    wms-east may be silent for 60 minutes, so a notice is enough every 30 seconds
    08:00:00 heard     notice 08:00:00
    08:00:09 heard     (waits)
    08:00:30           notice 08:00:09
    09:00:09           alert: silent since 09:00:09
    10:00:00 heard     notice 10:00:00, the alert ends
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from schemas.encoding import pack, unpack
from schemas.policy_parts import Feed
from schemas.policy_spec import Policy
from schemas.records import Alert, SourceHeard
from transforms.ledger.hearing_rules import Watched, silent_from

KIND = "silent_source"
NOTICE_SECONDS_MAX = 30  # between two notices of one source
NOTICES_A_LIMIT = 10  # so many notices in the time that a feed may be silent


class State(NamedTuple):
    """What is kept of one source."""

    heard_at: datetime | None = None  # the newest message
    told_at: datetime | None = None  # the newest one that shards know of
    told_on: datetime | None = None  # when they were told, by the clock
    silent: tuple[str, ...] = ()  # locations with an alert that stands
    version: int = 0  # of the last alert


class Heard(NamedTuple):
    """What a message, or the clock alone, led to."""

    state: State
    notices: list[SourceHeard]
    alerts: list[Alert]
    look_at: datetime | None  # when the clock next changes something


def is_named(source: str, policy: Policy) -> bool:
    """Whether any version of the policy watches a source: shards hear of no other."""
    return any(
        feed.source == source and feed.silent_after is not None
        for version in (policy, *policy.later)
        for feed in version.feeds
    )


def hear(
    state: State, source: str, received_at: datetime | None, feeds: Watched, now: datetime, *, is_last: bool = False
) -> Heard:
    """Take in that a source was heard (None: only the clock moved). `is_last`: no more will come, so nothing waits."""
    ours = {location: feed for (of, location), feed in feeds.items() if of == source}
    times = [at for at in (state.heard_at, received_at) if at is not None]
    if not times:
        return Heard(state, [], [], None)
    state = state._replace(heard_at=max(times))
    heard_at = max(times)
    notices: list[SourceHeard] = []
    waits_until = (state.told_on or now) + notice_every(ours)
    is_new = state.told_at is None or state.told_at < heard_at
    if is_new and (is_last or state.told_on is None or state.silent or waits_until <= now):
        notices.append(SourceHeard(source, heard_at))
        state = state._replace(told_at=heard_at, told_on=now)
        is_new = False
    silent = tuple(sorted(at for at, feed in ours.items() if silent_from(feed, heard_at) <= now))
    alerts: list[Alert] = []
    if silent != state.silent:
        version = max(state.version + 1, int(now.timestamp() * 1_000_000))
        begun, ended = set(silent) - set(state.silent), set(state.silent) - set(silent)
        alerts = [_alert(source, at, heard_at, ours[at], version) for at in sorted(begun)]
        alerts += [_ended(source, at, heard_at, version) for at in sorted(ended)]
        state = state._replace(silent=silent, version=version)
    moments = [silent_from(feed, heard_at) for at, feed in ours.items() if at not in silent]
    return Heard(state, notices, alerts, min([*moments, *([waits_until] if is_new else [])], default=None))


def notice_every(feeds: Mapping[str, Feed]) -> timedelta:
    """The time between two notices: a small part of what any of its feeds may be silent."""
    limits = (feed.silent_after for feed in feeds.values())
    shortest = min((limit for limit in limits if limit is not None), default=timedelta.max)
    return min(timedelta(seconds=NOTICE_SECONDS_MAX), shortest / NOTICES_A_LIMIT)


def dump_state(state: State) -> bytes:
    """What is kept, as bytes."""
    return pack(state)


def load_state(data: bytes | None) -> State:
    """The reverse of `dump_state`; nothing of nothing."""
    return State(*unpack(data)) if data else State()


def _alert(source: str, location: str, heard_at: datetime, feed: Feed, version: int) -> Alert:
    falls_at = silent_from(feed, heard_at) + feed.floor_after
    message = (
        f"{source} has said nothing since {heard_at:%Y-%m-%d %H:%M:%S}Z, expected a message every "
        f"{feed.silent_after_minutes} minutes: what channels are told of {location} is held, and falls to its floor "
        f"at {falls_at:%Y-%m-%d %H:%M:%S}Z; ask if the feed runs"
    )
    return Alert(KIND, "", f"{location}/{source}", message, Decimal(1), source, "", version)


def _ended(source: str, location: str, heard_at: datetime, version: int) -> Alert:
    message = f"{source} is heard again, at {heard_at:%Y-%m-%d %H:%M:%S}Z"
    return Alert(KIND, "", f"{location}/{source}", message, Decimal(0), source, "", version)
