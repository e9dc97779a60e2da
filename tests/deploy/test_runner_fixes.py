"""Beam's runner for Flink is put right before it starts, or it does not start."""

import shutil
import zipfile
from pathlib import Path

import pytest

from deploy.flink import runner_fixes
from deploy.flink.runner_fixes import FixError, compiled_fixes
from tests.parts import skip_or_fail


def test_without_a_compiler_nothing_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FixError, match="there is no `javac` on the PATH"):
        compiled_fixes(tmp_path)


@pytest.mark.flink
def test_a_class_is_compiled_once_and_one_that_is_wrong_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("javac") is None:
        skip_or_fail("flink", "there is no `javac` on the PATH")
    source = tmp_path / "java" / "Right.java"
    source.parent.mkdir()
    source.write_text("class Right {}")
    monkeypatch.setattr(runner_fixes, "SOURCES", source.parent)
    made = compiled_fixes(tmp_path)
    assert zipfile.ZipFile(made).namelist()[-1] == "Right.class"
    assert compiled_fixes(tmp_path) == made
    source.write_text("class Right { int number = true; }")
    with pytest.raises(FixError, match="incompatible types"):
        compiled_fixes(tmp_path)
