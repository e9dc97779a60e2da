"""Services that cannot start say why, and end with 2; `test_serving` starts one for real."""

from pathlib import Path

import pytest

from pipelines.command_line import main
from transforms.publication.view_database import create_views


def test_a_gateway_without_a_file_is_not_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gateway", "--config", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml: cannot be read" in capsys.readouterr().err


def test_an_api_without_views_is_not_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["api", "--database", str(tmp_path / "none.db")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_an_api_for_others_needs_a_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create_views(tmp_path / "views.db")
    assert main(["api", "--database", str(tmp_path / "views.db"), "--host", "0.0.0.0"]) == 2
    assert "can be reached by others, expected --token_env" in capsys.readouterr().err
