"""A pickup starts only by a file that is right."""

from pathlib import Path

import pytest

from schemas.yaml_files import SpecError
from services.pickup_config import load_pickup_config

RIGHT = """\
ledger: out/pickup.db
landing_folder: out/landing
sources:
  3pl-north: {folder: inbox}
  retailer:
    done_suffix: .done
    sftp: {host: h, user: u, folder: /out, known_hosts: k, password_env: RETAILER_PASSWORD}
"""


def test_what_is_right_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pickup.yaml"
    path.write_text(RIGHT)
    spec = load_pickup_config(path, {"RETAILER_PASSWORD": "x"})
    assert list(spec.sources) == ["3pl-north", "retailer"]
    assert spec.limits.stable_seconds == 30


def test_the_example_is_right() -> None:
    load_pickup_config(Path(__file__).parents[2] / "examples/pickup.yaml")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{folder: inbox}", "{}", ":4: sources.3pl-north: expected either folder or sftp"),
        ("{folder: inbox}", "{folder: inbox, archive: ../x}", ":4: sources.3pl-north: archive '../x', expected the"),
        ("landing_folder: out/landing", "limits: {}", ":1: expected either landing_folder or topic"),
        (
            ", password_env: RETAILER_PASSWORD",
            "",
            ":7: sources.retailer.sftp: expected either password_env or key_file",
        ),
        ("known_hosts: k, ", "", ":7: sources.retailer.sftp.known_hosts: is missing"),
        ("landing_folder: out/landing", "topic: projects/p/topics/t", "expected at most 9000000"),
    ],
)
def test_what_is_wrong_is_told_by_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = tmp_path / "pickup.yaml"
    path.write_text(RIGHT.replace(old, new))
    with pytest.raises(SpecError) as error:
        load_pickup_config(path)
    assert problem in str(error.value)


def test_a_password_that_is_not_there_is_told_by_line(tmp_path: Path) -> None:
    path = tmp_path / "pickup.yaml"
    path.write_text(RIGHT)
    with pytest.raises(SpecError, match=":7: environment variable RETAILER_PASSWORD is not set"):
        load_pickup_config(path, {})
