"""Partners are checked when they are loaded, with file and line; secrets are named, never written."""

from pathlib import Path

import pytest

from schemas.partner_spec import QuotaSpec, load_partners
from schemas.yaml_files import SpecError

GOOD = """\
partners:
  web:
    mapping: shop
    channel: web
    url: https://shop.example/
    secrets: {token: SHOP_TOKEN}
    quotas: {send: {calls: 2, seconds: 1, burst: 4}}
"""


def loaded(folder: Path, text: str, **environment: str) -> str:
    path = folder / "partners.yaml"
    path.write_text(text)
    try:
        partners = load_partners(path, environment)
    except SpecError as error:
        return str(error).replace(f"{folder}/", "")
    return f"{partners['web'].url} {partners['web'].quotas.send}"


def test_a_partner_is_read(tmp_path: Path) -> None:
    quota = QuotaSpec(calls=2, seconds=1, burst=4)
    assert loaded(tmp_path, GOOD, SHOP_TOKEN="x") == f"https://shop.example {quota}"
    assert quota.interval_seconds == 0.5


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("https://shop.example/", "ftp://x", "partners.yaml:5: partners.web.url: 'ftp://x', expected one that begins"),
        (
            "https://shop.example/",
            "{env: NOT_SET_ANYWHERE}",
            "partners.yaml:5: partners.web.url: environment variable NOT_SET_ANYWHERE",
        ),
        ("channel: web", "chanel: web", "partners.yaml:4: partners.web.chanel: is not known here"),
        ("channel: web", "postings: [invoice]", "partners.yaml:4: partners.web.postings.0: Input should be"),
        ("    channel: web\n", "", "partners.yaml:2: partners.web: neither channel nor postings given"),
        ("calls: 2", "calls: 0", "partners.yaml:7: partners.web.quotas.send.calls: Input should be greater"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in loaded(tmp_path, GOOD.replace(old, new), SHOP_TOKEN="x")


def test_a_secret_that_is_not_in_the_environment_is_missed_before_anything_starts(tmp_path: Path) -> None:
    assert loaded(tmp_path, GOOD) == "partners.yaml:6: environment variable SHOP_TOKEN is not set, expected a secret"
