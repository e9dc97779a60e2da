"""The API starts only by what is right, and not for everybody without a token."""

import shutil
from pathlib import Path

import pytest

from schemas.yaml_files import SpecError
from services.api_source import ApiSource, load_source, token_of
from tests.pipelines.example_day import ROOT
from transforms.publication.view_database import ViewsError


def test_it_needs_views(tmp_path: Path) -> None:
    with pytest.raises(ViewsError, match="no such file"):
        load_source(tmp_path / "none.db", ROOT / "examples/company/master", ROOT / "examples/company/policy.yaml")


def test_its_now_is_that_of_the_run(day_source: ApiSource) -> None:
    assert day_source.in_force().rules.as_of.isoformat() == "2026-03-03T06:00:00+00:00"


def test_a_reader_cannot_write(day_source: ApiSource) -> None:
    with day_source.reading() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute("DELETE FROM position")


def test_only_this_machine_is_answered_without_a_token() -> None:
    assert token_of("127.0.0.1", None, {}) == ""
    assert token_of("0.0.0.0", "T", {"T": "sixteen-or-more-x"}) == "sixteen-or-more-x"
    with pytest.raises(SpecError, match=r"host 0\.0\.0\.0 can be reached by others"):
        token_of("0.0.0.0", None, {})
    with pytest.raises(SpecError, match="environment variable T holds no token"):
        token_of("127.0.0.1", "T", {"T": "short"})


def test_it_follows_the_policy_without_a_restart(day_source: ApiSource, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples/company/master", tmp_path / "master")
    policy = tmp_path / "policy.yaml"
    shutil.copy(ROOT / "examples/company/policy.yaml", policy)
    source = load_source(day_source.database, tmp_path / "master", policy, refresh_seconds=0)
    before = source.policy.version
    text = policy.read_text()
    policy.write_text(
        text.replace(f'version: "{before}"', 'version: "next"').replace(f"version: {before}", "version: next")
    )
    assert (source.policy.version, before == "next") == ("next", False)
    policy.write_text("nonsense: [")
    assert source.policy.version == "next"
