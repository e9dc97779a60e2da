"""A part that CI requires cannot be missing silently."""

import pytest

from tests.parts import required_parts, skip_or_fail


def test_a_missing_part_skips_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SELLABLE_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="pubsub: there is no go"):
        skip_or_fail("pubsub", "there is no go")


def test_a_missing_part_that_is_required_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLABLE_REQUIRE", " pubsub ,")
    with pytest.raises(pytest.fail.Exception, match="pubsub is required by SELLABLE_REQUIRE, but there is no go"):
        skip_or_fail("pubsub", "there is no go")


def test_a_misspelt_part_is_an_error_not_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLABLE_REQUIRE", "pubsup")
    with pytest.raises(pytest.UsageError, match=r"names \['pubsup'\], expected some of .*'pubsub'"):
        required_parts()
