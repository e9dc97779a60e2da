"""A misspelt flag is refused, where Beam alone would run on without it."""

import pytest

from pipelines.known_flags import help_text, refuse_unknown
from pipelines.options import OptionsError


@pytest.mark.parametrize(
    "flag", ["--runner", "--direct_running_mode=multi_processing", "--streaming", "--policy", "--savepoint_path=x"]
)
def test_flags_of_ours_and_of_beam_pass(flag: str) -> None:
    refuse_unknown([flag, "a value"])


def test_an_unknown_flag_is_answered_with_what_is_near() -> None:
    with pytest.raises(OptionsError, match=r"unknown option --polcy, expected .*--policy"):
        refuse_unknown(["--polcy=x"])


def test_the_help_is_ours_and_says_where_beams_is() -> None:
    assert "input, one of" in help_text()
    assert "--runner" in help_text()
