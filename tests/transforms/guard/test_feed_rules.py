from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from schemas.records import SourceHeard
from tests.builders import hour
from tests.ledgers import MASTER
from tests.transforms.offers.offered import rules as offer_rules
from transforms.guard.feed_rules import Heard, State, dump_state, hear, is_named, load_state, notice_every
from transforms.ledger.hearing_rules import watched

HOURLY = {"source": "wms", "silent_after_minutes": 60, "floor_after_minutes": 120, "locations": ["EAST", "WEST"]}
POLICY = offer_rules(MASTER, feeds=[HOURLY]).policy
FEEDS = watched(POLICY, MASTER.locations, lambda *_: frozenset(), hour(9))
SECOND = timedelta(seconds=1)


def at(seconds: float) -> datetime:
    return hour(8) + seconds * SECOND


def heard(*steps: tuple[float | None, float], state: State = State(), **how: Any) -> Heard:
    """Messages received at a second, or None, each taken in at a second by the clock; all that was said on the way."""
    notices, alerts = [], []
    for received, now in steps:
        one = hear(state, "wms", None if received is None else at(received), FEEDS, at(now), **how)
        state = one.state
        notices += one.notices
        alerts += one.alerts
    return Heard(state, notices, alerts, one.look_at)


@pytest.mark.parametrize(
    ("story", "steps", "told", "look_at"),
    [
        ("the first is told at once", [(0, 0)], [0], 3600),
        ("the next one waits", [(0, 0), (9, 9)], [0], 30),
        ("and is told when its time comes", [(0, 0), (9, 9), (None, 30)], [0, 9], 3609),
        ("many are one notice", [(0, 0), *((n, n) for n in range(1, 31))], [0, 30], 3630),
        ("an older one is no news", [(9, 9), (0, 50)], [9], 3609),
        ("who was silent is told of at once", [(0, 0), (None, 3600), (3600.5, 3601)], [0, 3600.5], 7200.5),
        ("nobody ever spoke", [(None, 0)], [], None),
    ],
)
def test_shards_hear_of_a_source_now_and_then(
    story: str, steps: list[tuple[float | None, float]], told: list[float], look_at: float | None
) -> None:
    found = heard(*steps)
    assert found.notices == [SourceHeard("wms", at(second)) for second in told], story
    assert found.look_at == (None if look_at is None else at(look_at)), story


def test_nothing_waits_where_no_more_will_come() -> None:
    assert len(heard((0, 0), (9, 9), is_last=True).notices) == 2


def test_a_silence_is_told_when_it_begins_and_when_it_ends_and_no_more() -> None:
    found = heard((0, 0), (None, 3599), (None, 3600), (None, 4000), (5000, 5000), (5001, 5001))
    assert [(one.location, one.quantity) for one in found.alerts] == [
        ("EAST/wms", Decimal(1)),
        ("WEST/wms", Decimal(1)),
        ("EAST/wms", Decimal(0)),
        ("WEST/wms", Decimal(0)),
    ]
    first, *_, last = found.alerts
    assert first.kind == "silent_source"
    assert first.message == (
        "wms has said nothing since 2026-03-02 08:00:00Z, expected a message every 60 minutes: what channels are told "
        "of EAST is held, and falls to its floor at 2026-03-02 11:00:00Z; ask if the feed runs"
    )
    assert last.message == "wms is heard again, at 2026-03-02 09:23:20Z"
    assert last.version > first.version


def test_a_later_alert_has_a_higher_version_whatever_the_clock_says() -> None:
    begun = heard((0, 3600))
    ended = heard((3000, 3600), state=begun.state)
    assert ended.alerts[0].version == begun.alerts[0].version + 1


def test_notices_are_rare_and_never_too_late() -> None:
    (feed, *_) = FEEDS.values()
    assert notice_every({"EAST": feed}) == timedelta(seconds=30)
    assert notice_every({"EAST": feed.model_copy(update={"silent_after_minutes": 2})}) == timedelta(seconds=12)


def test_shards_hear_only_of_sources_that_some_version_watches() -> None:
    assert is_named("wms", POLICY)
    assert not is_named("shop", POLICY)
    assert not is_named("wms", POLICY.model_copy(update={"feeds": ()}))
    later = POLICY.model_copy(update={"feeds": (), "later": (POLICY,)})
    assert is_named("wms", later)


def test_what_is_kept_comes_back_as_it_was() -> None:
    state = heard((0, 0), (None, 3600)).state
    assert load_state(dump_state(state)) == state
    assert load_state(None) == State()
