"""The guard's transforms from plain values; that every one of them can be is held by test_yaml_transforms."""

import pytest

from pipelines.yaml_guard import guard_snapshots, watch_feeds
from tests.pipelines.test_yaml_transforms import RULES


def test_outputs_are_named_as_the_transforms_name_them() -> None:
    assert guard_snapshots(**RULES).outputs == ("events", "records", "counts")
    assert watch_feeds(**RULES).outputs == ("heard", "records")


def test_a_time_is_text_in_quotes() -> None:
    assert watch_feeds(**RULES, as_of="2026-03-03T06:00:00Z").transform.ticks is False
    with pytest.raises(ValueError, match="as_of"):
        watch_feeds(**RULES, as_of="noon")
