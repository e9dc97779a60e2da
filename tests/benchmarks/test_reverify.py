"""A catalogue is read back within the quota, and everything that drifted or was forgotten is mended."""

import pytest

from benchmarks.reverify import main, verify


def test_every_figure_is_right_at_the_end_and_the_quota_was_kept() -> None:
    found = verify(skus=300, read_size=20, seed=1)
    assert (found.wrong, found.exceeded) == (0, 0)
    assert found.drifted > 3
    assert found.reads >= 300 / 20
    assert found.seconds < 600


def test_the_time_it_takes_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--skus", "60", "--read_sizes", "20"]) == 0
    assert "60 SKUs, 20 in a call: all read in" in capsys.readouterr().out
