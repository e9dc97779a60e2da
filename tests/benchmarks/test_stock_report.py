"""The stock report's benchmark compares what it says it compares."""

import pytest

from benchmarks import stock_report


@pytest.mark.parametrize("is_listed", [False, True])
def test_every_line_that_disagrees_is_a_discrepancy_and_no_other(is_listed: bool) -> None:
    found = stock_report.measure(200, is_listed=is_listed)
    assert (found.lines, found.discrepancies) == (200, 10)
    assert found.seconds > 0


def test_too_slow_is_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(stock_report, "SECONDS_MAX", 0.0)
    assert stock_report.main(["--lines", "100"]) == 1
    assert "5, of 5 that there are" in capsys.readouterr().out
