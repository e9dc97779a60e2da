"""Repairs as they are typed."""

from pathlib import Path

import pytest

from pipelines.command_line import main
from tests.pipelines.replay_company import Company


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.receive("00", {"number": 1}, {"number": 2, "state": "B"})
    company.run()
    company.set_values("{OK: sellable, B: sellable}")
    return company


def test_a_replay_shows_first_and_sends_when_told_where(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["replay", f"--database={company.database}"]
    assert main(typed) == 0
    assert "1 messages would be sent; nothing was written" in capsys.readouterr().out
    assert main([*typed, f"--to={company.input}"]) == 0
    assert "1 messages sent to" in " ".join(capsys.readouterr().out.split())
    company.run()
    assert company.on_hand() == {"MUG": "10"}


def test_two_places_to_send_to_are_refused(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["replay", f"--database={company.database}", "--to=x", "--topic=projects/p/topics/t"]
    assert main(typed) == 2
    assert "both of --to and --topic given" in capsys.readouterr().err


def test_without_views_nothing_is_done(tmp_path: Path) -> None:
    assert main(["replay", f"--database={tmp_path}/none.db"]) == 2
