"""What counts as now."""

import pickle

from tests.builders import hour
from transforms.clocks import clock_at, utc_now


def test_the_clock_on_the_wall_knows_its_zone() -> None:
    assert str(utc_now().tzinfo) == "UTC"
    assert clock_at(None) is utc_now


def test_a_pinned_clock_stands_still_on_any_worker() -> None:
    assert pickle.loads(pickle.dumps(clock_at(hour(9))))() == hour(9)
