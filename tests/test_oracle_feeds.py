"""What the oracle says of feeds, by cases worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest

from schemas.records import SourceHeard
from tests.books import Position, Unknown
from tests.builders import hour
from tests.oracle_feeds import Doubtful, FeedRule, doubtful_positions, state_of

HERE: Position = ("BOLT", "EAST", "", "sellable")
THERE: Position = ("BOLT", "WEST", "", "sellable")
HOURLY = FeedRule("wms", timedelta(hours=1), timedelta(hours=2), Decimal("0.5"), Decimal(0))


def doubts(*heard: float, unknown: dict[Position, Unknown] | None = None, now: float = 12) -> dict[Position, Doubtful]:
    notices = [SourceHeard("wms", hour(at)) for at in heard]
    owns = {"EAST": frozenset({"wms"})}
    return doubtful_positions(
        [HOURLY], notices, unknown or {}, [HERE, THERE], lambda place, *_: owns.get(place, frozenset()), hour(now)
    )


@pytest.mark.parametrize(
    ("story", "heard", "floor_at"),
    [("never heard", [], None), ("just heard", [11.1, 8], None), ("silent since 11", [8, 10], 13)],
)
def test_a_silent_source_puts_what_it_owns_in_doubt(story: str, heard: list[float], floor_at: float | None) -> None:
    found = doubts(*heard)
    expected = {} if floor_at is None else {HERE: Doubtful(hour(floor_at), Decimal("0.5"), Decimal(0))}
    assert found == expected, story


def test_of_two_doubts_the_one_with_the_earlier_floor_counts() -> None:
    words = {HERE: Unknown(hour(8), "wms"), THERE: Unknown(hour(8), "far")}
    found = doubts(10, unknown=words)
    assert {at[1]: one.floor_at for at, one in found.items()} == {"EAST": hour(10), "WEST": hour(12)}
    assert found[HERE].counts(Decimal(9)) == Decimal("4.5")
    assert found[THERE].counts(Decimal(9)) == 0
    assert found[THERE].counts(Decimal(-1)) == -1


def test_a_figure_is_held_as_long_as_any_of_its_positions_is() -> None:
    early, late = (Doubtful(hour(at), None, Decimal(0)) for at in (10, 13))
    states = [state_of(some, hour(12)) for some in ([], [early], [late], [early, late])]
    assert states == ["told", "floor", "held", "held"]
